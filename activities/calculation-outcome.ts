import type { PointRecord } from '../connectors/store/document.js';
import type { CalculationOutcome } from '../domain/calculation.js';
import type { PointTask } from '../domain/point.js';
import type { CalculationPlan } from './calculation-plan.js';

/** What the points of a calculation amount to: the first failure of a point is that of the calculation. */
export function concluded(plan: CalculationPlan, points: readonly PointRecord[]): { outcome: CalculationOutcome; value?: unknown } {
  const failure = points.find((point) => point.outcome.kind === 'failed');
  if (failure?.outcome.kind === 'failed')
    return {
      outcome: { kind: 'failed', reason: failure.outcome.reason, evidence: `${failure.label}: ${failure.outcome.evidence}`.slice(0, 2000) },
    };
  return plan.conclude(
    Object.fromEntries(points.flatMap((point) => (point.outcome.kind === 'completed' ? [[point.label, point.outcome.result]] : []))),
  );
}

/** Points are missing and no attempt is left. */
export function gaveUp(missing: readonly PointTask[], reason: string): { outcome: CalculationOutcome; value?: unknown } {
  return {
    outcome: {
      kind: 'failed',
      reason: 'attempts-exhausted',
      evidence: `${missing.length} points have no result (${missing[0]?.label ?? ''}...); ${reason}`,
    },
  };
}
