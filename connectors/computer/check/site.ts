import { randomBytes } from 'node:crypto';
import { ReplyNotUnderstood } from '../../../domain/failures.js';
import type { Computer } from '../computer.js';
import { describeSpace, parseSpace, spaceScript, tightness } from './space.js';
import { failed, ok, type Outcome, type Step } from './step.js';

export interface SiteSteps {
  steps: Step[];
  tools: Step;
  workDir: Step;
}

/** What a login node must have: the programs that our scripts call, folders to write to, and a clock. */
export function siteSteps(computer: Computer, shell: Step): SiteSteps {
  const tools: Step = { name: 'programs', needs: [shell], run: () => checkTools(computer) };
  const home: Step = { name: 'home', needs: [shell], run: () => checkHome(computer) };
  const workDir: Step = { name: 'work-dir', needs: [shell, tools], run: () => checkWorkDir(computer) };
  const clock: Step = { name: 'clock', needs: [shell], run: () => checkClock(computer) };
  return { steps: [tools, home, workDir, clock], tools, workDir };
}

const required = ['bash', 'tar', 'mv', 'stat', 'sha256sum', 'mkdir', 'date'];
const useful = { timeout: 'a submit command that hangs is not ended', flock: 'direct jobs do not wait for a free slot' };

async function checkTools({ transport, settings }: Computer): Promise<Outcome> {
  const script = 'for tool in "$@"; do command -v "$tool" >/dev/null 2>&1 || echo "$tool"; done; tar --version 2>/dev/null | head -n 1';
  const { stdout } = await transport.exec(['sh', '-c', script, 'tools', ...required, ...Object.keys(useful)]);
  const lines = stdout.trim().split('\n');
  const missing = required.filter((tool) => lines.includes(tool));
  if (missing.length > 0)
    return failed(
      `${missing.join(', ')} not found`,
      'They belong to bash, tar and coreutils: ask the site, or correct PATH in the profile.',
    );
  if (settings.transport.kind === 'ssh' && !stdout.includes('GNU tar'))
    return failed(`tar is not GNU tar (${lines.at(-1) ?? ''})`, 'Put a GNU tar called tar first on the PATH of this account.');
  const notes = Object.entries(useful).flatMap(([tool, effect]) => (lines.includes(tool) ? [`there is no ${tool}: ${effect}`] : []));
  return ok('bash, tar and coreutils', notes.length === 0 ? undefined : notes.join('; '));
}

/** Prints the home folder, then the room there. 64 KB are written, since an empty file fits where a quota is used up. */
const homeScript = `
printf '%s\\n' "$HOME"
cd -- "$HOME" || exit 3
file=.peierls-test-$1
head -c 65536 /dev/zero > "$file"; status=$?
rm -f -- "$file"
[ "$status" = 0 ] || exit 4
${spaceScript}`;

async function checkHome({ transport }: Computer): Promise<Outcome> {
  const { code, stdout, stderr } = await transport.exec(['sh', '-c', homeScript, 'home', randomBytes(4).toString('hex')]);
  const [home = '', ...rest] = stdout.split('\n');
  if (code !== 0)
    return failed(
      `${home || 'the home folder'} cannot be written: ${stderr.trim().slice(-300)}`,
      'Free some space or files there, or ask the site for a home folder.',
    );
  const space = parseSpace(rest.join('\n'));
  return ok(
    [home, ...(space === undefined ? [] : [describeSpace(space)])].join(', '),
    space?.quota?.exceeded === true ? 'the quota is used up' : undefined,
  );
}

/** Writes, reads and removes files as a campaign does. */
async function checkWorkDir({ transport, settings }: Computer): Promise<Outcome> {
  const folder = `${settings.workDir}/peierls-test-${randomBytes(4).toString('hex')}`;
  const files = { 'points/a/in': `${'x'.repeat(65_536)}\n`, 'points/b/in': 'Å\n' };
  try {
    await transport.putFiles(folder, files);
    const back = await transport.getFiles(folder, Object.keys(files));
    if (Object.entries(files).some(([name, content]) => back[name] !== content))
      throw new ReplyNotUnderstood(`files written to ${folder} come back different`);
    const { stdout } = await transport.exec(['sh', '-c', spaceScript, 'space'], { cwd: folder });
    const space = parseSpace(stdout);
    await transport.remove(folder);
    return space === undefined ? ok(settings.workDir) : ok(`${settings.workDir}, ${describeSpace(space)}`, tightness(space));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return failed(
      `${settings.workDir} cannot be used: ${said}`,
      'Set workDir to a folder on a scratch file system that this user may write to and that compute nodes see.',
    );
  }
}

/** Seconds from which a difference of clocks is worth a word. */
const tolerableSkewSeconds = 30;

async function checkClock({ transport }: Computer): Promise<Outcome> {
  const before = Date.now();
  const { stdout } = await transport.exec(['date', '+%s']);
  const here = (before + Date.now()) / 2000;
  const there = Number(stdout.trim());
  if (!Number.isFinite(there) || there === 0)
    return failed(`date answers ${JSON.stringify(stdout.slice(0, 80))}`, 'date must be that of coreutils.');
  // The remote clock is read in whole seconds, and the answer takes its time.
  const skew = Math.round(there + 0.5 - here);
  const off = Math.abs(skew) <= 1 ? 'right to the second' : `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine`;
  return ok(
    off,
    Math.abs(skew) > tolerableSkewSeconds
      ? 'campaigns do not mind, but one-time codes fail and times of jobs look odd: set the clocks (NTP), or tell the site'
      : undefined,
  );
}
