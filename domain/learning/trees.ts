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

/** What trees are grown on, one array a column. Nodes are lists of places in them. */
interface Grove {
  columns: readonly Float64Array[];
  y: Float64Array;
}

/** Extremely randomised trees (Geurts, Ernst, Wehenkel, Mach. Learn. 63, 3 (2006)): random thresholds, all rows, leaves of one row, or of one in 150. */
export function fitExtraTrees(
  rows: readonly LearningRow[],
  offered: readonly number[],
  seed: number,
  count = 100,
  leaf = Math.ceil(rows.length / 150),
): ForestModel {
  const { columns, grove, groups, constant } = prepared(rows, offered);
  const random = randomNumbers(seed);
  const tried = Math.max(2, Math.ceil((columns.length + 1) / 3));
  const everywhere = Int32Array.from(rows.keys());
  const trees = Array.from({ length: count }, () => grown(grove, everywhere, random, { leaf, tried, depth: 30 }));
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
  const { columns, grove, points, groups, constant } = prepared(rows, offered);
  const random = randomNumbers(seed);
  const everywhere = Int32Array.from(rows.keys());
  const trees: Tree[] = [];
  for (let round = 0; round < count; round += 1) {
    const chosen = everywhere.filter(() => random() < 0.7);
    if (chosen.length < 4) continue;
    const tree = grown(grove, chosen, random, { leaf: 3, tried: Math.ceil((columns.length + 1) / 3), depth: 3 });
    trees.push(tree);
    // What is left to be learned.
    for (const [index, point] of points.entries()) grove.y[index] = (grove.y[index] ?? 0) - rate * treeValue(tree, point);
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
  const points = rows.map((row) => coded(columns, groups, row));
  const grove: Grove = {
    columns: Array.from({ length: columns.length + 1 }, (_, column) => Float64Array.from(points, (point) => point[column] ?? 0)),
    y: Float64Array.from(rows, (row) => row.y - (constant[row.group] ?? 0)),
  };
  return { columns, grove, points, groups, constant };
}

function coded(columns: readonly number[], groups: readonly string[], { group, x }: Pick<LearningInput, 'group' | 'x'>): number[] {
  return [...columns.map((column) => x[column] ?? 0), groups.indexOf(group)];
}

/** The best of random splits, by the squares left over, down to small leaves. */
function grown(grove: Grove, places: Int32Array, random: RandomNumbers, limits: { leaf: number; tried: number; depth: number }): Tree {
  const { columns, y } = grove;
  let own = 0;
  for (const place of places) own += (y[place] ?? 0) / places.length;
  if (places.length < 2 * limits.leaf || limits.depth === 0) return own;
  let best: { gain: number; column: number; threshold: number } | undefined;
  for (let attempt = 0; attempt < limits.tried; attempt += 1) {
    const column = Math.floor(random() * columns.length);
    const values = columns[column] ?? y;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const place of places) {
      const value = values[place] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high > low)) continue;
    const threshold = low + random() * (high - low);
    // What is above the mean on the left lacks on the right.
    let [count, sum] = [0, 0];
    for (const place of places) {
      if ((values[place] ?? 0) > threshold) continue;
      count += 1;
      sum += (y[place] ?? 0) - own;
    }
    const others = places.length - count;
    if (count < limits.leaf || others < limits.leaf) continue;
    const gain = (sum * sum) / count + (sum * sum) / others;
    if (best === undefined || gain > best.gain) best = { gain, column, threshold };
  }
  if (best === undefined) return own;
  const { column, threshold } = best;
  const values = columns[column] ?? y;
  const next = { ...limits, depth: limits.depth - 1 };
  const left = places.filter((place) => (values[place] ?? 0) <= threshold);
  const right = places.filter((place) => (values[place] ?? 0) > threshold);
  return [column, threshold, grown(grove, left, random, next), grown(grove, right, random, next)];
}
