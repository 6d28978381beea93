import { metalOf } from '../library.js';
import { labelled, memberRows, scored, shareCensored, type PredictorScores, type ScoredRow } from './evaluate-member.js';
import type { Example } from './example.js';
import { featureNames, waveNames, type FeatureName } from './feature.js';
import { elementFolds } from './fold.js';
import { baselineMembers, simpleMembers, type Member } from './member.js';
import { permutation, randomNumbers } from './random.js';

/** Learners that the ablation compares: a smooth one and one that cuts, each alone. The ensemble learns some hundred times as long. */
const learners: readonly Member[] = baselineMembers.filter(({ name }) => ['ridge', 'boosted trees'].includes(name));
/** Those of the learning curve: the strongest smooth one and the trees. */
const growing: readonly Member[] = simpleMembers.filter(({ name }) => ['gp', 'boosted trees'].includes(name));
const formulas: readonly Member[] = baselineMembers.filter(({ name }) => / x constant$|^constant/.test(name));

export interface StudyOptions {
  seed: number;
  /** More learners, such as networks. */
  beside?: readonly Member[];
  progress?: (done: number, note: string) => void | Promise<void>;
}

const gammaFeatures: readonly string[] = [
  'ln(gamma_us/Kb)',
  'ln(gamma_fault/Kb)',
  'ln(gamma_max/Kb)',
  'ln(tau_max/K)',
  'shape 1',
  'shape 2',
  'shape 3',
  ...waveNames,
];
const solverFeatures: readonly FeatureName[] = ['ln(tau_SVPN/K)', 'ln(zeta/p)', 'ln(1+d/p)'];
const closedForms: readonly FeatureName[] = ['ln(tau_JD/K)', 'ln(tau_PN/K)'];
const elasticFeatures: readonly FeatureName[] = ['ln(K_edge/K_screw)', 'ln(zener)', 'C12/C11', 'C44/C11', 'poisson', 'ln(K/GPa)'];

/** What is hidden from the learners. Targets stay ln(tau/K): that K sets the scale is physics and not up for learning. */
const hidden: Record<string, { names: readonly string[]; surface: boolean }> = {
  'everything shown': { names: [], surface: false },
  'no solver': { names: solverFeatures, surface: false },
  'no solver, no closed forms': { names: [...solverFeatures, ...closedForms], surface: false },
  'no gamma surface': { names: [...gammaFeatures, ...solverFeatures, 'ln(tau_JD/K)'], surface: true },
  'no elastic constants': { names: [...elasticFeatures, ...solverFeatures, ...closedForms], surface: false },
  'scalars only (no gamma picture)': { names: waveNames, surface: true },
};

export interface AblationRow {
  hidden: string;
  predictors: PredictorScores[];
}

/** Leave-one-element-out errors of each learner with parts of the inputs hidden. */
export async function ablation(
  examples: readonly Example[],
  { seed, beside = [], progress }: StudyOptions,
): Promise<{ rows: AblationRow[]; formulas: PredictorScores[] }> {
  const cases = Object.entries(hidden);
  const rows: AblationRow[] = [];
  for (const [index, [name, what]] of cases.entries()) {
    const members = [...learners, ...beside];
    rows.push({
      hidden: name,
      predictors: await leaveOneElementOut(
        examples.map((it) => masked(it, what)),
        members,
        { seed },
      ),
    });
    await progress?.((index + 1) / (cases.length + 1), name);
  }
  return { rows, formulas: await leaveOneElementOut(examples, formulas, { seed }) };
}

export interface LearningCurvePoint {
  /** Metals learned from, at most: a fold without its element may have fewer. */
  metals: number;
  /** One entry a random choice of metals. */
  draws: PredictorScores[][];
}

/** Errors on left-out elements when only so many metals are learned from, several random choices each. */
export async function learningCurve(
  examples: readonly Example[],
  { seed, beside = [], progress }: StudyOptions,
  counts?: readonly number[],
  draws = 3,
): Promise<LearningCurvePoint[]> {
  const metals = [...new Set(examples.map(({ id }) => metalOf(id)))].toSorted();
  const steps = counts ?? [0.125, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * metals.length));
  const members = [...formulas.filter(({ name }) => name === 'constant tau/K'), ...growing, ...beside];
  const points: LearningCurvePoint[] = [];
  for (const [index, count] of steps.entries()) {
    const point: LearningCurvePoint = { metals: count, draws: [] };
    // All metals can be chosen in one way only.
    for (let draw = 0; draw < (count >= metals.length ? 1 : draws); draw += 1) {
      const order = permutation(metals.length, randomNumbers(1000 * seed + draw));
      const chosen = new Set(order.slice(0, count).map((place) => metals[place]));
      const keep = ({ id }: Example): boolean => chosen.has(metalOf(id));
      point.draws.push(await leaveOneElementOut(examples, members, { seed, keep }));
      await progress?.((index + (draw + 1) / draws) / steps.length, `${count} metals`);
    }
    points.push(point);
  }
  return points;
}

/** Each member alone; everything is learned without the element, and from the rows that `keep` lets through. */
async function leaveOneElementOut(
  examples: readonly Example[],
  members: readonly Member[],
  { seed, keep = () => true }: { seed: number; keep?: (example: Example) => boolean },
): Promise<PredictorScores[]> {
  const rows = members.map((): ScoredRow[] => []);
  for (const { element, train, test } of elementFolds(examples)) {
    const rest = train.flatMap((index) => examples[index] ?? []).filter(keep);
    const out = test.flatMap((index) => examples[index] ?? []);
    for (const [place, member] of members.entries()) {
      const answered = await memberRows(member, rest, out, element, seed);
      rows[place]?.push(...answered, ...unanswered(out, answered, element));
    }
  }
  const silent = new Set(examples.map(({ group }) => group).filter((group) => shareCensored(examples, group) > 0.8));
  return members.map(({ name }, place) => scored(name, rows[place] ?? [], silent));
}

/** tau/K that is said where nothing of a class was learned: what the classes of all metals have in common. */
const typicalLnRatio = -8.5;

/** A class without a row to learn from still has to be answered, or few metals would be judged on easy classes only. */
function unanswered(examples: readonly Example[], answered: readonly ScoredRow[], element: string): ScoredRow[] {
  const known = new Set(answered.map(({ id }) => id));
  return examples
    .filter(({ id }) => !known.has(id))
    .map((example) => {
      const predicted = Math.max(Math.log(example.floorMpa), typicalLnRatio + example.features.lnK + Math.log(1000));
      const truth = labelled(example, element);
      return { ...truth, predicted, low: predicted - 4.5, high: predicted + 4.5, belowFloorProbability: 0, distance: 0 };
    });
}

function masked(example: Example, { names, surface }: { names: readonly string[]; surface: boolean }): Example {
  const { values, surface: picture } = example.features;
  const shown = values.map((value, column) => (names.includes(featureNames[column] ?? 'ln(K/GPa)') ? 0 : value));
  return { ...example, features: { ...example.features, values: shown, surface: surface ? picture.map(() => 0) : picture } };
}
