import { storeWays } from '../../connectors/embedded/document-store.js';
import { onPath } from '../../connectors/embedded/binary.js';
import { currentEndpoints } from '../../connectors/embedded/services.js';
import { findService } from '../../connectors/embedded/service.js';
import { temporalWays } from '../../connectors/embedded/temporal.js';
import { probeLammps } from '../../connectors/calculator/lammps/engine.js';
import { probePw } from '../../connectors/calculator/quantum-espresso/engine.js';
import { probeBackends } from '../../connectors/predictor/backend.js';
import { readInstallation } from '../../workers/config.js';
import { type Output } from '../output.js';
import { table } from '../table.js';

/** `peierls doctor`: what is installed and running, and why the rest was refused. Starts nothing, downloads nothing. */
export async function doctor(output: Output): Promise<number> {
  const { home, computers } = await readInstallation(process.env);
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
    { name: 'quantum-espresso', ...(await probePw(process.env)) },
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
  output.result({ home: home.root, node: process.version, services, backends, calculators, computers: machines }, [
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
    ),
    '',
    ...table(
      ['predictor backend', 'usable', 'GPU', 'note'],
      backends.map((it) => [it.name, it.usable ? 'yes' : 'no', it.isGpu ? 'yes' : 'no', it.reason]),
    ),
    '',
    ...table(
      ['computer', 'transport', 'scheduler', 'codes', 'work directory'],
      machines.map((it) => [it.name, it.transport, it.scheduler, it.codes.join(', ') || '-', it.workDir]),
    ),
  ]);
  return 0;
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
