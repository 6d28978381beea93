import { z } from 'zod';
import type { Composition } from './composition.js';

export type GroundState = 'fcc' | 'bcc' | 'hcp' | 'dhcp' | 'diamond' | 'other';

export interface Element {
  number: number;
  /** Standard atomic weight, or the mass number of the longest-lived isotope where there is none. */
  massU: number;
  name: string;
  /** Cubic angstrom per atom of the elemental solid. */
  atomicVolume?: number;
  /** Structure of the elemental solid at room temperature and pressure. */
  groundState?: GroundState;
}

/**
 * Masses: IUPAC abridged standard atomic weights (2021), five digits. Volumes: room-temperature lattice parameters, or densities where the
 * cell is complicated (`other`), of the CRC Handbook of Chemistry and Physics. They serve as starting points of relaxations, good to 1 %.
 */
const table = {
  H: { number: 1, massU: 1.008, name: 'hydrogen' },
  He: { number: 2, massU: 4.0026, name: 'helium' },
  Li: { number: 3, massU: 6.94, name: 'lithium', atomicVolume: 21.62, groundState: 'bcc' },
  Be: { number: 4, massU: 9.0122, name: 'beryllium', atomicVolume: 8.11, groundState: 'hcp' },
  B: { number: 5, massU: 10.81, name: 'boron', atomicVolume: 7.67, groundState: 'other' },
  C: { number: 6, massU: 12.011, name: 'carbon', atomicVolume: 5.67, groundState: 'diamond' },
  N: { number: 7, massU: 14.007, name: 'nitrogen' },
  O: { number: 8, massU: 15.999, name: 'oxygen' },
  F: { number: 9, massU: 18.998, name: 'fluorine' },
  Ne: { number: 10, massU: 20.18, name: 'neon' },
  Na: { number: 11, massU: 22.99, name: 'sodium', atomicVolume: 39.49, groundState: 'bcc' },
  Mg: { number: 12, massU: 24.305, name: 'magnesium', atomicVolume: 23.24, groundState: 'hcp' },
  Al: { number: 13, massU: 26.982, name: 'aluminium', atomicVolume: 16.6, groundState: 'fcc' },
  Si: { number: 14, massU: 28.085, name: 'silicon', atomicVolume: 20.02, groundState: 'diamond' },
  P: { number: 15, massU: 30.974, name: 'phosphorus', atomicVolume: 19.12, groundState: 'other' },
  S: { number: 16, massU: 32.06, name: 'sulfur', atomicVolume: 25.72, groundState: 'other' },
  Cl: { number: 17, massU: 35.45, name: 'chlorine' },
  Ar: { number: 18, massU: 39.95, name: 'argon' },
  K: { number: 19, massU: 39.098, name: 'potassium', atomicVolume: 75.62, groundState: 'bcc' },
  Ca: { number: 20, massU: 40.078, name: 'calcium', atomicVolume: 43.63, groundState: 'fcc' },
  Sc: { number: 21, massU: 44.956, name: 'scandium', atomicVolume: 25, groundState: 'hcp' },
  Ti: { number: 22, massU: 47.867, name: 'titanium', atomicVolume: 17.67, groundState: 'hcp' },
  V: { number: 23, massU: 50.942, name: 'vanadium', atomicVolume: 13.83, groundState: 'bcc' },
  Cr: { number: 24, massU: 51.996, name: 'chromium', atomicVolume: 12, groundState: 'bcc' },
  Mn: { number: 25, massU: 54.938, name: 'manganese', atomicVolume: 12.21, groundState: 'other' },
  Fe: { number: 26, massU: 55.845, name: 'iron', atomicVolume: 11.78, groundState: 'bcc' },
  Co: { number: 27, massU: 58.933, name: 'cobalt', atomicVolume: 11.08, groundState: 'hcp' },
  Ni: { number: 28, massU: 58.693, name: 'nickel', atomicVolume: 10.94, groundState: 'fcc' },
  Cu: { number: 29, massU: 63.546, name: 'copper', atomicVolume: 11.81, groundState: 'fcc' },
  Zn: { number: 30, massU: 65.38, name: 'zinc', atomicVolume: 15.21, groundState: 'hcp' },
  Ga: { number: 31, massU: 69.723, name: 'gallium', atomicVolume: 19.59, groundState: 'other' },
  Ge: { number: 32, massU: 72.63, name: 'germanium', atomicVolume: 22.64, groundState: 'diamond' },
  As: { number: 33, massU: 74.922, name: 'arsenic', atomicVolume: 21.64, groundState: 'other' },
  Se: { number: 34, massU: 78.971, name: 'selenium', atomicVolume: 27.26, groundState: 'other' },
  Br: { number: 35, massU: 79.904, name: 'bromine' },
  Kr: { number: 36, massU: 83.798, name: 'krypton' },
  Rb: { number: 37, massU: 85.468, name: 'rubidium', atomicVolume: 87.1, groundState: 'bcc' },
  Sr: { number: 38, massU: 87.62, name: 'strontium', atomicVolume: 56.32, groundState: 'fcc' },
  Y: { number: 39, massU: 88.906, name: 'yttrium', atomicVolume: 33.01, groundState: 'hcp' },
  Zr: { number: 40, massU: 91.224, name: 'zirconium', atomicVolume: 23.28, groundState: 'hcp' },
  Nb: { number: 41, massU: 92.906, name: 'niobium', atomicVolume: 17.98, groundState: 'bcc' },
  Mo: { number: 42, massU: 95.95, name: 'molybdenum', atomicVolume: 15.58, groundState: 'bcc' },
  Tc: { number: 43, massU: 97, name: 'technetium', atomicVolume: 14.21, groundState: 'hcp' },
  Ru: { number: 44, massU: 101.07, name: 'ruthenium', atomicVolume: 13.57, groundState: 'hcp' },
  Rh: { number: 45, massU: 102.91, name: 'rhodium', atomicVolume: 13.75, groundState: 'fcc' },
  Pd: { number: 46, massU: 106.42, name: 'palladium', atomicVolume: 14.72, groundState: 'fcc' },
  Ag: { number: 47, massU: 107.87, name: 'silver', atomicVolume: 17.05, groundState: 'fcc' },
  Cd: { number: 48, massU: 112.41, name: 'cadmium', atomicVolume: 21.6, groundState: 'hcp' },
  In: { number: 49, massU: 114.82, name: 'indium', atomicVolume: 26.16, groundState: 'other' },
  Sn: { number: 50, massU: 118.71, name: 'tin', atomicVolume: 27.05, groundState: 'other' },
  Sb: { number: 51, massU: 121.76, name: 'antimony', atomicVolume: 30.27, groundState: 'other' },
  Te: { number: 52, massU: 127.6, name: 'tellurium', atomicVolume: 33.96, groundState: 'other' },
  I: { number: 53, massU: 126.9, name: 'iodine', atomicVolume: 42.72, groundState: 'other' },
  Xe: { number: 54, massU: 131.29, name: 'xenon' },
  Cs: { number: 55, massU: 132.91, name: 'caesium', atomicVolume: 115.79, groundState: 'bcc' },
  Ba: { number: 56, massU: 137.33, name: 'barium', atomicVolume: 63.56, groundState: 'bcc' },
  La: { number: 57, massU: 138.91, name: 'lanthanum', atomicVolume: 37.41, groundState: 'dhcp' },
  Ce: { number: 58, massU: 140.12, name: 'cerium', atomicVolume: 34.37, groundState: 'fcc' },
  Pr: { number: 59, massU: 140.91, name: 'praseodymium', atomicVolume: 34.56, groundState: 'dhcp' },
  Nd: { number: 60, massU: 144.24, name: 'neodymium', atomicVolume: 34.18, groundState: 'dhcp' },
  Pm: { number: 61, massU: 145, name: 'promethium', atomicVolume: 33.6, groundState: 'dhcp' },
  Sm: { number: 62, massU: 150.36, name: 'samarium', atomicVolume: 33.21, groundState: 'other' },
  Eu: { number: 63, massU: 151.96, name: 'europium', atomicVolume: 48.07, groundState: 'bcc' },
  Gd: { number: 64, massU: 157.25, name: 'gadolinium', atomicVolume: 33.1, groundState: 'hcp' },
  Tb: { number: 65, massU: 158.93, name: 'terbium', atomicVolume: 31.97, groundState: 'hcp' },
  Dy: { number: 66, massU: 162.5, name: 'dysprosium', atomicVolume: 31.6, groundState: 'hcp' },
  Ho: { number: 67, massU: 164.93, name: 'holmium', atomicVolume: 31.12, groundState: 'hcp' },
  Er: { number: 68, massU: 167.26, name: 'erbium', atomicVolume: 30.64, groundState: 'hcp' },
  Tm: { number: 69, massU: 168.93, name: 'thulium', atomicVolume: 30.1, groundState: 'hcp' },
  Yb: { number: 70, massU: 173.05, name: 'ytterbium', atomicVolume: 41.25, groundState: 'fcc' },
  Lu: { number: 71, massU: 174.97, name: 'lutetium', atomicVolume: 29.5, groundState: 'hcp' },
  Hf: { number: 72, massU: 178.49, name: 'hafnium', atomicVolume: 22.35, groundState: 'hcp' },
  Ta: { number: 73, massU: 180.95, name: 'tantalum', atomicVolume: 17.99, groundState: 'bcc' },
  W: { number: 74, massU: 183.84, name: 'tungsten', atomicVolume: 15.86, groundState: 'bcc' },
  Re: { number: 75, massU: 186.21, name: 'rhenium', atomicVolume: 14.71, groundState: 'hcp' },
  Os: { number: 76, massU: 190.23, name: 'osmium', atomicVolume: 13.98, groundState: 'hcp' },
  Ir: { number: 77, massU: 192.22, name: 'iridium', atomicVolume: 14.14, groundState: 'fcc' },
  Pt: { number: 78, massU: 195.08, name: 'platinum', atomicVolume: 15.11, groundState: 'fcc' },
  Au: { number: 79, massU: 196.97, name: 'gold', atomicVolume: 16.96, groundState: 'fcc' },
  Hg: { number: 80, massU: 200.59, name: 'mercury', atomicVolume: 23.46, groundState: 'other' },
  Tl: { number: 81, massU: 204.38, name: 'thallium', atomicVolume: 28.58, groundState: 'hcp' },
  Pb: { number: 82, massU: 207.2, name: 'lead', atomicVolume: 30.34, groundState: 'fcc' },
  Bi: { number: 83, massU: 208.98, name: 'bismuth', atomicVolume: 35.45, groundState: 'other' },
  Po: { number: 84, massU: 209, name: 'polonium', atomicVolume: 37.9, groundState: 'other' },
  At: { number: 85, massU: 210, name: 'astatine' },
  Rn: { number: 86, massU: 222, name: 'radon' },
  Fr: { number: 87, massU: 223, name: 'francium' },
  Ra: { number: 88, massU: 226, name: 'radium', atomicVolume: 68.22, groundState: 'bcc' },
  Ac: { number: 89, massU: 227, name: 'actinium', atomicVolume: 45.57, groundState: 'fcc' },
  Th: { number: 90, massU: 232.04, name: 'thorium', atomicVolume: 32.86, groundState: 'fcc' },
  Pa: { number: 91, massU: 231.04, name: 'protactinium', atomicVolume: 24.94, groundState: 'other' },
  U: { number: 92, massU: 238.03, name: 'uranium', atomicVolume: 20.75, groundState: 'other' },
  Np: { number: 93, massU: 237, name: 'neptunium', atomicVolume: 19.24, groundState: 'other' },
  Pu: { number: 94, massU: 244, name: 'plutonium', atomicVolume: 20.46, groundState: 'other' },
  Am: { number: 95, massU: 243, name: 'americium', atomicVolume: 29.27, groundState: 'dhcp' },
  Cm: { number: 96, massU: 247, name: 'curium', atomicVolume: 29.98, groundState: 'dhcp' },
  Bk: { number: 97, massU: 247, name: 'berkelium', atomicVolume: 27.96, groundState: 'dhcp' },
  Cf: { number: 98, massU: 251, name: 'californium', atomicVolume: 27.41, groundState: 'dhcp' },
  Es: { number: 99, massU: 252, name: 'einsteinium' },
  Fm: { number: 100, massU: 257, name: 'fermium' },
  Md: { number: 101, massU: 258, name: 'mendelevium' },
  No: { number: 102, massU: 259, name: 'nobelium' },
  Lr: { number: 103, massU: 262, name: 'lawrencium' },
  Rf: { number: 104, massU: 267, name: 'rutherfordium' },
  Db: { number: 105, massU: 270, name: 'dubnium' },
  Sg: { number: 106, massU: 269, name: 'seaborgium' },
  Bh: { number: 107, massU: 270, name: 'bohrium' },
  Hs: { number: 108, massU: 270, name: 'hassium' },
  Mt: { number: 109, massU: 278, name: 'meitnerium' },
  Ds: { number: 110, massU: 281, name: 'darmstadtium' },
  Rg: { number: 111, massU: 281, name: 'roentgenium' },
  Cn: { number: 112, massU: 285, name: 'copernicium' },
  Nh: { number: 113, massU: 286, name: 'nihonium' },
  Fl: { number: 114, massU: 289, name: 'flerovium' },
  Mc: { number: 115, massU: 289, name: 'moscovium' },
  Lv: { number: 116, massU: 293, name: 'livermorium' },
  Ts: { number: 117, massU: 293, name: 'tennessine' },
  Og: { number: 118, massU: 294, name: 'oganesson' },
} satisfies Record<string, Element>;

/** The 118 named elements. */
export const ElementSymbol = z.enum(Object.keys(table) as (keyof typeof table)[]);
export type ElementSymbol = z.infer<typeof ElementSymbol>;

export const elements: Readonly<Record<ElementSymbol, Element>> = table;

/** Whether all of these have that crystal as their ground state. */
export function shareGroundState(symbols: readonly ElementSymbol[], crystal: GroundState): boolean {
  return symbols.every((symbol) => elements[symbol].groundState === crystal);
}

/** Mean atomic mass of a composition, in unified atomic mass units. */
export function massU(composition: Composition): number {
  return weighted(composition, (element) => element.massU);
}

/** Mean atomic volume by Vegard's law, in cubic angstrom. Undefined when an element has none in the table. */
export function vegardVolume(composition: Composition): number | undefined {
  const volume = weighted(composition, (element) => element.atomicVolume ?? Number.NaN);
  return Number.isNaN(volume) ? undefined : volume;
}

function weighted(composition: Composition, quantity: (element: Element) => number): number {
  return Object.entries(composition).reduce(
    (sum, [symbol, fraction]) => sum + fraction * quantity(elements[ElementSymbol.parse(symbol)]),
    0,
  );
}
