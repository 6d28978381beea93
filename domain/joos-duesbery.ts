/** A straight dislocation as the Peierls-Nabarro model sees it. */
export interface PeierlsNabarroCore {
  energyFactorGpa: number;
  /** Of the dislocation, or of one partial. */
  burgersAngstrom: number;
  /** Largest slope of the gamma surface along the path of slip. */
  restoringStressGpa: number;
  /** Distance between neighbouring Peierls valleys. */
  valleySpacingAngstrom: number;
}

/** Half width zeta = K b / (4 pi tau_max) of the core, angstrom: elastic repulsion against the restoring stress. */
export function coreHalfWidth({ energyFactorGpa, burgersAngstrom, restoringStressGpa }: PeierlsNabarroCore): number {
  return (energyFactorGpa * burgersAngstrom) / (4 * Math.PI * restoringStressGpa);
}

/**
 * Natural logarithm of the Peierls stress in GPa, after Joos and Duesbery, PRL 78, 266 (1997). Rows of atoms at spacing a' sample the misfit
 * of the arctan disregistry, W(u) = (K b^2 / 4 pi) sinh S / (cosh S - cos(2 pi u / a')) with S = 2 pi zeta / a', and the stress is the
 * steepest slope of W over b, which is at cos theta = (sqrt(cosh^2 S + 8) - cosh S) / 2:
 *   tau = (K b / 2 a') sinh S sin theta / (cosh S - cos theta)^2.
 * Wide cores: (K b / a') exp(-S). Narrow cores: (3 sqrt3 / 8) tau_max a' / (pi zeta), never more than tau_max.
 */
export function lnPeierlsStressGpa(core: PeierlsNabarroCore): number {
  const s = (2 * Math.PI * coreHalfWidth(core)) / core.valleySpacingAngstrom;
  const lnScale = Math.log((core.energyFactorGpa * core.burgersAngstrom) / core.valleySpacingAngstrom);
  // Beyond S = 20 the wide limit is exact to the last digit, and cosh would overflow further out.
  if (s > 20) return lnScale - s;
  const cosh = Math.cosh(s);
  const cosine = 4 / (Math.sqrt(cosh * cosh + 8) + cosh);
  // cosh S - cos theta without cancellation: narrow cores have both near 1.
  const gap = 2 * Math.sinh(s / 2) ** 2 + (1 - cosine);
  const slope = (Math.sinh(s) * Math.sqrt(1 - cosine * cosine)) / (gap * gap);
  return Math.min(lnScale + Math.log(slope / 2), Math.log(core.restoringStressGpa));
}
