import { Failure, Invalid } from '../../../domain/failures.js';

/** What a step of a check has found. `note` is good to know and no reason to stop; `fix` says what to do. */
export type Outcome =
  | { state: 'ok'; detail: string; note?: string }
  | { state: 'failed'; detail: string; fix: string }
  | { state: 'skipped'; detail: string };

/** One question about a computer. */
export interface Step {
  name: string;
  /** The host that it is about, where there are several on the way. */
  host?: string;
  /** Steps without which this one makes no sense. */
  needs: readonly Step[];
  run: () => Promise<Outcome>;
}

export interface StepReport {
  step: string;
  host: string | null;
  state: Outcome['state'];
  detail: string;
  note: string | null;
  fix: string | null;
  seconds: number;
}

/** Takes the steps in order. One that needs a failed step is skipped with that reason, and so is what needs it in turn; after `signal` all are. */
export async function walk(steps: readonly Step[], onReport: (report: StepReport) => void, signal?: AbortSignal): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  const unusable = new Map<Step, string>();
  for (const step of steps) {
    const blocking = step.needs.find((need) => unusable.has(need));
    const begun = Date.now();
    const outcome =
      signal?.aborted === true
        ? skipped('interrupted')
        : blocking === undefined
          ? await outcomeOf(step)
          : skipped(`needs ${unusable.get(blocking) ?? ''}`);
    if (outcome.state === 'failed') unusable.set(step, `${label(step)}, which failed`);
    else if (blocking !== undefined) unusable.set(step, unusable.get(blocking) ?? '');
    const report: StepReport = {
      step: step.name,
      host: step.host ?? null,
      state: outcome.state,
      detail: outcome.detail,
      note: outcome.state === 'ok' ? (outcome.note ?? null) : null,
      fix: outcome.state === 'failed' ? outcome.fix : null,
      seconds: (Date.now() - begun) / 1000,
    };
    reports.push(report);
    onReport(report);
  }
  return reports;
}

/** `login`, `login of gate.example.org`. */
export function label({ name, host }: { name: string; host?: string | null | undefined }): string {
  return host === undefined || host === null ? name : `${name} of ${host}`;
}

async function outcomeOf(step: Step): Promise<Outcome> {
  try {
    return await step.run();
  } catch (error) {
    // Errors of ours say what to do; of anything else the message is all there is, and that too must not end the walk.
    if (error instanceof Invalid) return failed(error.problem, error.remedy ?? 'Correct what the message names.');
    const detail = error instanceof Error ? error.message : String(error);
    return failed(detail, error instanceof Failure ? 'Try again; if it stays, ask the site.' : 'Correct what the message names.');
  }
}

export function ok(detail: string, note?: string): Outcome {
  return note === undefined ? { state: 'ok', detail } : { state: 'ok', detail, note };
}

export function failed(detail: string, fix: string): Outcome {
  return { state: 'failed', detail, fix };
}

export function skipped(detail: string): Outcome {
  return { state: 'skipped', detail };
}
