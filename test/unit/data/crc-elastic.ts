/**
 * Room-temperature single-crystal elastic constants, GPa: CRC Handbook of Chemistry and Physics, as coded in PyDislocDyn
 * (github.com/dblaschke-LANL/PyDislocDyn, pydislocdyn/metal_data.py); Sc from Singh 1992.
 */
export const crcCubic: Record<string, Record<string, number>> = {
  Ag: { C11: 123.99, C12: 93.67, C44: 46.12 },
  Al: { C11: 106.75, C12: 60.41, C44: 28.34 },
  Au: { C11: 192.44, C12: 162.98, C44: 42.0 },
  Cu: { C11: 168.3, C12: 121.2, C44: 75.7 },
  Ni: { C11: 248.1, C12: 154.9, C44: 124.2 },
  Pb: { C11: 49.66, C12: 42.31, C44: 14.98 },
  Pd: { C11: 227.1, C12: 176.04, C44: 71.73 },
  Pt: { C11: 346.7, C12: 250.7, C44: 76.5 },
  Cr: { C11: 339.8, C12: 58.6, C44: 99.0 },
  Fe: { C11: 226, C12: 140, C44: 116 },
  K: { C11: 3.7, C12: 3.14, C44: 1.88 },
  Mo: { C11: 463.7, C12: 157.8, C44: 109.2 },
  Nb: { C11: 246.5, C12: 134.5, C44: 28.73 },
  Ta: { C11: 260.2, C12: 154.4, C44: 82.55 },
  V: { C11: 228.7, C12: 119.0, C44: 43.2 },
  W: { C11: 522.39, C12: 204.37, C44: 160.58 },
};

export const crcHexagonal: Record<string, Record<string, number>> = {
  Be: { C11: 292.3, C12: 26.7, C13: 14.0, C33: 336.4, C44: 162.5 },
  Cd: { C11: 114.5, C12: 39.5, C13: 39.9, C33: 50.85, C44: 19.85 },
  Co: { C11: 307.1, C12: 165.0, C13: 102.7, C33: 358.1, C44: 75.5 },
  Er: { C11: 86.34, C12: 30.5, C13: 22.7, C33: 85.54, C44: 28.09 },
  Mg: { C11: 59.5, C12: 26.12, C13: 21.805, C33: 61.55, C44: 16.35 },
  Sc: { C11: 99.3, C12: 45.7, C13: 29.4, C33: 106.9, C44: 27.7 },
  Ti: { C11: 162.4, C12: 92.0, C13: 69.0, C33: 180.7, C44: 46.7 },
  Zn: { C11: 163.68, C12: 36.4, C13: 53.0, C33: 63.47, C44: 38.79 },
  Zr: { C11: 143.4, C12: 72.8, C13: 65.3, C33: 164.8, C44: 32.0 },
};
