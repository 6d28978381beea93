import { assertNever } from '../assert-never.js';
import { featureNames, waveColumns, type FeatureName } from './feature.js';
import { predictProcess, processFitter, type ProcessModel } from './gaussian-process.js';
import { withCensoring, type Fitter, type LearningInput, type LearningRow } from './learner.js';
import { fitRidge, predictRidge, type RidgeModel } from './ridge.js';
import { fitBoostedTrees, fitExtraTrees, predictForest, type ForestModel } from './trees.js';
import { networkAverage, type NetworkModel } from './network.js';

/** What a member has learned: plain JSON. `by-class` holds one model for each view of each class, which saw nothing of the others. */
export type FittedModel =
  | { kind: 'constant' }
  | { kind: 'feature'; column: number; constant: Record<string, number> }
  | RidgeModel
  | ProcessModel
  | ForestModel
  | NetworkModel
  | { kind: 'by-class'; models: Record<string, FittedModel> };

/** One voice of the ensemble. It learns y, the logarithm of tau/K less its class constant. */
export interface Member {
  name: string;
  fit(rows: readonly LearningRow[], options: FitOptions): FittedModel | Promise<FittedModel>;
}

export interface FitOptions {
  seed: number;
  /** A trial within cross-validation may be shorter than the final fit. */
  final: boolean;
}

const columnsOf = (...names: FeatureName[]): number[] => names.map((name) => featureNames.indexOf(name));
const every = featureNames.map((_, index) => index);
const physical = columnsOf(
  'ln(gamma_us/Kb)',
  'ln(gamma_fault/Kb)',
  'ln(gamma_max/Kb)',
  'ln(tau_max/K)',
  'ln(K_edge/K_screw)',
  'ln(zener)',
  'C12/C11',
  'ln(tau_SVPN/K)',
  'c/a or 1',
);
const scales = columnsOf('ln(K/GPa)', 'ln(b/angstrom)');
/** Heights of the surface and the elastic constants count half as much as its shape: where a stress passes through zero only the shape tells. */
const scalars = [...physical, ...columnsOf('C44/C11', 'ln(K/GPa)')];
const shapeFirst = (column: number): number => (scalars.includes(column) ? 0.5 : 1);

/**
 * The simple members, the null hypothesis first. Smooth ones share their slopes between classes, which steadies classes of few rows; trees and two more
 * processes, which see the whole surface, learn every class by itself. Cross-validation by element weighs them, class by class.
 */
export const simpleMembers: readonly Member[] = [
  { name: 'constant', fit: () => ({ kind: 'constant' }) },
  fineViews(ridge('ridge scales', scales)),
  fineViews(ridge('ridge shared', physical)),
  fineViews(process('gp shared', physical, { mostKept: 800 })),
  byClass(process('gp', [...scalars, ...waveColumns(3)], { weight: shapeFirst })),
  byClass(process('gp fine', [...scalars, ...waveColumns(5)], { weight: shapeFirst })),
  byClass({ name: 'extra trees', fit: (rows, { seed }) => fitExtraTrees(rows, every, seed) }),
  byClass({ name: 'boosted trees', fit: (rows, { seed }) => fitBoostedTrees(rows, every, seed) }),
];

/** Predictors that a useful ensemble must beat; never members. */
export const baselineMembers: readonly Member[] = [
  { name: 'constant tau/K', fit: () => ({ kind: 'constant' }) },
  offset('textbook PN x constant', 'ln(tau_PN/K)'),
  offset('Joos-Duesbery x constant', 'ln(tau_JD/K)'),
  offset('SVPN x constant', 'ln(tau_SVPN/K)'),
  byClass(ridge('ridge', physical)),
  byClass(process('GP', physical)),
  byClass({ name: 'extra trees', fit: (rows, { seed }) => fitExtraTrees(rows, every, seed) }),
  byClass({ name: 'boosted trees', fit: (rows, { seed }) => fitBoostedTrees(rows, every, seed) }),
];

export function predictModel(model: FittedModel, input: LearningInput): number {
  switch (model.kind) {
    case 'constant':
      return 0;
    case 'feature':
      return (model.constant[input.group] ?? 0) + (input.x[model.column] ?? 0);
    case 'ridge':
      return predictRidge(model, input);
    case 'gp':
      return predictProcess(model, input);
    case 'extra-trees':
    case 'boosted-trees':
      return predictForest(model, input);
    case 'network':
      return networkAverage(model, input);
    case 'by-class': {
      const own = model.models[keyOf(input)] ?? model.models[input.group] ?? model.models[keyOf({ ...input, view: 'coarse' })];
      return own === undefined ? 0 : predictModel(own, input);
    }
    default:
      return assertNever(model);
  }
}

function ridge(name: string, columns: readonly number[]): Member {
  const fitter =
    (rows: readonly LearningRow[]): Fitter<RidgeModel> =>
    (targets) =>
      fitRidge(
        rows.map((row, index) => ({ ...row, y: targets[index] ?? row.y })),
        columns,
      );
  return { name, fit: (rows) => withCensoring(rows, fitter(rows), predictRidge) };
}

function process(name: string, columns: readonly number[], options?: Parameters<typeof processFitter>[2]): Member {
  return { name, fit: (rows) => withCensoring(rows, processFitter(rows, columns, options), predictProcess) };
}

/** A formula times one fitted constant a class, the median. */
function offset(name: string, feature: FeatureName): Member {
  const column = featureNames.indexOf(feature);
  return {
    name,
    fit: (rows) => {
      const constant: Record<string, number> = {};
      for (const group of new Set(rows.map((row) => row.group))) {
        const gaps = rows.filter((row) => row.group === group).map((row) => row.y - (row.x[column] ?? 0));
        constant[group] = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
      }
      return { kind: 'feature', column, constant };
    },
  };
}

/** A class with one view of its surfaces: the plane waves of one are not those of another. */
function keyOf({ group, view = 'fine' }: Pick<LearningInput, 'group' | 'view'>): string {
  return view === 'fine' ? group : `${group} ${view}`;
}

/** What is left of a model when these classes are looked at coarsely only: what it has learned of their fine views is never asked for. */
export function withoutFineViews(model: FittedModel, groups: ReadonlySet<string>): FittedModel {
  if (model.kind !== 'by-class') return model;
  const idle = (group: string): boolean => groups.has(group) && keyOf({ group, view: 'coarse' }) in model.models;
  return { ...model, models: Object.fromEntries(Object.entries(model.models).filter(([key]) => !idle(key))) };
}

/** A member that learns each label once, from the finest views that there are; of the others it would hear as if they were more labels. */
export function fineViews(member: Member): Member {
  return {
    name: member.name,
    fit: (rows, options) => {
      const fine = rows.filter(({ view = 'fine' }) => view === 'fine');
      return member.fit(fine.length > 0 ? fine : rows, options);
    },
  };
}

function byClass(member: Member): Member {
  return {
    name: member.name,
    fit: async (rows, options) => {
      const models: Record<string, FittedModel> = {};
      for (const key of new Set(rows.map(keyOf))) {
        const own = rows.filter((row) => keyOf(row) === key);
        models[key] = own.length < 4 ? { kind: 'constant' } : await member.fit(own, options);
      }
      return { kind: 'by-class', models };
    },
  };
}
