import { storeWays } from '../../connectors/embedded/document-store.js';
import { onPath } from '../../connectors/embedded/binary.js';
import { currentEndpoints } from '../../connectors/embedded/services.js';
import { findService } from '../../connectors/embedded/service.js';
import { temporalWays } from '../../connectors/embedded/temporal.js';
import { probeAse } from '../../connectors/calculator/ase/engine.js';
import { staticsVersion } from '../../domain/statics/run-point.js';
import { probeLammps } from '../../connectors/calculator/lammps/engine.js';
import { probePw } from '../../connectors/calculator/quantum-espresso/engine.js';
import { probeVasp } from '../../connectors/calculator/vasp/engine.js';
import { probeBackends } from '../../connectors/predictor/backend.js';
import { readInstallation } from '../../workers/config.js';
import type { NotificationChannel } from '../../domain/notification.js';
import type { Output } from '../output.js';
import { paintState } from '../paint.js';
import { table } from '../table.js';

/** `peierls doctor`: what is installed and running, and why the rest was refused. Starts nothing, downloads nothing. */
export async function doctor(output: Output): Promise<number> {
  const { home, computers, notifications } = await readInstallation(process.env);
  const { store, temporal } = currentEndpoints(home, process.env);
  const services = [
    {
      name: 'temporal',
      running: temporal !== undefined,
      address: temporal?.address ?? null,
      ui: temporal?.ui ?? null,
      ways: await ways(temporalWays(process.env)),
    },
    { name: 'store', running: store !== undefined, address: store?.uri ?? null, ui: null, ways: await ways(storeWays(process.env)) },
    { name: 'worker', running: findService(home, 'worker') !== undefined, address: null, ui: null, ways: [] },
  ];
  const backends = await probeBackends();
  const engines = [
    ...(await probeLammps(process.env)).map((engine) => ({ ...engine, name: `lammps (${engine.name})` })),
    { name: 'statics', usable: true, version: staticsVersion, command: [process.execPath] },
    { name: 'quantum-espresso', ...(await probePw(process.env)) },
    { name: 'vasp', ...(await probeVasp(process.env)) },
    { name: 'ase', ...(await probeAse(process.env)) },
  ];
  const calculators = engines.map(({ name, usable, version, reason, command }) => ({
    name,
    usable,
    version: version ?? null,
    reason: reason ?? (usable ? 'ready' : 'refused'),
    command,
  }));
  const machines = Object.entries(computers).map(([name, settings]) => ({
    name,
    transport: settings.transport.kind,
    scheduler: settings.scheduler.kind,
    workDir: settings.workDir,
    codes: Object.keys(settings.codes),
  }));
  const channels = (notifications?.channels ?? []).map((channel) => channelState(channel, process.env));
  output.result({ home: home.root, node: process.version, services, backends, calculators, computers: machines, notifications: channels }, [
    `peierls on Node ${process.version}; data in ${home.root}`,
    '',
    ...services.flatMap(({ name, running, address, ui, ways: list }) => [
      `${name}: ${running ? `running${address === null ? '' : ` at ${address}`}${ui === null ? '' : `, UI ${ui}`}` : 'not running'}`,
      ...list.map((way) => `    ${way.name}: ${way.usable ? 'usable' : way.reason}`),
    ]),
    '',
    ...table(
      ['calculator', 'usable', 'version', 'note'],
      calculators.map((it) => [it.name, it.usable ? 'yes' : 'no', it.version ?? '-', it.reason]),
      undefined,
      paintState(output.paint),
    ),
    '',
    ...table(
      ['predictor backend', 'usable', 'GPU', 'note'],
      backends.map((it) => [it.name, it.usable ? 'yes' : 'no', it.isGpu ? 'yes' : 'no', it.reason]),
      undefined,
      paintState(output.paint),
    ),
    '',
    ...table(
      ['computer', 'transport', 'scheduler', 'codes', 'work directory'],
      machines.map((it) => [it.name, it.transport, it.scheduler, it.codes.join(', ') || '-', it.workDir]),
    ),
    ...(channels.length === 0
      ? []
      : [
          '',
          ...table(
            ['notifications', 'kind', 'usable', 'note'],
            channels.map((it) => [it.name, it.kind, it.usable ? 'yes' : 'no', it.reason]),
            undefined,
            paintState(output.paint),
          ),
        ]),
  ]);
  return 0;
}

/** A channel whose secrets are here; that somebody answers is what `peierls notify test` finds out. */
function channelState(channel: NotificationChannel, environment: NodeJS.ProcessEnv) {
  const variables = channel.kind === 'webhook' ? [channel.urlEnv, channel.secretEnv] : [channel.userEnv, channel.passwordEnv];
  const missing = variables.filter((name) => name !== undefined && (environment[name] ?? '') === '');
  return {
    name: channel.name,
    kind: channel.kind,
    usable: missing.length === 0,
    reason: missing.length === 0 ? '' : `not set: ${missing.join(', ')}`,
  };
}

/** Looks without side effects: a download or build is only named as possible. */
async function ways(
  list: readonly { name: string; remedy: string; get(report: (line: string) => void): Promise<{ path: string } | { reason: string }> }[],
) {
  return Promise.all(
    list.map(async (way) => {
      const { name, remedy } = way;
      if (name === 'official download')
        return { name, usable: process.env['PEIERLS_OFFLINE'] !== '1', reason: 'tried when nothing above is there', remedy };
      if (name.includes('built from')) return { name, usable: onPath('go', process.env) !== undefined, reason: 'no `go` on PATH', remedy };
      const found = await way.get(() => undefined);
      return 'path' in found ? { name, usable: true, reason: found.path, remedy } : { name, usable: false, reason: found.reason, remedy };
    }),
  );
}
