import { basename } from 'node:path/posix';
import type { ComputerSettings } from '../../../domain/computer.js';
import type { Computer } from '../computer.js';
import { failed, ok, skipped, type Outcome, type Step } from './step.js';

type Code = ComputerSettings['codes'][string];

/** One step for each code: is its program there once the `prepend` lines have run, and which version is it. */
export function codeSteps(computer: Computer, tools: Step): Step[] {
  const codes = Object.entries(computer.settings.codes);
  if (codes.length === 0)
    return [{ name: 'codes', needs: [], run: async () => skipped('none is configured, so that no campaign can run here') }];
  return codes.flatMap(([name, code]): Step[] => [
    { name: `code ${name}`, needs: [tools], run: () => checkCode(computer, name, code) },
    ...(code.pseudopotentials !== undefined || name === 'vasp'
      ? [{ name: `pseudopotentials of ${name}`, needs: [tools], run: () => checkPseudopotentials(computer, name, code.pseudopotentials) }]
      : []),
  ]);
}

/** Programs that start others on compute nodes: on a login node they would ask the queue for one, or break its rules. */
const launchers = new Set(['srun', 'mpirun', 'mpiexec', 'mpiexec.hydra', 'orterun', 'prun', 'prterun', 'aprun', 'jsrun', 'ibrun', 'poe']);

/** How codes are asked for their version, by the name of the calculator. Others are only looked for. */
const versions: Readonly<Record<string, { args: string[]; pattern: RegExp }>> = {
  // Large-scale Atomic/Molecular Massively Parallel Simulator - 29 Sep 2021 - Update 2
  lammps: { args: ['-h'], pattern: /Massively Parallel Simulator - (.+)/ },
  // v20.20.2, of Node
  statics: { args: ['--version'], pattern: /^v(\d\S+)/ },
  // Program PWSCF v.6.7MaX starts on 22Nov2026 at 19:45: 9
  'quantum-espresso': { args: ['-in', '/dev/null'], pattern: /Program PWSCF v\.?\s*(\S+) starts/ },
};

/** `env A=1 lmp -x`: the program is what follows the variables. */
export function programOf(command: readonly string[]): string {
  const [first = '', ...rest] = command;
  if (basename(first) !== 'env') return first;
  return rest.find((word) => !word.includes('=') && !word.startsWith('-')) ?? first;
}

/** Shell text that runs what a job script would before the code, then looks for the program in "$1". */
export function findScript({ prepend }: Pick<Code, 'prepend'>): string {
  return [...prepend, 'command -v -- "$1" || exit 127'].join('\n');
}

/** Shell text that prints how many POTCARs the folder "$1" holds in the layouts that the wrapper of vasp knows, and the title of one. */
export const countScript = [
  '[ -d "$1" ] || exit 66; cd "$1" || exit 67',
  'set -- */POTCAR */POTCAR.gz */POTCAR.Z POTCAR.*; count=0; first=',
  'for file; do [ -r "$file" ] || continue; count=$((count + 1)); [ -n "$first" ] || first=$file; done',
  'case $first in *.gz | *.Z) read=zcat ;; *) read=cat ;; esac',
  'echo "$count"; [ -z "$first" ] || $read "$first" | sed -n "s/^ *TITEL *= *//p" | head -n 1',
].join('\n');

async function checkPseudopotentials({ transport }: Computer, name: string, folder: string | undefined): Promise<Outcome> {
  const field = `codes.${name}.pseudopotentials`;
  if (folder === undefined) return failed('their folder is not known', `Name it in ${field}, such as /opt/vasp/potpaw_PBE.54.`);
  const reply = await transport.exec(['bash', '-c', countScript, 'count', folder], { timeoutSeconds: 120 });
  const [count = '0', title = ''] = reply.stdout.trim().split('\n');
  if (reply.code !== 0)
    return failed(`${folder} cannot be read: ${reply.stderr.trim().slice(-200) || 'no such folder'}`, `Correct ${field}.`);
  if (count === '0') return failed(`${folder} holds no POTCAR that can be read`, `${field} must hold folders such as Al/POTCAR.`);
  return ok(folder, `${count} POTCARs, such as ${title.trim()}`);
}

async function checkCode({ transport }: Computer, name: string, code: Code): Promise<Outcome> {
  const program = programOf(code.command);
  const found = await transport.exec(['bash', '-c', findScript(code), 'find', program], { timeoutSeconds: 120 });
  const said = found.stderr.trim().slice(-200);
  if (found.code !== 0)
    return failed(
      `${program} is not there${said === '' ? '' : `: ${said}`}`,
      /module: (command )?not found/.test(said)
        ? `Put the line that makes \`module\` known before it in codes.${name}.prepend, for instance "source /etc/profile".`
        : `Correct codes.${name}.command, or load it in codes.${name}.prepend, for instance "module load ${name}".`,
    );
  const place = found.stdout.trim().split('\n').at(-1) ?? program;
  if (launchers.has(basename(program)))
    return ok(place, `its version is not asked for here, since ${basename(program)} starts processes on compute nodes`);
  const question = versions[name];
  if (question === undefined) return ok(place);
  // Some codes leave a file where they were asked.
  const script = ['cd "$(mktemp -d)" || exit 1', ...code.prepend, '"$@"; rm -rf "$PWD"'].join('\n');
  const reply = await transport.exec(['bash', '-c', script, 'version', ...code.command, ...question.args], { timeoutSeconds: 120 });
  const version = question.pattern.exec(reply.stdout)?.[1]?.trim();
  if (version !== undefined) return ok(`${version} (${place})`);
  const answer = (reply.stdout.trim() || reply.stderr.trim()).slice(0, 200) || `nothing (exit status ${reply.code})`;
  return failed(`${place} ${question.args.join(' ')} does not answer like ${name}: ${answer}`, `Correct codes.${name}.command.`);
}
