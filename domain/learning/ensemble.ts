import { conformalQuantile } from './conformal.js';
import { distanceTo, fitNeighbourhood, type Neighbourhood } from './neighbourhood.js';
import { separator, type Example } from './example.js';
import { elementFolds } from './fold.js';
import { learningInput, type LearningRow } from './learner.js';
import { predictModel, type FittedModel, type Member } from './member.js';
import { mean, quantile } from './scaling.js';
import { evidenceWeights, pooledPrior, type ClassVotes } from './stack.js';

/** What the ensemble knows of one class of dislocations under one protocol. Logarithms are of tau/K. */
export interface ClassModel {
  kind: string;
  protocol: string;
  /** Rows learned from, and how many of them lie below the floor. */
  rows: number;
  censored: number;
  /** Nearly all rows lie below the floor: the answer is "below", with the upper end that the others suggest. */
  belowFloor: boolean;
  floorMpa: number;
  /** Median target, which members learn the difference to, and what their weighted mean missed of the median of left-out rows. */
  base: number;
  /** Weight of each member; they sum to 1. */
  weights: number[];
  /** Root mean square error on elements that were left out. */
  sigma: number;
  /** Half width of the 90 % interval in units of the local sigma. */
  halfWidth90: number;
  /** Half width, ln units, that labels by other families of potentials need besides; absent where none were at hand. See `withTransferErrors`. */
  transferHalfWidth90?: number;
  /** Surfaces are looked at coarsely even where more of them is known: labels by other families are answered better so. See `withTransferErrors`. */
  view?: 'coarse';
  /** (prediction - truth) / local sigma of left-out rows, for probabilities. */
  residuals: number[];
  /** 95 % quantile of the labels, MPa. */
  highMpa: number;
  /** Scatter of labels between potentials of one element, ln units; absent where no element has several. */
  physical?: number;
  /** Stated error of labels, ln units; absent where none is stated. */
  system?: number;
  neighbourhood: Neighbourhood;
}

export interface EnsembleModel {
  /** In order of preference where one class was measured by several protocols. */
  classes: ClassModel[];
  members: { name: string; model: FittedModel }[];
}

export interface EnsembleOptions {
  seed: number;
  members: readonly Member[];
  /** At most so many elements of a class are left out in turn to weigh and calibrate. Default all of up to 300 rows, 6 beyond. */
  innerFolds?: number;
  /** Called after each piece of work with the share done. */
  progress?: (done: number, note: string) => void | Promise<void>;
}

/** Learned, before and after what is needed to answer: see `predictClass`. */
export async function fitEnsemble(examples: readonly Example[], options: EnsembleOptions): Promise<EnsembleModel> {
  const usable = examples.filter((example) => example.excluded === undefined);
  const groups = [...new Set(usable.map((example) => example.group))];
  const silent = new Set(groups.filter((group) => liesBelow(usable.filter((example) => example.group === group))));
  const learned = usable.filter((example) => !silent.has(example.group));
  const folds = elementFolds(learned, options.innerFolds ?? (learned.length > 300 ? 6 : undefined));
  const held = await heldOut(learned, folds, options);
  const members: EnsembleModel['members'] = [];
  const { rows } = prepared(learned);
  if (rows.length > 0)
    for (const member of options.members) {
      members.push({ name: member.name, model: await member.fit(rows, { seed: options.seed, final: true }) });
      await options.progress?.((folds.length + members.length / options.members.length) / (folds.length + 1), member.name);
    }
  const judged = groups.map((group) => ({ group, pairs: held.filter((pair) => pair.group === group).map((pair) => ({ ...pair })) }));
  const errors = judged.map(({ group, pairs }) => ({ group, ...centred(weighed(group, pairs, held, options.members.length)) }));
  const all = errors.flatMap((it) => it.errors);
  const drafts = errors.map(({ group, weights, missed, errors: own }) => {
    const sigma = shrunkSigma(own, all);
    return {
      group,
      own: usable.filter((example) => example.group === group),
      weights,
      missed,
      sigma,
      residuals: own.map(({ error, spread, distance }) => error / localSigma(sigma, spread, distance)),
    };
  });
  const pooled = drafts.flatMap(({ residuals }) => residuals.map(Math.abs));
  const pooledQuantile = pooled.length === 0 ? 2 : conformalQuantile(pooled, 0.9);
  const classes = drafts.map(({ group, own, weights, missed, sigma, residuals }): ClassModel => {
    const [kind = group, protocol = ''] = group.split(separator);
    const ownQuantile = residuals.length === 0 ? pooledQuantile : conformalQuantile(residuals.map(Math.abs), 0.9);
    const labels = own.map((example) => 1000 * Math.exp(example.target + example.features.lnK));
    const [physical, system] = [scatterWithinElements(own), statedError(own)];
    return {
      kind,
      protocol,
      rows: own.length,
      censored: own.filter((example) => example.censored).length,
      belowFloor: silent.has(group),
      floorMpa: quantile(
        own.map((example) => example.floorMpa),
        0.5,
      ),
      base:
        missed +
        quantile(
          own.map((example) => example.target),
          0.5,
        ),
      weights,
      sigma,
      // Few rows of a class know their own tail badly: twenty rows' worth of the tail of all classes is mixed in.
      halfWidth90: (residuals.length * ownQuantile + 20 * pooledQuantile) / (residuals.length + 20),
      residuals,
      highMpa: quantile(labels, 0.95),
      ...(physical !== undefined && { physical }),
      ...(system !== undefined && { system }),
      neighbourhood: fitNeighbourhood(own),
    };
  });
  return { classes, members };
}

/** Local sigma: error of the class, disagreement of the members, and distance from what was learned. */
export function localSigma(sigma: number, spread: number, distance: number): number {
  return Math.hypot(sigma, spread) * (1 + 0.5 * Math.min(2, Math.max(0, distance - 1)));
}

/** Weighted mean of the members' votes and their standard deviation. */
export function verdict(votes: readonly number[], weights: readonly number[]): { value: number; spread: number } {
  const value = votes.reduce((sum, vote, index) => sum + vote * (weights[index] ?? 0), 0);
  const variance = votes.reduce((sum, vote, index) => sum + (vote - value) ** 2 * (weights[index] ?? 0), 0);
  return { value, spread: Math.sqrt(Math.max(0, variance)) };
}

/** A held-out row: the votes of all members, raised to the floor, beside its label. */
interface HeldOut {
  group: string;
  element: string;
  /** Its elements together: `Al-Cu`. */
  system: string;
  votes: number[];
  truth: number;
  distance: number;
}

async function heldOut(
  learned: readonly Example[],
  folds: ReturnType<typeof elementFolds>,
  { members, seed, progress }: EnsembleOptions,
): Promise<HeldOut[]> {
  const found: HeldOut[] = [];
  for (const [index, { element, train, test }] of folds.entries()) {
    const rest = train.flatMap((row) => learned[row] ?? []);
    const { rows, base } = prepared(rest);
    const models: FittedModel[] = [];
    for (const member of members) {
      models.push(await member.fit(rows, { seed: seed + index + 1, final: false }));
      await progress?.((index + models.length / members.length) / (folds.length + 1), `without ${element}: ${member.name}`);
    }
    const neighbourhoods = new Map<string, Neighbourhood>();
    for (const row of test) {
      const example = learned[row];
      const start = example && base[example.group];
      if (example === undefined || start === undefined) continue;
      const { group, features } = example;
      const input = learningInput(group, features);
      const floor = Math.log(example.floorMpa / 1000) - features.lnK;
      const neighbourhood = neighbourhoods.get(group) ?? fitNeighbourhood(rest.filter((it) => it.group === group));
      neighbourhoods.set(group, neighbourhood);
      found.push({
        group,
        element,
        system: example.elements.join('-'),
        votes: models.map((model) => Math.max(floor, start + predictModel(model, input))),
        truth: Math.max(floor, example.target),
        distance: distanceTo(neighbourhood, features.values),
      });
    }
  }
  return found;
}

interface HeldOutError {
  element: string;
  system: string;
  error: number;
  spread: number;
  distance: number;
}

/** Weights from all held-out rows; errors with weights that did not see the row's element, in this class or in any other. */
function weighed(
  group: string,
  pairs: readonly HeldOut[],
  all: readonly HeldOut[],
  count: number,
): { weights: number[]; errors: HeldOutError[] } {
  const fitted = (rows: readonly HeldOut[]): number[] => {
    const classes = [...new Set(rows.map((pair) => pair.group))];
    const prior = pooledPrior(
      classes.map((name) =>
        votesOf(
          rows.filter((pair) => pair.group === name),
          count,
        ),
      ),
      count,
    );
    return evidenceWeights(
      votesOf(
        rows.filter((pair) => pair.group === group),
        count,
      ),
      prior,
    );
  };
  const without = new Map<string, number[]>();
  const errors = pairs.map((pair) => {
    const own = without.get(pair.element) ?? fitted(all.filter(({ element }) => element !== pair.element));
    without.set(pair.element, own);
    const { value, spread } = verdict(pair.votes, own);
    return { element: pair.element, system: pair.system, error: value - pair.truth, spread, distance: pair.distance };
  });
  return { weights: fitted(all), errors };
}

/**
 * Errors about their median. Where stresses pass through zero their logarithms have a long tail downwards, and learners of means answer lower than half
 * of the truths. Rows of one system err together, so that few systems move little.
 */
function centred({ weights, errors }: ReturnType<typeof weighed>): ReturnType<typeof weighed> & { missed: number } {
  const systems = new Set(errors.map(({ system }) => system)).size;
  const median = quantile(
    errors.map(({ error }) => error),
    0.5,
  );
  const missed = errors.length === 0 ? 0 : (-median * systems) / (systems + 10);
  return { weights, missed, errors: errors.map((own) => ({ ...own, error: own.error + missed })) };
}

function votesOf(pairs: readonly HeldOut[], count: number): ClassVotes {
  return {
    votes: Array.from({ length: count }, (_, member) => pairs.map((pair) => pair.votes[member] ?? 0)),
    truth: pairs.map((pair) => pair.truth),
    systems: new Set(pairs.map((pair) => pair.system)).size,
  };
}

/** Root mean square error of a class, drawn towards that of all classes by the weight of three elements: rows of one element err together. */
function shrunkSigma(own: readonly HeldOutError[], all: readonly HeldOutError[]): number {
  if (all.length === 0) return 1;
  const square = (rows: readonly HeldOutError[]): number => mean(rows.map(({ error }) => error * error));
  const elements = new Set(own.map(({ element }) => element)).size;
  return Math.max(0.1, Math.sqrt((elements * (own.length === 0 ? 0 : square(own)) + 3 * square(all)) / (elements + 3)));
}

/** Class constants and the rows without them; a label is learned from each view of its surface. */
function prepared(examples: readonly Example[]): { rows: LearningRow[]; base: Record<string, number> } {
  const base: Record<string, number> = {};
  for (const group of new Set(examples.map((example) => example.group)))
    base[group] = quantile(
      examples.filter((example) => example.group === group).map((example) => example.target),
      0.5,
    );
  const rows = examples.flatMap(({ group, features, target, censored, noise, elements, otherViews = [] }): LearningRow[] => {
    const label = { y: target - (base[group] ?? 0), censored, noise, elements };
    return [features, ...otherViews].map((view) => ({ ...learningInput(group, view), ...label }));
  });
  return { rows, base };
}

function liesBelow(rows: readonly Example[]): boolean {
  const above = rows.filter((row) => !row.censored).length;
  return above < 4 && above < rows.length ? true : above < 0.2 * rows.length;
}

/** Pooled standard deviation of targets within pure elements that several potentials describe. */
function scatterWithinElements(rows: readonly Example[]): number | undefined {
  let [squares, freedom] = [0, 0];
  for (const element of new Set(rows.flatMap(({ elements }) => (elements.length === 1 ? elements : [])))) {
    const own = rows
      .filter(({ elements, censored }) => elements.length === 1 && elements[0] === element && !censored)
      .map((row) => row.target);
    if (own.length < 3) continue;
    const centre = mean(own);
    squares += own.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    freedom += own.length - 1;
  }
  return freedom === 0 ? undefined : Math.sqrt(squares / freedom);
}

function statedError(rows: readonly Example[]): number | undefined {
  const stated = rows.map((row) => row.noise).filter((noise) => noise > 0);
  return stated.length === 0 ? undefined : Math.sqrt(mean(stated.map((noise) => noise * noise)));
}
