import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { probeLammps } from '../connectors/calculator/lammps/engine.js';
import { probePw } from '../connectors/calculator/quantum-espresso/engine.js';
import { openHome, readIfPresent, type Home } from '../connectors/embedded/home.js';
import { ComputerSettings, ComputersFile } from '../domain/computer.js';
import { InvalidInput, MissingFile } from '../domain/failures.js';

export interface Installation {
  home: Home;
  /** The computers file, whether or not it exists. */
  file: string;
  computers: Readonly<Record<string, ComputerSettings>>;
}

/** Reads the environment and `computers.yaml` once. Throws `InvalidInput` that lists every problem with its path. */
export async function readInstallation(environment: NodeJS.ProcessEnv): Promise<Installation> {
  const home = openHome(environment);
  const file = computersPath(environment, home);
  const configured = readComputers(file, environment['PEIERLS_COMPUTERS'] !== undefined);
  return Object.freeze({ home, file, computers: Object.freeze({ local: await localComputer(home, environment), ...configured }) });
}

/** The computers file: PEIERLS_COMPUTERS, else `computers.yaml` in the home folder. */
export function computersPath(environment: NodeJS.ProcessEnv, home: Home = openHome(environment)): string {
  return environment['PEIERLS_COMPUTERS'] ?? join(home.root, 'computers.yaml');
}

function readComputers(file: string, demanded: boolean): Record<string, ComputerSettings> {
  const text = readIfPresent(file);
  if (text === undefined && demanded)
    throw new MissingFile('there is no such file', { file, path: 'PEIERLS_COMPUTERS', remedy: 'Correct PEIERLS_COMPUTERS or unset it' });
  if (text === undefined) return {};
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new InvalidInput(`is not YAML: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}`, {
      file,
      remedy: 'Correct the file.',
      cause,
    });
  }
  const parsed = ComputersFile.safeParse(content);
  if (parsed.success) return parsed.data.computers;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new InvalidInput(problems, { file, remedy: 'Correct these fields; unknown keys are errors.' });
}

/** This machine, without any configuration: as many slots as cores, the LAMMPS that is there or the one that npm brought, and pw.x where it is. */
async function localComputer(home: Home, environment: NodeJS.ProcessEnv): Promise<ComputerSettings> {
  const [lammps, pw] = await Promise.all([probeLammps(environment), probePw(environment)]);
  const engine = lammps.find(({ usable }) => usable);
  return ComputerSettings.parse({
    transport: { kind: 'local' },
    scheduler: { kind: 'direct', slots: availableParallelism() },
    workDir: join(home.root, 'computers', 'local'),
    codes: {
      ...(engine !== undefined && {
        lammps: { command: engine.command, ...(engine.session !== undefined && { session: engine.session }) },
      }),
      ...(pw.usable && { 'quantum-espresso': { command: pw.command } }),
    },
  });
}
