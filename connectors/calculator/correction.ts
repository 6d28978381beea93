import { assertNever } from '../../domain/assert-never.js';

/**
 * What a correction does to the set that the point belongs to. `safe`: another way to the same number. `whole-set`: it moves energies or
 * the symmetry of the mesh, so all points have it or none, and the set starts again. `forbidden`: it would change the question (geometry),
 * and is never made.
 */
export type CorrectionSafety = 'safe' | 'whole-set' | 'forbidden';

export interface CorrectionRule<Outcome extends string, Numerics> {
  name: string;
  cures: readonly Outcome[];
  safety: CorrectionSafety;
  /** Times that it may be made for one point. */
  limit: number;
  /** For the attempt log. */
  says: string;
  /** `undefined` where the settings of a point do not hold what would be changed. */
  edit?: (numerics: Numerics) => Numerics;
}

/**
 * The next correction for an outcome, after those that the point has had already. A rule that would change nothing, or has reached its limit,
 * gives way to the next one; none left means that the failure stands. A forbidden rule is told, never applied.
 */
export function nextRule<Outcome extends string, Numerics>(
  rules: readonly CorrectionRule<Outcome, Numerics>[],
  outcome: Outcome,
  applied: readonly string[],
  numerics: Numerics,
): CorrectionRule<Outcome, Numerics> | undefined {
  const now = JSON.stringify(editedBy(rules, numerics, applied));
  return rules.find(
    ({ cures, name, limit, edit }) =>
      cures.includes(outcome) &&
      applied.filter((one) => one === name).length < limit &&
      (edit === undefined || name === unchanged.name || JSON.stringify(edit(editedBy(rules, numerics, applied))) !== now),
  );
}

/** The settings of a point after corrections, in the order in which they were made. Names without a rule change nothing. */
export function editedBy<Outcome extends string, Numerics>(
  rules: readonly CorrectionRule<Outcome, Numerics>[],
  numerics: Numerics,
  applied: readonly string[],
): Numerics {
  return applied.reduce((current, name) => {
    const rule = rules.find((one) => one.name === name);
    return rule?.edit === undefined || !mayApply(rule.safety) ? current : rule.edit(current);
  }, numerics);
}

/**
 * For failures that no rule knows: a node or a file system may have been at fault, so it is tried once more as it is. A second failure that
 * nobody knows ends the calculation, with the words of both.
 */
export const unchanged = { name: 'unchanged', safety: 'safe', limit: 1, says: 'run it once more as it is' } as const;

function mayApply(safety: CorrectionSafety): boolean {
  switch (safety) {
    case 'safe':
    case 'whole-set':
      return true;
    case 'forbidden':
      return false;
    default:
      return assertNever(safety);
  }
}
