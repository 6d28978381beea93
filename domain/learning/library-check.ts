import { exampleOf, separator, type Example } from './example.js';
import { distanceTo, fitNeighbourhood } from './neighbourhood.js';
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

/** Records of one class with nearly the same inputs and other labels: what no predictor can learn. */
function twins(examples: readonly Example[]): LibraryFinding[] {
  const groups = [...new Set(examples.map((example) => example.group))];
  return groups.flatMap((group) => {
    const own = examples.filter((example) => example.group === group && example.excluded === undefined && !example.censored);
    const whole = fitNeighbourhood(own);
    return own.flatMap((example, index) =>
      own.slice(index + 1).flatMap((other): LibraryFinding[] => {
        if (example.elements.join() !== other.elements.join()) return [];
        const [first, second] = [example, other].map((it) => 1000 * Math.exp(it.target + it.features.lnK)) as [number, number];
        const point = whole.points[index] ?? [];
        const apart = whole.reach * distanceTo({ ...whole, points: [point] }, other.features.values);
        const share = Math.abs(first - second) / Math.min(first, second);
        if (apart > 0.3 || share < 0.1) return [];
        const finding = `${other.id} has nearly the same inputs (${apart.toFixed(2)} spreads apart), but ${second.toFixed(1)} instead of ${first.toFixed(1)} MPa`;
        return [{ id: example.id, severity: 'remark', finding }];
      }),
    );
  });
}

function coverage(examples: readonly Example[]): LibraryCoverage[] {
  return [...new Set(examples.map((example) => example.group))].sort().map((group) => {
    const own = examples.filter((example) => example.group === group);
    const labels = own.map((example) => 1000 * Math.exp(example.target + example.features.lnK));
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
