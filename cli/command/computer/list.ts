import { readInstallation } from '../../../workers/config.js';
import { type Output } from '../../output.js';
import { table } from '../../table.js';

/** `peierls computer list`: the computers of the configuration and this machine. Connects to nothing. */
export async function list(output: Output): Promise<number> {
  const { computers, file } = await readInstallation(process.env);
  const rows = Object.entries(computers).map(([name, { transport, scheduler, workDir, codes }]) => ({
    name,
    transport: transport.kind,
    host: transport.kind === 'ssh' ? transport.host : null,
    user: transport.kind === 'ssh' ? (transport.user ?? null) : null,
    scheduler: scheduler.kind,
    partition: scheduler.kind === 'direct' ? null : (scheduler.partition ?? null),
    account: scheduler.kind === 'direct' ? null : (scheduler.account ?? null),
    limits: {
      jobs: scheduler.kind === 'direct' ? scheduler.slots : (scheduler.maxQueuedJobs ?? null),
      channels: transport.kind === 'ssh' ? transport.maxChannels : null,
      wallTimeSeconds: scheduler.kind === 'direct' ? null : scheduler.wallTimeSeconds,
      pollSeconds: scheduler.kind === 'direct' ? null : scheduler.pollSeconds,
    },
    workDir,
    codes: Object.keys(codes),
  }));
  output.result({ file, computers: rows }, [
    ...table(
      ['computer', 'transport', 'host', 'scheduler', 'jobs', 'codes', 'work directory'],
      rows.map((it) => [
        it.name,
        it.transport,
        it.host === null ? 'this machine' : [it.user, it.host].filter(Boolean).join('@'),
        it.partition === null ? it.scheduler : `${it.scheduler}/${it.partition}`,
        it.limits.jobs === null ? 'any' : String(it.limits.jobs),
        it.codes.join(', ') || '-',
        it.workDir,
      ]),
    ),
    '',
    `Configured in ${file}; "local" is this machine. \`peierls computer test <name>\` tries one.`,
  ]);
  return 0;
}
