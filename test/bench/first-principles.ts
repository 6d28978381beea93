/*
 * The shipped predictor on first-principles inputs (data/transfer/first-principles.json) beside published Peierls stresses of screws:
 *   npx tsx test/bench/first-principles.ts
 * writes docs/images/parity-dft.svg and prints the table of docs/learning.md, with what it costs that only a few faults of a surface are known:
 * library records predicted from their whole surfaces and from the same few faults. A minute on one core.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readText } from '../../connectors/predictor/library.js';
import { defaultPredictor } from '../../connectors/predictor/predictor.js';
import { faultsAlone } from '../../domain/learning/few-faults.js';
import { Library, libraryProtocol } from '../../domain/library.js';
import { firstPrinciplesRows, middle } from './first-principles-rows.js';
import { parityPlot, type ParityPoint } from './parity-plot.js';

const known = new Set(['{111}<110>', '{110}<111>']);
const predictor = defaultPredictor();
const { sources, rows } = firstPrinciplesRows();
const points: ParityPoint[] = [];
process.stdout.write('| metal | predicted, MPa | 90 % interval | domain | first principles | experiment |\n');
process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
for (const { metal, record } of rows) {
  const { peierlsMpa, interval90, domain } = predictor.predict(record, libraryProtocol);
  for (const [kind, [from, to]] of metal.published)
    points.push({
      kind: `${record.lattice}, ${kind}`,
      name: metal.element,
      truth: Math.log(middle([from, to])),
      truthRange: [Math.log(from), Math.log(to)],
      predicted: Math.log(peierlsMpa),
      low: Math.log(interval90[0]),
      high: Math.log(interval90[1]),
    });
  const published = (wanted: string): string =>
    metal.published
      .filter(([kind]) => kind === wanted)
      .map(([, [from, to], source]) => {
        const inside = interval90[0] <= to && from <= interval90[1];
        return `${from === to ? from : `${from} to ${to}`}${inside ? '' : ' (outside)'}${sources[source]?.checked === true ? '' : '?'}`;
      })
      .join('; ');
  const cells = [
    metal.id,
    short(peierlsMpa),
    interval90.map(short).join(' to '),
    domain,
    published('first principles'),
    published('experiment'),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
const place = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
writeFileSync(
  place('docs/images/parity-dft.svg'),
  parityPlot('Screw dislocations from first-principles inputs: predicted over published', points, {
    x: 'published Peierls stress, MPa',
    y: 'predicted from first-principles inputs, MPa',
  }),
);

const library = Library.parse(JSON.parse(readText(place('data/library/virtual-metals.json'))));
for (const prototype of ['A1', 'A2'] as const) {
  const ratios: number[] = [];
  for (const row of library.records.filter((record) => record.prototype === prototype && known.has(String(record.slip['system'])))) {
    const { peierls_mpa: _label, ...record } = row;
    if (record.character !== 'screw') continue;
    const [whole, few] = [record, faultsAlone(record) ?? record].map((one) => predictor.predict(one, libraryProtocol).peierlsMpa);
    ratios.push(Math.log((few ?? Number.NaN) / (whole ?? Number.NaN)));
  }
  const at = (share: number): string =>
    Math.exp(ratios.toSorted((a, b) => a - b)[Math.floor(share * ratios.length)] ?? Number.NaN).toFixed(2);
  const factor = Math.exp(ratios.map(Math.abs).toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? Number.NaN);
  process.stdout.write(
    `${prototype}: ${ratios.length} screws of the library from a few faults instead of the whole surface: median factor ${factor.toFixed(2)}; few/whole ${at(0.05)}, ${at(0.5)}, ${at(0.95)} (5, 50, 95 %)\n`,
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
