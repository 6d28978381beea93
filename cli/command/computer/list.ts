import { currentEndpoints } from '../../../connectors/embedded/services.js';
import { readComputerState } from '../../../connectors/store/computer-state.js';
import { openStore } from '../../../connectors/store/store.js';
import type { ComputerState } from '../../../domain/computer-state.js';
import { readInstallation, type Installation } from '../../../workers/config.js';
import { type Output } from '../../output.js';
import { table } from '../../table.js';

/** `peierls computer list`: the computers of the configuration and this machine, and their condition where the store runs. Starts nothing. */
export async function list(output: Output): Promise<number> {
  const installation = await readInstallation(process.env);
  const { computers, file } = installation;
  const states = await statesOf(installation);
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
    condition: states.get(name)?.condition ?? null,
    reason: states.get(name)?.reason || null,
    jobsOpen: states.get(name)?.figures.open ?? null,
  }));
  const closed = rows.filter(({ condition }) => condition === 'held' || condition === 'draining');
  output.result({ file, computers: rows }, [
    ...table(
      ['computer', 'transport', 'host', 'scheduler', 'jobs', 'condition', 'codes', 'work directory'],
      rows.map((it) => [
        it.name,
        it.transport,
        it.host === null ? 'this machine' : [it.user, it.host].filter(Boolean).join('@'),
        it.partition === null ? it.scheduler : `${it.scheduler}/${it.partition}`,
        it.limits.jobs === null ? 'any' : String(it.limits.jobs),
        it.condition ?? '-',
        it.codes.join(', ') || '-',
        it.workDir,
      ]),
    ),
    '',
    ...closed.map(({ name, condition, reason }) => `${name} is ${condition}: ${reason ?? ''} (to go on: peierls computer resume ${name})`),
    `Configured in ${file}; "local" is this machine. \`peierls computer test <name>\` tries one.`,
  ]);
  return 0;
}

/** Nothing where no store runs. */
async function statesOf({ home, computers }: Installation): Promise<Map<string, ComputerState>> {
  const { store: endpoint } = currentEndpoints(home, process.env);
  if (endpoint === undefined) return new Map();
  const store = await openStore(endpoint);
  try {
    return new Map(await Promise.all(Object.keys(computers).map(async (name) => [name, await readComputerState(store, name)] as const)));
  } finally {
    await store.close();
  }
}
