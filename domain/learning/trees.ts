import { varying, type LearningInput, type LearningRow } from './learner.js';
import { randomNumbers, type RandomNumbers } from './random.js';
import { mean } from './scaling.js';

/** A leaf holds a value; a node sends rows with `x[column] <= threshold` left. */
export type Tree = number | [column: number, threshold: number, left: Tree, right: Tree];

/** Sum (boosted) or mean (extra trees) of trees on the plain features and the number of the class. */
export interface ForestModel {
  kind: 'extra-trees' | 'boosted-trees';
  columns: number[];
  groups: string[];
  trees: Tree[];
  /** Factor of the sum of trees. */
  rate: number;
  constant: Record<string, number>;
}

interface Point {
  x: number[];
  y: number;
}
type Grower = (points: readonly Point[], random: RandomNumbers) => Tree;

/** Extremely randomised trees (Geurts, Ernst, Wehenkel, Mach. Learn. 63, 3 (2006)): random thresholds, all rows, leaves of one row, or of one in 150. */
export function fitExtraTrees(
  rows: readonly LearningRow[],
  offered: readonly number[],
  seed: number,
  count = 100,
  leaf = Math.ceil(rows.length / 150),
): ForestModel {
  const { columns, points, groups, constant } = prepared(rows, offered);
  const random = randomNumbers(seed);
  const tried = Math.max(2, Math.ceil((columns.length + 1) / 2));
  const grow: Grower = (own) => grown(own, random, { leaf, tried, depth: 30 });
  const trees = Array.from({ length: count }, () => grow(points, random));
  return { kind: 'extra-trees', columns, groups, trees, rate: 1 / count, constant };
}

/** Stochastic gradient boosting of shallow randomised trees (Friedman, Comput. Stat. Data Anal. 38, 367 (2002)), squared loss. */
export function fitBoostedTrees(
  rows: readonly LearningRow[],
  offered: readonly number[],
  seed: number,
  count = 300,
  rate = 0.05,
): ForestModel {
  const { columns, points, groups, constant } = prepared(rows, offered);
  const random = randomNumbers(seed);
  const left = points.map((point) => point.y);
  const trees: Tree[] = [];
  for (let round = 0; round < count; round += 1) {
    const chosen = points.map((point, index) => ({ x: point.x, y: left[index] ?? 0 })).filter(() => random() < 0.7);
    if (chosen.length < 4) continue;
    const tree = grown(chosen, random, { leaf: 3, tried: columns.length + 1, depth: 3 });
    trees.push(tree);
    for (const [index, point] of points.entries()) left[index] = (left[index] ?? 0) - rate * treeValue(tree, point.x);
  }
  return { kind: 'boosted-trees', columns, groups, trees, rate, constant };
}

export function predictForest(
  { columns, groups, trees, rate, constant }: ForestModel,
  { group, x }: Pick<LearningInput, 'group' | 'x'>,
): number {
  const point = coded(columns, groups, { group, x });
  return (constant[group] ?? 0) + rate * trees.reduce<number>((sum, tree) => sum + treeValue(tree, point), 0);
}

/** Standard deviation of what single trees say, before they are added up: large where the rows nearby differ, or are few. */
export function forestSpread({ columns, groups, trees }: ForestModel, { group, x }: Pick<LearningInput, 'group' | 'x'>): number {
  const point = coded(columns, groups, { group, x });
  const values = trees.map((tree) => treeValue(tree, point));
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

export function treeValue(tree: Tree, x: readonly number[]): number {
  let node = tree;
  while (typeof node !== 'number') {
    const [column, threshold, left, right]: Exclude<Tree, number> = node;
    node = (x[column] ?? 0) <= threshold ? left : right;
  }
  return node;
}

function prepared(rows: readonly LearningRow[], offered: readonly number[]) {
  const columns = varying(rows, offered);
  const groups = [...new Set(rows.map((row) => row.group))].sort();
  const constant: Record<string, number> = {};
  for (const group of groups) constant[group] = mean(rows.filter((row) => row.group === group).map((row) => row.y));
  const points = rows.map((row) => ({ x: coded(columns, groups, row), y: row.y - (constant[row.group] ?? 0) }));
  return { columns, points, groups, constant };
}

function coded(columns: readonly number[], groups: readonly string[], { group, x }: Pick<LearningInput, 'group' | 'x'>): number[] {
  return [...columns.map((column) => x[column] ?? 0), groups.indexOf(group)];
}

/** The best of random splits, by the squares left over, down to small leaves. */
function grown(points: readonly Point[], random: RandomNumbers, limits: { leaf: number; tried: number; depth: number }): Tree {
  const own = mean(points.map((point) => point.y));
  if (points.length < 2 * limits.leaf || limits.depth === 0) return own;
  const width = points[0]?.x.length ?? 0;
  let best: { gain: number; column: number; threshold: number } | undefined;
  for (let attempt = 0; attempt < limits.tried; attempt += 1) {
    const column = Math.floor(random() * width);
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { x } of points) {
      const value = x[column] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high > low)) continue;
    const threshold = low + random() * (high - low);
    let [count, sum, total] = [0, 0, 0];
    for (const { x, y } of points) {
      total += y - own;
      if ((x[column] ?? 0) > threshold) continue;
      count += 1;
      sum += y - own;
    }
    if (count < limits.leaf || points.length - count < limits.leaf) continue;
    const gain = (sum * sum) / count + ((total - sum) * (total - sum)) / (points.length - count);
    if (best === undefined || gain > best.gain) best = { gain, column, threshold };
  }
  if (best === undefined) return own;
  const { column, threshold } = best;
  const next = { ...limits, depth: limits.depth - 1 };
  const goesLeft = ({ x }: Point): boolean => (x[column] ?? 0) <= threshold;
  return [
    column,
    threshold,
    grown(points.filter(goesLeft), random, next),
    grown(
      points.filter((point) => !goesLeft(point)),
      random,
      next,
    ),
  ];
}
