/*
 * How the shipped predictor does on published potentials that it has not learned from:
 *   npx tsx test/bench/training-library.ts deploy/training/openkim.yaml openkim.json
 *   npx tsx test/bench/openkim-transfer.ts openkim.json
 * writes data/transfer/openkim.json, the same rows with how rough each potential is, and prints the tables of docs/learning.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kimParameters } from '../../connectors/calculator/lammps/potential/kim-parameters.js';
import { defaultPredictor } from '../../connectors/predictor/predictor.js';
import { Library, libraryCounts, libraryText, type LibraryRecord } from '../../domain/library.js';
import { numericalFloorMpa } from '../../domain/peierls-stress.js';
import { crystalDensity } from '../../domain/potential/eam.js';
import { roughness } from '../../domain/potential/roughness.js';
import { tabulatedFunctions } from '../../domain/potential/tables.js';
import { dislocationClass } from '../../domain/learning/dislocation-class.js';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: openkim-transfer.ts <library.json>');
const library = Library.parse(JSON.parse(readFileSync(file, 'utf8')));
const records = library.records.map((record) => ({ ...record, roughness: roughnessOf(record) }));
const models = [...new Set(records.map(({ potential }) => potential))].toSorted();
writeFileSync(
  fileURLToPath(new URL('../../data/transfer/openkim.json', import.meta.url)),
  libraryText({
    ...library,
    source: 'test/bench/training-library.ts deploy/training/openkim.yaml',
    citation: 'OpenKIM models, each at https://openkim.org/cite/ and the last part of its name',
    settings: {
      citations: Object.fromEntries(models.map((model) => [model, `https://openkim.org/cite/${model.split('__').at(-1) ?? model}`])),
    },
    counts: libraryCounts({ records, excluded: library.excluded }),
    records,
  }),
);

const predictor = defaultPredictor();
const rows = records.map(({ peierls_mpa: label, roughness: rough, ...record }) => {
  const { peierlsMpa, interval90, domain } = predictor.predict(record, library.protocol);
  const truth = Math.max(numericalFloorMpa, label);
  return {
    id: record.id.replace('EAM_Dynamo_', '').replace(/__MO_\d+_\d+/, ''),
    kind: dislocationClass(record),
    truth,
    peierlsMpa,
    interval90,
    domain,
    waviness: rough.waviness,
    error: Math.abs(Math.log(peierlsMpa / truth)),
    inside: interval90[0] <= truth && truth <= interval90[1],
  };
});
const short = (value: number): string => String(Number(value.toPrecision(2)));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
for (const row of rows.toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.waviness - b.waviness)))
  process.stdout.write(
    `| ${row.id} | ${row.kind} | ${row.waviness.toFixed(1)} | ${short(row.truth)} | ${short(row.peierlsMpa)} | ${row.interval90.map(short).join(' to ')}${row.inside ? '' : ' (outside)'} | ${row.domain} |\n`,
  );
const summary = (name: string, chosen: typeof rows): void => {
  const inside = chosen.filter((row) => row.inside).length;
  process.stdout.write(
    `| ${name} | ${chosen.length} | x${Math.exp(median(chosen.map(({ error }) => error))).toFixed(2)} | ${inside} of ${chosen.length} |\n`,
  );
};
summary('all', rows);
for (const kind of [...new Set(rows.map((row) => row.kind))].toSorted())
  summary(
    kind,
    rows.filter((row) => row.kind === kind),
  );
// The waviest of the embedded metals that were learned from: Al and Mo.
const learned = ({ kind, waviness }: (typeof rows)[number]): boolean => waviness <= (kind.startsWith('bcc') ? 2.8 : 1.1);
summary('as smooth as what was learned', rows.filter(learned));
summary(
  'rougher',
  rows.filter((row) => !learned(row)),
);

/** In the crystal of the record, whose nearest neighbours and density decide where the functions matter. */
function roughnessOf({ potential, lattice, a, composition = {} }: LibraryRecord) {
  const [element = ''] = Object.keys(composition);
  const { text, style } = kimParameters(potential);
  const functions = tabulatedFunctions(text, style, element);
  const density = (r: number): number => functions.density(element, r);
  const [neighbour, crystal] =
    lattice === 'bcc'
      ? [(Math.sqrt(3) / 2) * a, crystalDensity('bcc', a, density)]
      : // The first shells of hcp are those of fcc.
        lattice === 'fcc'
        ? [a / Math.SQRT2, crystalDensity('fcc', a, density)]
        : [a, crystalDensity('fcc', a * Math.SQRT2, density)];
  const { waviness, cutoffStepMev, cutoffKinkMev } = roughness(functions, element, neighbour, crystal);
  return {
    waviness: Number(waviness.toPrecision(3)),
    cutoffStepMev: Number(cutoffStepMev.toPrecision(2)),
    cutoffKinkMev: Number(cutoffKinkMev.toPrecision(2)),
  };
}
