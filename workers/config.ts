import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { probeAse } from '../connectors/calculator/ase/engine.js';
import { staticsSession } from '../connectors/calculator/statics/statics.js';
import { probeLammps } from '../connectors/calculator/lammps/engine.js';
import { probePw } from '../connectors/calculator/quantum-espresso/engine.js';
import { probeVasp } from '../connectors/calculator/vasp/engine.js';
import { openHome, readIfPresent, type Home } from '../connectors/embedded/home.js';
import { ComputerSettings, ComputersFile } from '../domain/computer.js';
import { NotificationsFile } from '../domain/notification.js';
import { InvalidInput, MissingFile } from '../domain/failures.js';

export interface Installation {
  home: Home;
  /** The computers file, whether or not it exists. */
  file: string;
  computers: Readonly<Record<string, ComputerSettings>>;
  /** Whom to tell of what; undefined where there is no notifications file. */
  notifications: NotificationsFile | undefined;
}

/** Reads the environment, `computers.yaml` and `notifications.yaml` once. Throws `InvalidInput` that lists every problem with its path. */
export async function readInstallation(environment: NodeJS.ProcessEnv): Promise<Installation> {
  const home = openHome(environment);
  const file = computersPath(environment, home);
  const configured = readConfiguration(file, ComputersFile, 'PEIERLS_COMPUTERS', environment)?.computers;
  const notifications = readConfiguration(notificationsPath(environment, home), NotificationsFile, 'PEIERLS_NOTIFICATIONS', environment);
  return Object.freeze({
    home,
    file,
    computers: Object.freeze({ local: await localComputer(home, environment), ...configured }),
    notifications,
  });
}

/** The computers file: PEIERLS_COMPUTERS, else `computers.yaml` in the home folder. */
export function computersPath(environment: NodeJS.ProcessEnv, home: Home = openHome(environment)): string {
  return environment['PEIERLS_COMPUTERS'] ?? join(home.root, 'computers.yaml');
}

/** The notifications file: PEIERLS_NOTIFICATIONS, else `notifications.yaml` in the home folder. */
export function notificationsPath(environment: NodeJS.ProcessEnv, home: Home = openHome(environment)): string {
  return environment['PEIERLS_NOTIFICATIONS'] ?? join(home.root, 'notifications.yaml');
}

/** A configuration file by its schema; undefined where there is none. `variable` names it, and then it must exist. */
function readConfiguration<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  variable: string,
  environment: NodeJS.ProcessEnv,
): z.output<Schema> | undefined {
  const text = readIfPresent(file);
  if (text === undefined && environment[variable] !== undefined)
    throw new MissingFile('there is no such file', { file, path: variable, remedy: `Correct ${variable} or unset it` });
  if (text === undefined) return undefined;
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
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new InvalidInput(problems, { file, remedy: 'Correct these fields; unknown keys are errors.' });
}

/** This machine, without any configuration: as many slots as cores, the LAMMPS that is there or the one that npm brought, and pw.x, VASP and ASE where they are. */
async function localComputer(home: Home, environment: NodeJS.ProcessEnv): Promise<ComputerSettings> {
  const [lammps, pw, vasp, ase] = await Promise.all([
    probeLammps(environment),
    probePw(environment),
    probeVasp(environment),
    probeAse(environment),
  ]);
  const engine = lammps.find(({ usable }) => usable);
  return ComputerSettings.parse({
    transport: { kind: 'local' },
    scheduler: { kind: 'direct', slots: availableParallelism() },
    workDir: join(home.root, 'computers', 'local'),
    codes: {
      ...(engine !== undefined && {
        lammps: { command: engine.command, ...(engine.session !== undefined && { session: engine.session }) },
      }),
      statics: { command: [process.execPath], session: staticsSession(process.execPath) },
      ...(pw.usable && { 'quantum-espresso': { command: pw.command } }),
      ...(vasp.usable && { vasp: { command: vasp.command, pseudopotentials: vasp.pseudopotentials } }),
      ...(ase.usable && { ase: { command: ase.command, session: ase.session } }),
    },
  });
}
