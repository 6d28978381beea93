import type { VaspSettings } from './settings.js';

/** POTCARs with semicore states that the manual of VASP recommends for PBE.54 ("Available PAW potentials"); elements not named here have the plain one. */
const recommended: Readonly<Record<string, string>> = {
  Li: 'Li_sv',
  Na: 'Na_pv',
  K: 'K_sv',
  Ca: 'Ca_sv',
  Sc: 'Sc_sv',
  Ti: 'Ti_sv',
  V: 'V_sv',
  Cr: 'Cr_pv',
  Mn: 'Mn_pv',
  Ga: 'Ga_d',
  Ge: 'Ge_d',
  Rb: 'Rb_sv',
  Sr: 'Sr_sv',
  Y: 'Y_sv',
  Zr: 'Zr_sv',
  Nb: 'Nb_sv',
  Mo: 'Mo_sv',
  Tc: 'Tc_pv',
  Ru: 'Ru_pv',
  Rh: 'Rh_pv',
  In: 'In_d',
  Sn: 'Sn_d',
  Cs: 'Cs_sv',
  Ba: 'Ba_sv',
  Hf: 'Hf_pv',
  Ta: 'Ta_pv',
  W: 'W_sv',
  Tl: 'Tl_d',
  Pb: 'Pb_d',
  Bi: 'Bi_d',
};

export function potcarOf(element: string, { potcars }: Pick<VaspSettings, 'potcars'>): string {
  return (potcars as Readonly<Record<string, string | undefined>>)[element] ?? recommended[element] ?? element;
}

/** One POTCAR that the wrapper has found on the computer: what may be told of it. */
export interface UsedPotcar {
  element: string;
  name: string;
  sha256: string;
  enmaxEv: number;
  /** The TITEL line, such as `PAW_PBE Al 04Jan2001`. */
  title: string;
}

/** Reads the wrapper's report, a line `element name sha256 enmax title` a POTCAR; lines that are not of it are left out. */
export function readReport(text: string | undefined): UsedPotcar[] {
  return (text ?? '').split('\n').flatMap((line) => {
    // Al Al 3f1c... 240.300 PAW_PBE Al 04Jan2001
    const [, element, name, sha256, enmax, title] = /^(\S+) (\S+) ([0-9a-f]{64}) (\S+) (.+)$/.exec(line) ?? [];
    if (element === undefined || name === undefined || sha256 === undefined || title === undefined) return [];
    return [{ element, name, sha256, enmaxEv: Number(enmax), title }];
  });
}
