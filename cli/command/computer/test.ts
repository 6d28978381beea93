import { checkComputer } from '../../../connectors/computer/check/check.js';
import { label, type StepReport } from '../../../connectors/computer/check/step.js';
import { heldConnections } from '../../../connectors/embedded/home.js';
import { readInstallation } from '../../../workers/config.js';
import type { Output } from '../../output.js';
import { paintState, type Paint } from '../../paint.js';
import { configured } from './configured.js';

/** `peierls computer test <name>`: walks the way to a computer and through a job there; 0 when no step failed, else 1. */
export async function test(name: string, options: { job: boolean; wait: number }, output: Output, signal: AbortSignal): Promise<number> {
  const installation = await readInstallation(process.env);
  const settings = configured(installation, name);
  const steps = await checkComputer(name, settings, {
    environment: process.env,
    heldIn: heldConnections(installation.home),
    job: options.job,
    waitSeconds: options.wait,
    signal,
    onStep: (report) => {
      for (const line of lines(report, output.paint)) output.say(line);
    },
    onProgress: (line) => output.say(`           ${line}`),
  });
  const failures = steps.filter(({ state }) => state === 'failed');
  output.result({ computer: name, ok: failures.length === 0, steps }, [
    failures.length === 0
      ? `${name} is ready.`
      : `${name} is not ready: ${failures.map(({ step, host }) => label({ name: step, host })).join(', ')} failed.`,
  ]);
  if (signal.aborted) return 130;
  return failures.length === 0 ? 0 : 1;
}

function lines({ step, host, state, detail, note, fix }: StepReport, paint: Paint): string[] {
  return [
    `${paintState(paint)(state.padEnd(7))}  ${label({ name: step, host })}: ${detail}`,
    ...(note === null ? [] : [`           note: ${note}`]),
    ...(fix === null ? [] : [`           fix: ${fix}`]),
  ];
}
