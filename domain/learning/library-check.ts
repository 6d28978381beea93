import { exampleOf, separator, type Example } from './example.js';
import { fitNeighbourhood, placeOf, separation } from './neighbourhood.js';
import { quantile } from './scaling.js';
import { significant } from '../significant.js';
import { peierlsFloorMpa } from '../prediction.js';
import type { SlipEntry, SlipRecord } from '../slip-record.js';

/** One thing to know about a record. `refused` cannot be read, `excluded` is not learned from, `repaired` is used after a correction. */
export interface LibraryFinding {
  id: string;
  severity: 'refused' | 'excluded' | 'repaired' | 'remark';
  finding: string;
}

export interface LibraryCoverage {
  kind: string;
  protocol: string;
  rows: number;
  belowFloor: number;
  elements: string[];
  lowMpa: number;
  highMpa: number;
}

/** Everything doubtful about a library, record by record, and what it covers. */
export function checkRecords(entries: readonly SlipEntry[], protocol: string): { findings: LibraryFinding[]; coverage: LibraryCoverage[] } {
  const findings: LibraryFinding[] = [];
  const examples: Example[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry.id)) findings.push({ id: entry.id, severity: 'remark', finding: 'id: another record has the same one' });
    seen.add(entry.id);
    if (entry.kind === 'refused') {
      findings.push({ id: entry.id, severity: 'refused', finding: entry.error });
      continue;
    }
    const example = exampleOf(entry.record, protocol, peierlsFloorMpa);
    if (example === undefined)
      findings.push({ id: entry.id, severity: 'remark', finding: 'peierls_mpa: absent, so nothing to learn from' });
    else examples.push(example);
    if (example?.excluded !== undefined) findings.push({ id: entry.id, severity: 'excluded', finding: example.excluded });
    for (const warning of [...entry.warnings, ...labelRemarks(entry.record)]) {
      const severity = warning.includes('values were moved') || warning.includes('symmetric part') ? 'repaired' : 'remark';
      findings.push({ id: entry.id, severity, finding: warning });
    }
  }
  return { findings: [...findings, ...twins(examples)], coverage: coverage(examples) };
}

function labelRemarks(record: SlipRecord): string[] {
  const found: string[] = [];
  const { sf_mj_per_m2: fault } = record;
  if (typeof fault === 'number' && fault < 0)
    found.push(`sf_mj_per_m2: the stacking fault energy is ${fault} mJ/m2; another stacking is more stable than this lattice`);
  if (record.slip.plane.includes('narrow'))
    found.push('slip.plane: the narrow prismatic cut; dislocations glide on the wide one, whose Peierls stress is several times lower');
  return found;
}

/** Inputs nearer than this are nearly the same, in spreads of the class; labels that differ by less than a tenth agree. */
const sameInputs = 0.3;
const otherLabel = 1.1;
/** Pairs told one by one; of the rest only how they differ. */
const mostPairs = 10;

/** Records of one class with nearly the same scalars and other labels: what no predictor of scalars can learn. */
function twins(examples: readonly Example[]): LibraryFinding[] {
  const groups = [...new Set(examples.map((example) => example.group))];
  return groups.flatMap((group) => {
    const own = examples.filter((example) => example.group === group && example.excluded === undefined && !example.censored);
    const whole = fitNeighbourhood(own);
    const places = own.map(({ features }) => placeOf(whole, features.values));
    const pairs = own.flatMap((example, index) =>
      own.slice(index + 1).flatMap((other, further) => {
        const apart = separation(places[index] ?? [], places[index + 1 + further] ?? []);
        if (apart > sameInputs) return [];
        const [first, second] = [labelMpa(example), labelMpa(other)];
        return [{ id: example.id, other: other.id, apart, first, second, factor: Math.max(first / second, second / first) }];
      }),
    );
    const told = pairs.filter(({ factor }) => factor > otherLabel).toSorted((a, b) => b.factor - a.factor);
    const found = told.slice(0, mostPairs).map(({ id, other, apart, first, second }): LibraryFinding => {
      const values = `${significant(second)} instead of ${significant(first)} MPa`;
      return {
        id,
        severity: 'remark',
        finding: `${other} has nearly the same scalar inputs (${apart.toFixed(2)} spreads apart), but ${values}`,
      };
    });
    if (told.length <= mostPairs) return found;
    const median = quantile(
      pairs.map(({ factor }) => factor),
      0.5,
    );
    const finding = `${pairs.length} pairs of records have nearly the same scalar inputs, and stresses that differ by a median factor of ${median.toFixed(2)}`;
    return [...found, { id: group.split(separator)[0] ?? group, severity: 'remark', finding }];
  });
}

function labelMpa({ target, features }: Example): number {
  return 1000 * Math.exp(target + features.lnK);
}

function coverage(examples: readonly Example[]): LibraryCoverage[] {
  return [...new Set(examples.map((example) => example.group))].sort().map((group) => {
    const own = examples.filter((example) => example.group === group);
    const labels = own.map(labelMpa);
    return {
      kind: own[0]?.kind ?? '',
      protocol: group.split(separator)[1] ?? '',
      rows: own.length,
      belowFloor: own.filter((example) => example.censored).length,
      elements: [...new Set(own.flatMap((example) => example.elements))].sort(),
      lowMpa: Math.min(...labels),
      highMpa: Math.max(...labels),
    };
  });
}
