import { campaignRungs } from '../../domain/campaign.js';
import type { LevelResult } from '../../domain/comparison.js';
import { controlling } from '../../domain/ranking.js';
import type { CandidateDocument } from './document.js';
import { fidelityOf } from './ladder.js';
import { unpack } from './nested-array.js';
import type { Store } from './store.js';

/** What a campaign has computed on each rung of its ladder, as far as it is concluded. Undefined for one that is not in the store. */
export async function levelResults(store: Store, campaign: string): Promise<LevelResult[] | undefined> {
  const document = await store.collection('campaigns').findOne({ _id: campaign });
  if (document === null) return undefined;
  const rungs = campaignRungs(unpack(document.definition));
  const candidates = await store.collection('candidates').find({ campaign }).toArray();
  return candidates.flatMap((candidate) => {
    const calculator = rungs[candidate.rung ?? 0]?.calculator;
    if (candidate.summary === undefined || calculator === undefined) return [];
    const fidelity = fidelityOf(candidate);
    return [
      {
        alloy: `${candidate.formula} ${candidate.prototype}`,
        fidelity,
        level: [fidelity, calculator.name, ...particulars(calculator)].join(' '),
        values: valuesOf(candidate),
      },
    ];
  });
}

/** What tells two calculators of one name apart: `zhou2004`, `emt`, `my.eam.alloy`. */
function particulars(calculator: Record<string, unknown>): string[] {
  return ['potential', 'model', 'file', 'pseudopotentials'].flatMap((key) => {
    const value = calculator[key];
    if (typeof value === 'string') return [value.split('/').at(-1) ?? value];
    if (typeof value !== 'object' || value === null) return [];
    return Object.values(value)
      .filter((it): it is string => typeof it === 'string')
      .slice(0, 1)
      .map((it) => it.split('/').at(-1) ?? it);
  });
}

function valuesOf({ summary, predictions }: CandidateDocument): Record<string, number> {
  if (summary === undefined) return {};
  const prediction = controlling(predictions);
  const faults = summary.faults.flatMap(({ slipSystem, unstable, intrinsic }) => [
    [`usf ${slipSystem} (mJ/m2)`, unstable] as const,
    [`isf ${slipSystem} (mJ/m2)`, intrinsic] as const,
  ]);
  const named: (readonly [string, number | null | undefined])[] = [
    ['a (angstrom)', summary.a],
    ['c (angstrom)', summary.c],
    ...Object.entries(summary.constants ?? {}).map(([name, gpa]) => [`${name} (GPa)`, gpa] as const),
    ...faults,
    ['tau_P (MPa)', prediction?.peierlsMpa],
  ];
  return Object.fromEntries(named.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value] as const])));
}
