/** CODATA 2018. pw.x writes Rydberg units to its output and hartree units to its XML. */
export const angstromPerBohr = 0.529177210903;
export const evPerHartree = 27.211386245988;
export const evPerRy = evPerHartree / 2;
export const evPerAngstromPerHartreePerBohr = evPerHartree / angstromPerBohr;
export const evPerAngstromPerRyPerBohr = evPerAngstromPerHartreePerBohr / 2;
/** Hartree/bohr^3 in GPa. */
export const gpaPerHartreePerBohr3 = 29421.015697;
export const gpaPerKbar = 0.1;
