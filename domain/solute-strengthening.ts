import type { Composition } from './composition.js';

/** Isotropic moduli that the theory wants: GPa, pure number. */
export interface SoluteModuli {
  shearGpa: number;
  poisson: number;
}

export interface SoluteStrengtheningInput {
  lattice: 'fcc' | 'bcc';
  moduli: SoluteModuli;
  burgersAngstrom: number;
  /** Atomic fractions. */
  composition: Composition;
  /** Cubic angstrom of an atom of each element in this alloy; `misfitVolumes` says where they come from. */
  volumes: Readonly<Record<string, number>>;
}

export interface SoluteStrengthening {
  /** Resolved shear stress that drives an edge dislocation through the random solutes at 0 K, MPa. */
  zeroTemperatureMpa: number;
  /** Energy barrier of its thermally activated glide, eV. */
  barrierEv: number;
}

/**
 * Edge dislocations in random alloys, elasticity in closed form. fcc: Varvenne, Leyson, Ghazisaeidi, Curtin, Acta Mater. 124, 660 (2017),
 * 0.051 f1 and 0.274 f2 with f1 = 0.35, f2 = 5.70 for two well separated partials, line tension alpha mu b^2 with alpha = 0.123. bcc: Maresca,
 * Curtin, Acta Mater. 182, 235 (2020), with alpha = 1/12. Both: tau = A alpha^(-1/3) mu q^(4/3) s^(2/3), E = B alpha^(1/3) mu b^3 q^(2/3) s^(1/3),
 * q = (1+nu)/(1-nu), s = sum of c_n dV_n^2 over b^6.
 */
const theory = {
  fcc: { stress: 0.051 * 0.35, barrier: 0.274 * 5.7, alpha: 0.123 },
  bcc: { stress: 0.04, barrier: 2, alpha: 1 / 12 },
} as const;

/** 1 GPa cubic angstrom in eV. */
const evPerGpaAngstrom3 = 1 / 160.217_663_4;

export function soluteStrengthening({
  lattice,
  moduli: { shearGpa, poisson },
  burgersAngstrom: b,
  composition,
  volumes,
}: SoluteStrengtheningInput): SoluteStrengthening {
  const { stress, barrier, alpha } = theory[lattice];
  const misfit = meanSquareMisfit(composition, volumes) / b ** 6;
  const q = (1 + poisson) / (1 - poisson);
  return {
    zeroTemperatureMpa: 1000 * stress * alpha ** (-1 / 3) * shearGpa * q ** (4 / 3) * misfit ** (2 / 3),
    barrierEv: barrier * alpha ** (1 / 3) * shearGpa * b ** 3 * evPerGpaAngstrom3 * q ** (2 / 3) * misfit ** (1 / 3),
  };
}

/** Boltzmann's constant, eV/K. */
const boltzmann = 8.617_333_262e-5;
/** Reference strain rate of both papers, 1/s. */
const referenceRate = 1e4;

/** The same at a temperature and strain rate (1/s): low-temperature form down to half of the 0 K stress, high-temperature form below it. */
export function soluteStressAt({ zeroTemperatureMpa, barrierEv }: SoluteStrengthening, kelvin: number, rate = 1e-4): number {
  const share = (boltzmann * kelvin * Math.log(referenceRate / rate)) / barrierEv;
  const cold = zeroTemperatureMpa * (1 - share ** (2 / 3));
  return cold >= zeroTemperatureMpa / 2 ? cold : zeroTemperatureMpa * Math.exp(-share / 0.55);
}

/**
 * Moduli for the theory. fcc: Voigt averages, which stand for the anisotropic result within a few percent (Nag, Varvenne, Curtin, Modelling
 * Simul. Mater. Sci. Eng. 28, 025007 (2020)). bcc: the shear modulus sqrt(C44 (C11 - C12)/2) of the <111> direction, as Maresca and Curtin took it.
 */
export function soluteModuli(lattice: 'fcc' | 'bcc', constants: Readonly<Record<string, number>>): SoluteModuli | undefined {
  const { C11, C12, C44 } = constants;
  if (C11 === undefined || C12 === undefined || C44 === undefined) return undefined;
  const shearGpa = lattice === 'fcc' ? (C11 - C12 + 3 * C44) / 5 : Math.sqrt((C44 * (C11 - C12)) / 2);
  const bulk = (C11 + 2 * C12) / 3;
  return { shearGpa, poisson: (3 * bulk - 2 * shearGpa) / (2 * (3 * bulk + shearGpa)) };
}

/** sum of c_n (V_n - mean)^2, the mean by Vegard's law: misfits then sum to nothing. */
function meanSquareMisfit(composition: Composition, volumes: Readonly<Record<string, number>>): number {
  const parts = Object.entries(composition);
  const volume = (symbol: string): number => {
    const own = volumes[symbol];
    if (own === undefined) throw new RangeError(`no atomic volume of ${symbol}`);
    return own;
  };
  const mean = parts.reduce((sum, [symbol, fraction]) => sum + fraction * volume(symbol), 0);
  return parts.reduce((sum, [symbol, fraction]) => sum + fraction * (volume(symbol) - mean) ** 2, 0);
}
