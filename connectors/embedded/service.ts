import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ServiceUnavailable } from '../../domain/failures.js';
import { readIfPresent, writeAtomically, type Home } from './home.js';
import { processStart } from './process-identity.js';

/** What we know of a process that we started; kept in `run/<name>.json`, its id alone in `run/<name>.pid`. */
export const RunningService = z.strictObject({
  name: z.string(),
  pid: z.number().int().positive(),
  /** From `processStart`: tells our process from a later one with the same id. */
  start: z.string(),
  /** Ports and addresses, as the service's own module needs them. */
  endpoint: z.record(z.string(), z.string()),
  startedAt: z.string(),
});
export type RunningService = z.infer<typeof RunningService>;

export interface ServiceCommand {
  file: string;
  args: string[];
  environment?: NodeJS.ProcessEnv;
  endpoint: Record<string, string>;
}

/** The live service of that name, or undefined; traces of a dead one are removed. */
export function findService(home: Home, name: string): RunningService | undefined {
  const text = readIfPresent(join(home.run, `${name}.json`));
  if (text === undefined) return undefined;
  const parsed = RunningService.safeParse(parseJson(text));
  if (parsed.success && processStart(parsed.data.pid) === parsed.data.start) return parsed.data;
  forget(home, name);
  return undefined;
}

/** Starts a process that outlives us, with its output in `log/<name>.log`. */
export function startService(home: Home, name: string, command: ServiceCommand): RunningService {
  const log = openSync(join(home.log, `${name}.log`), 'a');
  const child = spawn(command.file, command.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...command.environment },
  });
  closeSync(log);
  // A missing or unusable file is reported by the health check, with the log; the event must have a listener all the same.
  child.on('error', () => undefined);
  child.unref();
  const start = child.pid === undefined ? undefined : processStart(child.pid);
  if (child.pid === undefined || start === undefined)
    throw new ServiceUnavailable(`${name} could not be started: ${command.file} ${lastLines(home, name)}`);
  const service: RunningService = { name, pid: child.pid, start, endpoint: command.endpoint, startedAt: new Date().toISOString() };
  writeAtomically(join(home.run, `${name}.pid`), `${service.pid}\n`);
  writeAtomically(join(home.run, `${name}.json`), `${JSON.stringify(service)}\n`);
  return service;
}

/** Waits until `probe` succeeds. Throws `ServiceUnavailable` with the end of the log when the process dies or time runs out. */
export async function untilHealthy(home: Home, service: RunningService, probe: () => Promise<void>, timeoutSeconds: number): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    if (processStart(service.pid) !== service.start) {
      forget(home, service.name);
      throw new ServiceUnavailable(`${service.name} stopped while starting. ${lastLines(home, service.name)}`);
    }
    try {
      await probe();
      return;
    } catch (error) {
      // Not up yet; the last reason is told if it never comes up.
      last = error;
      await sleep(100);
    }
  }
  throw new ServiceUnavailable(`${service.name} did not answer within ${timeoutSeconds} s. ${lastLines(home, service.name)}`, {
    cause: last,
  });
}

/** Asks the process to end, insists after `graceSeconds`, and returns when it is gone. */
export async function stopService(home: Home, name: string, graceSeconds = 15): Promise<boolean> {
  const service = findService(home, name);
  if (service === undefined) return false;
  signal(service, 'SIGTERM');
  const deadline = Date.now() + graceSeconds * 1000;
  while (processStart(service.pid) === service.start) {
    if (Date.now() > deadline) signal(service, 'SIGKILL');
    await sleep(50);
  }
  forget(home, name);
  return true;
}

function signal(service: RunningService, name: NodeJS.Signals): void {
  if (processStart(service.pid) !== service.start) return;
  try {
    process.kill(service.pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function forget(home: Home, name: string): void {
  for (const ending of ['pid', 'json']) rmSync(join(home.run, `${name}.${ending}`), { force: true });
}

function lastLines(home: Home, name: string): string {
  const path = join(home.log, `${name}.log`);
  const lines = (readIfPresent(path) ?? '').trim().split('\n').slice(-3).join(' | ');
  return `Its log ${path} ends with: ${lines.slice(-400)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A damaged note about a process is as good as none.
    return undefined;
  }
}

/** Resident memory of a process in MB, where the system tells. */
export function residentMemoryMb(pid: number): number | undefined {
  try {
    // VmRSS:	  123456 kB
    const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match?.[1] === undefined ? undefined : Math.round(Number(match[1]) / 1024);
  } catch {
    // Not Linux, or gone.
    return undefined;
  }
}
