import { choleskySolve, cholesky } from './linear-algebra.js';
import type { LearningInput, LearningRow } from './learner.js';
import { fitScaling, mean, scaled, type Scaling } from './scaling.js';

/** Linear in scaled features, slopes shared by all classes, one constant a class. */
export interface RidgeModel {
  kind: 'ridge';
  columns: number[];
  scaling: Scaling;
  constant: Record<string, number>;
  slopes: number[];
  penalty: number;
}

const penalties = [1, 3, 10, 30, 100, 300];

/** Chooses the penalty by leaving out one element at a time. `columns` are the features used. */
export function fitRidge(rows: readonly LearningRow[], columns: readonly number[]): RidgeModel {
  const elements = [...new Set(rows.flatMap((row) => row.elements))].sort();
  const loss = penalties.map(() => 0);
  if (elements.length > 2)
    for (const element of elements) {
      const rest = rows.filter((row) => !row.elements.includes(element));
      const out = rows.filter((row) => row.elements.includes(element));
      if (rest.length < 4) continue;
      const problem = prepared(rest, columns);
      for (const [index, penalty] of penalties.entries()) {
        const model = solved(problem, penalty);
        for (const row of out) loss[index] = (loss[index] ?? 0) + (row.y - predictRidge(model, row)) ** 2;
      }
    }
  const best = loss.indexOf(Math.min(...loss));
  return solved(prepared(rows, columns), elements.length > 2 ? (penalties[best] ?? 30) : 30);
}

export function predictRidge({ columns, scaling, constant, slopes }: RidgeModel, { group, x }: Pick<LearningInput, 'group' | 'x'>): number {
  const z = scaled(scaling, { group, x: columns.map((column) => x[column] ?? 0) });
  return z.reduce((sum, value, column) => sum + value * (slopes[column] ?? 0), constant[group] ?? 0);
}

interface Problem {
  columns: readonly number[];
  scaling: Scaling;
  z: number[][];
  constant: Record<string, number>;
  gram: number[][];
  projection: number[];
}

function prepared(rows: readonly LearningRow[], columns: readonly number[]): Problem {
  const chosen = rows.map(({ group, x }) => ({ group, x: columns.map((column) => x[column] ?? 0) }));
  const scaling = fitScaling(chosen);
  const z = chosen.map((row) => scaled(scaling, row));
  const constant: Record<string, number> = {};
  for (const group of new Set(rows.map((row) => row.group)))
    constant[group] = mean(rows.filter((row) => row.group === group).map((row) => row.y));
  const gram = columns.map((_, i) => columns.map((__, j) => z.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)));
  const projection = columns.map((_, i) =>
    z.reduce((sum, row, index) => sum + (row[i] ?? 0) * ((rows[index]?.y ?? 0) - (constant[rows[index]?.group ?? ''] ?? 0)), 0),
  );
  return { columns, scaling, z, constant, gram, projection };
}

function solved({ columns, scaling, constant, gram, projection }: Problem, penalty: number): RidgeModel {
  const regular = gram.map((row, i) => row.map((value, j) => value + (i === j ? penalty : 0)));
  return { kind: 'ridge', columns: [...columns], scaling, constant, slopes: choleskySolve(cholesky(regular), projection), penalty };
}
