import { calibrationOf, type BaselineCalibration } from './baseline-calibration.js';
import { majorSymmetric } from './elastic-tensor.js';
import { energyFactorTensor, lineDirection } from './energy-factor.js';
import { lnPeierlsStressGpa, type PeierlsNabarroCore } from './joos-duesbery.js';
import { periodicSurface, type PeriodicSurface } from './periodic-grid.js';
import { peierlsFloorMpa, type Prediction, type PredictionDomain } from './prediction.js';
import { burgersInPlane, gammaGrid, planeOf, sizeRatio } from './slip-record-gate.js';
import type { SlipRecord } from './slip-record.js';
import type { SlipPlane } from './slip-plane.js';
import { cross, dot, matVec, unit, type Vec2 } from './vector.js';

/** Name in every prediction of this kind, so that it never passes for the trained ensemble. */
export const baselineName = 'baseline-joos-duesbery';

/**
 * A labelled baseline: the closed form of Joos and Duesbery from the energy factor and the steepest slope of the gamma surface, corrected and
 * given its interval by the calibration of its kind. The interval grows with the distance from what the calibration saw.
 */
export function predictBaseline(record: SlipRecord): Prediction {
  const plane = knownPlane(record);
  const core = baselineCore(record);
  const lnK = Math.log(core.energyFactorGpa);
  const closedForm = lnPeierlsStressGpa(core) - lnK;
  const calibration = calibrationOf(record, plane);
  const distance = domainDistance(record, plane, closedForm, calibration);
  const centre = calibration.bias + calibration.exponent * closedForm + lnK;
  const widening = 1 + 0.5 * Math.min(distance, 2);
  const mpa = (lnGpa: number): number => Math.max(peierlsFloorMpa, 1000 * Math.exp(lnGpa));
  const { physical, system, inference } = calibration.uncertainty;
  return {
    id: record.id,
    slipSystem: record.slip.plane,
    character: record.character,
    peierlsMpa: mpa(centre),
    interval90: [mpa(centre + widening * calibration.residual[0]), mpa(centre + widening * calibration.residual[1])],
    domain: domainAt(distance),
    domainDistance: distance,
    uncertainty: { physical, system, inference: inference * widening },
    predictor: baselineName,
  };
}

/**
 * The core that the closed form sees: the whole dislocation, or one Shockley partial where the plane dissociates. The two partials share the
 * line, so each has on average three quarters of the energy factor along b and one quarter of that across it.
 */
export function baselineCore(record: SlipRecord): PeierlsNabarroCore {
  const plane = knownPlane(record);
  const along = unit(plane.direction);
  const line = lineDirection({ normal: plane.normal, burgers: along, character: record.character });
  const tensor = energyFactorTensor(majorSymmetric(record.elastic_gpa), line);
  const whole = dot(along, matVec(tensor, along));
  const path = burgersInPlane(record);
  const surface = periodicSurface(gammaGrid(record));
  const valleySpacingAngstrom = plane.valleySpacing[record.character];
  if (!plane.dissociates)
    return {
      energyFactorGpa: whole,
      burgersAngstrom: Math.hypot(...path),
      restoringStressGpa: restoringStress(surface, path),
      valleySpacingAngstrom,
    };
  const across = cross(unit(plane.normal), along);
  const partial = leadingPartial(surface, path, plane.burgersAngstrom);
  return {
    energyFactorGpa: (3 * whole + dot(across, matVec(tensor, across))) / 4,
    burgersAngstrom: Math.hypot(...partial),
    restoringStressGpa: restoringStress(surface, partial),
    valleySpacingAngstrom,
  };
}

/** Of the two <112> vectors at 30 degrees to b, one ends in the stacking fault and one in atoms on top of atoms: the lower end is the fault. */
function leadingPartial(surface: PeriodicSurface, path: Vec2, burgersAngstrom: number): Vec2 {
  const factor = burgersAngstrom / Math.sqrt(3) / Math.hypot(...path);
  const left = turned(path, Math.PI / 6, factor);
  const right = turned(path, -Math.PI / 6, factor);
  return surface.value(left) < surface.value(right) ? left : right;
}

/** Largest slope along a straight path from the origin, GPa: 1 mJ/m2 per angstrom is 0.01 GPa. */
function restoringStress(surface: PeriodicSurface, path: Vec2): number {
  const length = Math.hypot(...path);
  const along: Vec2 = [path[0] / length, path[1] / length];
  // Sixty samples of a curve with at most some ten waves on it find its steepest point to 1 %.
  const samples = Array.from({ length: 60 }, (_, i): Vec2 => [(path[0] * (i + 0.5)) / 60, (path[1] * (i + 0.5)) / 60]);
  return 0.01 * Math.max(...samples.map((point) => Math.abs(surface.slope(point, along))));
}

/** 0 within what was seen; 1 at half its range beyond; at least 2 for a kind of dislocation, cell size or Burgers vector that was never seen. */
function domainDistance(
  record: SlipRecord,
  plane: SlipPlane,
  closedForm: number,
  { seen: [low, high], measured }: BaselineCalibration,
): number {
  const beyond = Math.max(0, low - closedForm, closedForm - high) / (0.5 * (high - low));
  const plain = Math.abs(sizeRatio(record) - 1) < 0.15 && Math.abs(record.slip.burgers_angstrom / plane.burgersAngstrom - 1) < 0.05;
  const familiar = measured && plain;
  return familiar ? beyond : Math.max(2, beyond);
}

function domainAt(distance: number): PredictionDomain {
  if (distance === 0) return 'inside';
  return distance < 1 ? 'edge' : 'outside';
}

function knownPlane(record: SlipRecord): SlipPlane {
  const plane = planeOf(record);
  if (plane === undefined)
    throw new RangeError(`${record.id}: ${record.slip.plane} is not a known plane; records are checked when they are read`);
  return plane;
}

function turned([x, y]: Vec2, angle: number, factor: number): Vec2 {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [factor * (x * cosine - y * sine), factor * (x * sine + y * cosine)];
}
