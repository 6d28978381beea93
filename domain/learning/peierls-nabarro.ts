import { waveFunction, type PlaneWaves } from './canonical-surface.js';
import type { Vec2 } from '../vector.js';

/** A straight dislocation in its slip plane; all vectors in the axes (along the Burgers vector, across it). */
export interface PlanarCore {
  /** In-plane block of the energy factor tensor, GPa. */
  energyFactor: [Vec2, Vec2];
  /** Burgers vectors, angstrom: one, or those of two partials in the order in which they shear the crystal. */
  parts: readonly [Vec2] | readonly [Vec2, Vec2];
  /** Distance between Peierls valleys, angstrom. */
  valleySpacingAngstrom: number;
  surface: PlaneWaves;
}

export interface RelaxedCore {
  /** Half width of each arctan, angstrom. */
  halfWidthAngstrom: number;
  /** Distance between the partials, angstrom; 0 without partials. */
  separationAngstrom: number;
  /** Natural logarithm of the Peierls stress in GPa, root mean square over the phase of two partials; not below `lnResolution` times the energy factor. */
  lnStressGpa: number;
}

/** Harmonics below this share of the misfit energy are rounding noise. */
const lnResolution = -27;
/** 1 mJ/m2 = 0.01 GPa angstrom. */
const gpaAngstrom = 0.01;

/**
 * Semi-discrete variational Peierls-Nabarro model (Bulatov and Kaxiras, PRL 78, 4221 (1997); Lu et al., PRB 62, 3099 (2000)) in the space
 * of arctan profiles: delta(x) = sum_i b_i [1/2 + atan((x - x_i)/zeta)/pi], x_i = -d/2, +d/2. Width and separation minimise
 *   E = -(1/4 pi) [ sum_i b_i K b_i ln(2 zeta) + b_1 K b_2 ln(d^2 + 4 zeta^2) ] + integral gamma(delta) dx,
 * the exact elastic energy of such a density. Rows p apart then sample the misfit: W(u) = p sum_m gamma(delta(m p - u)), and the stress is
 * the steepest slope of W over b. With gamma a sine and one part this is the closed form of Joos and Duesbery.
 */
export function relaxedCore(core: PlanarCore): RelaxedCore {
  const [halfWidthAngstrom, separationAngstrom] = relaxed(core);
  // Two partials together feel |cos(pi d / p)| of what they feel apart, and no model knows d to a part of p: the mean square over that phase is
  // meant, as in computed stresses (domain/peierls-stress.ts). Two places half a period apart give it exactly for the first harmonic.
  const quarter = core.valleySpacingAngstrom / 4;
  const slopes = (core.parts.length === 1 ? [0] : [-quarter, quarter]).map((shift) =>
    lnSteepestSlope(core, halfWidthAngstrom, Math.abs(separationAngstrom + shift)),
  );
  const highest = Math.max(...slopes);
  const lnStressGpa = highest + Math.log(slopes.reduce((sum, slope) => sum + Math.exp(2 * (slope - highest)), 0) / slopes.length) / 2;
  return { halfWidthAngstrom, separationAngstrom, lnStressGpa };
}

/** Energy per length, GPa angstrom^2, up to a constant. */
export function coreEnergy({ energyFactor, parts, surface }: PlanarCore): (halfWidth: number, separation: number) => number {
  const [first, second] = parts;
  const gamma = misfitEnergy(parts, surface);
  return (halfWidth, separation) => {
    let elastic = coupling(energyFactor, first, first) * Math.log(2 * halfWidth);
    if (second !== undefined)
      elastic +=
        coupling(energyFactor, second, second) * Math.log(2 * halfWidth) +
        coupling(energyFactor, first, second) * Math.log(separation ** 2 + 4 * halfWidth ** 2);
    // x = L tan(pi (t - 1/2)) carries the 1/x^2 tails of the misfit into a finite interval.
    const reach = separation / 2 + 2 * halfWidth;
    const points = Math.min(400, Math.round(80 + (12 * separation) / halfWidth));
    let misfit = 0;
    for (const tangent of tangents(points)) {
      const x = reach * tangent;
      const left = 0.5 + Math.atan((x + separation / 2) / halfWidth) / Math.PI;
      const right = 0.5 + Math.atan((x - separation / 2) / halfWidth) / Math.PI;
      misfit += ((gamma(left, right) * reach * Math.PI) / points) * (1 + tangent * tangent);
    }
    return gpaAngstrom * misfit - elastic / (4 * Math.PI);
  };
}

/** gamma where the parts have sheared the crystal by these shares of their Burgers vectors. */
function misfitEnergy(parts: PlanarCore['parts'], surface: PlaneWaves): (left: number, right: number) => number {
  const [[ax, ay], [bx, by] = [0, 0]] = parts;
  const gamma = waveFunction(surface);
  return (left, right) => gamma(left * ax + right * bx, left * ay + right * by);
}

const tangentsOf = new Map<number, Float64Array>();

/** Of so many points in the middles of equal steps from -pi/2 to pi/2; cores ask for the same ones again and again. */
function tangents(points: number): Float64Array {
  const known = tangentsOf.get(points);
  if (known !== undefined) return known;
  const made = Float64Array.from({ length: points }, (_, index) => Math.tan(Math.PI * ((index + 0.5) / points - 0.5)));
  tangentsOf.set(points, made);
  return made;
}

/** Compass search in ln(zeta) and ln(d) down to `coarse`, then Newton's method by differences: two smooth variables, one minimum beside the start. */
function relaxed(core: PlanarCore): Vec2 {
  const [first, second] = core.parts;
  const b = Math.hypot(first[0] + (second?.[0] ?? 0), first[1] + (second?.[1] ?? 0));
  const energyOf = coreEnergy(core);
  const energy = (point: readonly number[]): number =>
    energyOf(Math.exp(point[0] ?? 0), second === undefined ? 0 : Math.exp(point[1] ?? 0));
  // Cores of metals are between a tenth of a Burgers vector and ten of them wide, and split by at most some fifty.
  const limits = [
    [Math.log(0.05 * b), Math.log(15 * b)],
    [Math.log(0.05 * b), Math.log(60 * b)],
  ] as const;
  const within = (point: readonly number[]): number[] =>
    point.map((value, axis) => Math.min(limits[axis]?.[1] ?? value, Math.max(limits[axis]?.[0] ?? value, value)));
  const axes = second === undefined ? [0] : [0, 1];
  let point = [Math.log(0.5 * b), Math.log(2 * b)];
  let lowest = energy(point);
  const compass = (from: number, to: number): void => {
    for (let step = from; step > to; step /= 2) {
      for (let moved = true; moved;) {
        moved = false;
        for (const axis of axes) {
          for (const sign of [1, -1]) {
            const trial = within(point.map((value, index) => value + (index === axis ? sign * step : 0)));
            const found = energy(trial);
            if (found >= lowest - 1e-12) continue;
            [point, lowest, moved] = [trial, found, true];
          }
        }
      }
    }
  };
  compass(0.8, coarse);
  for (let iteration = 0; iteration < newtonSteps; iteration += 1) {
    const step = newtonStep(energy, point, lowest, axes);
    const trial = within(point.map((value, axis) => value + (step[axis] ?? 0)));
    const found = energy(trial);
    // Not convex here, or at a limit: the slow way is safe.
    if (!(found <= lowest + 1e-12)) {
      compass(coarse, 1e-3);
      break;
    }
    [point, lowest] = [trial, found];
    if (Math.hypot(...step) < 1e-4) break;
  }
  return [Math.exp(point[0] ?? 0), second === undefined ? 0 : Math.exp(point[1] ?? 0)];
}

/** Where Newton's method takes over, in ln units; the points of its differences; how many steps it may take. */
const coarse = 0.1;
const probe = 0.02;
const newtonSteps = 4;

/** Minus the inverse of the second differences times the first ones; NaN where these are not those of a minimum. */
function newtonStep(energy: (point: readonly number[]) => number, point: readonly number[], here: number, axes: readonly number[]): Vec2 {
  const at = (dx: number, dy: number): number => energy([(point[0] ?? 0) + dx, (point[1] ?? 0) + dy]);
  const [right, left] = [at(probe, 0), at(-probe, 0)];
  const gx = (right - left) / (2 * probe);
  const hxx = (right + left - 2 * here) / probe ** 2;
  if (axes.length === 1) return [hxx > 0 ? -gx / hxx : Number.NaN, 0];
  const [up, down, corner] = [at(0, probe), at(0, -probe), at(probe, probe)];
  const gy = (up - down) / (2 * probe);
  const hyy = (up + down - 2 * here) / probe ** 2;
  const hxy = (corner - right - up + here) / probe ** 2;
  const determinant = hxx * hyy - hxy ** 2;
  if (!(determinant > 0 && hxx > 0)) return [Number.NaN, Number.NaN];
  return [-(hyy * gx - hxy * gy) / determinant, -(hxx * gy - hxy * gx) / determinant];
}

const harmonics = 5;
/** Twice the highest harmonic and some, a power of two: rows of samples, not of atoms. */
const perPeriod = 16;
/** For each place in a period the cosine and the sine of every harmonic there. */
const turns = Float64Array.from({ length: perPeriod * 2 * harmonics }, (_, index) => {
  const [row, n, isSine] = [Math.floor(index / (2 * harmonics)), Math.floor((index % (2 * harmonics)) / 2) + 1, index % 2];
  const place = (n * row - (isSine * perPeriod) / 4 + perPeriod) % perPeriod;
  return Math.cos((2 * Math.PI * place) / perPeriod);
});

/**
 * By Poisson's sum the harmonics of W(u) are Fourier integrals of the misfit at multiples of 2 pi / p. A wide Gaussian window makes the
 * 1/x^2 tails finite; its own spectrum is far too narrow to reach those wave numbers.
 */
function lnSteepestSlope({ parts, surface, valleySpacingAngstrom: p, energyFactor }: PlanarCore, zeta: number, d: number): number {
  const b = Math.hypot(parts[0][0] + (parts[1]?.[0] ?? 0), parts[0][1] + (parts[1]?.[1] ?? 0));
  const window = 4 * (d / 2 + 4 * zeta) + 8 * p;
  const half = Math.ceil((4.5 * window * perPeriod) / p);
  const gamma = misfitEnergy(parts, surface);
  const values = new Float64Array(2 * half + 1);
  // Two places as far from the middle share arctangents and window.
  for (let index = 0; index <= half; index += 1) {
    const x = (index * p) / perPeriod;
    const left = Math.atan((x + d / 2) / zeta) / Math.PI;
    const right = Math.atan((x - d / 2) / zeta) / Math.PI;
    const share = Math.exp(-((x / window) ** 2));
    values[half + index] = gamma(0.5 + left, 0.5 + right) * share;
    values[half - index] = gamma(0.5 - right, 0.5 - left) * share;
  }
  const sums = new Float64Array(2 * harmonics);
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] ?? 0;
    const row = (place - half) & (perPeriod - 1);
    for (let column = 0; column < 2 * harmonics; column += 1)
      sums[column] = (sums[column] ?? 0) + value * (turns[2 * harmonics * row + column] ?? 0);
  }
  const coefficients = Array.from({ length: harmonics }, (_, n): Vec2 => [
    ((sums[2 * n] ?? 0) * 2) / perPeriod,
    ((sums[2 * n + 1] ?? 0) * 2) / perPeriod,
  ]);
  // The sums above are (1/p) int g e^(ikx) dx; W = p times the mean of the sampled rows has exactly these amplitudes times p.
  let steepest = 0;
  for (let step = 0; step < 96; step += 1) {
    let slope = 0;
    for (const [n, [cosine, sine]] of coefficients.entries()) {
      const angle = (2 * Math.PI * (n + 1) * step) / 96;
      slope += ((2 * Math.PI * (n + 1)) / p) * (sine * Math.cos(angle) - cosine * Math.sin(angle));
    }
    steepest = Math.max(steepest, Math.abs(slope));
  }
  const whole = energyFactor[0][0];
  return Math.max(Math.log((gpaAngstrom * steepest * p) / b || 1e-300), lnResolution + Math.log(whole));
}

function coupling(k: readonly [Vec2, Vec2], a: Vec2, b: Vec2): number {
  return a[0] * (k[0][0] * b[0] + k[0][1] * b[1]) + a[1] * (k[1][0] * b[0] + k[1][1] * b[1]);
}
