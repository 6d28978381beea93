/** What is known of a crystal that says whether it shears before it cleaves. Moduli in GPa. */
export interface DuctilityInput {
  lattice: 'fcc' | 'bcc' | 'hcp';
  bulkGpa: number;
  shearGpa: number;
  /** C11, C12, C44 and, for hcp, C13, C33. */
  constants?: Record<string, number>;
  /** The easiest unstable fault: mJ/m2, and the length of its Burgers vector in angstrom. */
  fault?: { unstable: number; burgersAngstrom: number };
}

export interface Ductility {
  /** B/G of the Hill averages; above about 1.75 metals tend to be ductile (Pugh, Phil. Mag. 45, 823 (1954)). */
  bulkOverShear: number;
  /** C12 - C44, in hcp the lesser of C13 - C44 and C12 - C66: positive where bonding is metallic (Pettifor, Mater. Sci. Technol. 8, 345 (1992)). */
  cauchyPressureGpa: number | null;
  /**
   * gamma_us/(G b), the barrier to emitting a dislocation in units of the crystal's own stiffness. Rice's criterion (J. Mech. Phys. Solids 40,
   * 239 (1992)) weighs gamma_us against the surface energy, which we do not compute: this is a number to compare by, without a threshold.
   */
  unstableFaultOverGb: number | null;
  /** `ductile` or `brittle` where Pugh's ratio and Cauchy pressure agree. */
  ductility: 'ductile' | 'brittle' | 'unclear';
}

const pughThreshold = 1.75;

export function ductilityOf({ lattice, bulkGpa, shearGpa, constants, fault }: DuctilityInput): Ductility {
  const bulkOverShear = bulkGpa / shearGpa;
  const pressure = cauchyPressure(lattice, constants);
  const pugh = bulkOverShear > pughThreshold;
  return {
    bulkOverShear,
    cauchyPressureGpa: pressure,
    unstableFaultOverGb: fault === undefined ? null : fault.unstable / (shearGpa * fault.burgersAngstrom * 100),
    ductility: pressure === null || pressure > 0 !== pugh ? 'unclear' : pugh ? 'ductile' : 'brittle',
  };
}

function cauchyPressure(lattice: DuctilityInput['lattice'], constants: Record<string, number> | undefined): number | null {
  const { C11, C12, C13, C44 } = constants ?? {};
  if (C11 === undefined || C12 === undefined || C44 === undefined) return null;
  if (lattice !== 'hcp') return C12 - C44;
  return C13 === undefined ? null : Math.min(C13 - C44, C12 - (C11 - C12) / 2);
}
