import { defaultTopK, ranking, unrankedCandidates, type RankingRow } from '../connectors/store/rank.js';
import type { CandidateDocument } from '../connectors/store/document.js';
import type { CampaignProgress } from '../domain/progress.js';
import { passes, type CandidateFilter } from './candidate-filter.js';
import { csvLine, type CsvValue } from './csv.js';
import { significant } from './output.js';
import { paintState, plainPaint, type Paint } from './paint.js';
import { table } from './table.js';

/** The ranking as lines for people: a table, then what is not in it and why. */
export function rankingLines(
  progress: CampaignProgress,
  candidates: readonly CandidateDocument[],
  top: number,
  {
    rows: known,
    topK = defaultTopK,
    paint = plainPaint,
    filter = {},
  }: { rows?: readonly RankingRow[]; topK?: number; paint?: Paint; filter?: CandidateFilter } = {},
): string[] {
  const wanted = (candidate: CandidateDocument): boolean => passes(filter, candidate);
  const rows = known ?? ranking(candidates, { topK, wanted });
  const others = unrankedCandidates(candidates, wanted);
  const { counts } = progress;
  return [
    `Campaign ${progress.campaign}: ${counts.ranked} of ${counts.candidates} candidates ranked, ${counts.rejected} rejected, ${counts.failed} failed, ${counts.pending} pending.`,
    '',
    ...table(header(topK), rows.slice(0, top).map(cells), undefined, paintState(paint)),
    ...(rows.length > top ? [`... ${rows.length - top} more; peierls rank ${progress.campaign} --top ${rows.length}`] : []),
    '',
    ...legend(rows, topK),
    ...(others.length === 0
      ? []
      : [
          '',
          'Not ranked:',
          ...others.slice(0, shownOthers).map(({ candidate, state, reason }) => `  ${candidate}: ${state}, ${reason}`),
          ...(others.length > shownOthers
            ? [`  ... and ${others.length - shownOthers} more; peierls status ${progress.campaign} --state rejected`]
            : []),
        ]),
  ];
}

/** Of those that are not ranked, as many as anybody reads. */
const shownOthers = 50;

const header = (topK: number): string[] => [
  'rank',
  'alloy',
  'crystal',
  'slip',
  'line',
  'tau_P',
  '90 % interval',
  'domain',
  `top ${topK}`,
  'front',
  'solutes',
  'G',
  'B',
  'G/B',
  'usf',
  'isf',
  'a',
  'c',
  'rho',
];

function cells(row: RankingRow): (string | number)[] {
  return [
    row.rank,
    row.fidelity === 'interpolated' ? `~${row.formula}` : row.formula,
    row.prototype,
    row.slipSystem,
    row.character,
    significant(row.peierlsMpa),
    `${significant(row.interval90[0])} - ${significant(row.interval90[1])}`,
    row.domain === 'outside' ? 'OUTSIDE' : row.domain,
    `${Math.round(100 * row.topProbability)} %`,
    row.pareto ? '*' : '-',
    significant(row.soluteMpa),
    significant(row.shearGpa),
    significant(row.bulkGpa),
    row.pugh === null ? '-' : row.pugh.toFixed(2),
    significant(row.unstableFaultMjPerM2),
    significant(row.intrinsicFaultMjPerM2),
    row.a === null ? '-' : row.a.toFixed(3),
    row.c === null ? '-' : row.c.toFixed(3),
    row.densityGPerCm3 === null ? '-' : row.densityGPerCm3.toFixed(2),
  ];
}

function legend(rows: readonly RankingRow[], topK: number): string[] {
  const interpolated = rows.filter(({ fidelity }) => fidelity === 'interpolated').length;
  const predictors = [...new Set(rows.map(({ predictor }) => predictor))].join(', ');
  return [
    'tau_P: Peierls stress in MPa of the controlling dislocation (hardest character of the easiest slip system); G, B: Hill moduli in GPa;',
    'usf, isf: unstable and intrinsic fault energies in mJ/m2; a, c in angstrom; domain: inside, edge or OUTSIDE of what the predictor knows.',
    'solutes: what random solutes add to tau_P at 0 K, MPa, by theory for edge dislocations of cubic solid solutions; not in the order of rows;',
    `top ${topK}: probability of being among the ${topK} strongest, by the intervals; front: no other is stronger and lighter; rho in g/cm3.`,
    ...(interpolated === 0
      ? []
      : [
          `~ before an alloy: not simulated, its properties are interpolated between those that are (${interpolated} of ${rows.length}); its interval says how well.`,
        ]),
    ...(rows.length === 0
      ? []
      : [`Predictor: ${predictors}. A baseline is a closed formula: mind the interval, it spans what it was seen to miss by.`]),
  ];
}

/** Comma-separated values with a header; intervals become two columns. */
export function rankingCsv(rows: readonly RankingRow[]): string[] {
  const columns =
    rows[0] === undefined
      ? []
      : Object.keys(rows[0]).flatMap((key) => (key === 'interval90' ? ['interval90Low', 'interval90High'] : [key]));
  return [csvLine(columns), ...rows.map((row) => csvLine(Object.values(row).flat() as CsvValue[]))];
}
