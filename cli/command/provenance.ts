import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../connectors/embedded/home.js';
import { unpack } from '../../connectors/store/nested-array.js';
import { readOutputs } from '../../connectors/store/output.js';
import { findAll, type Store } from '../../connectors/store/store.js';
import { findCandidate } from '../find-candidate.js';
import type { Output } from '../output.js';
import { withStore } from '../session.js';

/** `peierls provenance <id>`: from a candidate, calculation or point down to input, code, computer and job. `--save` writes the raw files. */
export function provenance(id: string, options: { save?: string }, output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const calculationIds = await calculationsOf(store, id);
    const calculations = await findAll(store.collection('calculations'), calculationIds);
    const attempts = await store
      .collection('attempts')
      .find({ calculation: { $in: calculationIds } })
      .toArray();
    const bundles = await findAll(
      store.collection('bundles'),
      attempts.map(({ _id }) => _id),
    );
    const saved: string[] = [];
    if (options.save !== undefined) {
      for (const bundle of bundles)
        for (const [name, text] of Object.entries(await readOutputs(store, bundle.outputs))) {
          const path = join(options.save, bundle._id, name);
          mkdirSync(join(path, '..'), { recursive: true });
          writeAtomically(path, text);
          saved.push(path);
        }
    }
    const value = {
      id,
      calculations: calculations.map((calculation) => ({
        ...calculation,
        inputs: unpack(calculation.inputs),
        attempts: attempts.filter((it) => it.calculation === calculation._id),
        points: bundles
          .filter((it) => it.calculation === calculation._id)
          .flatMap((it) => unpack(it.points).map((point) => ({ ...point, attempt: it._id, computer: it.computer, outputs: it.outputs }))),
      })),
      saved,
    };
    output.result(
      value,
      value.calculations.flatMap((calculation) => [
        `${calculation.kind} ${calculation._id}`,
        `  state ${calculation.state}; asked first by ${calculation.askedBy}; ${Object.entries(calculation.provenance)
          .map(([key, text]) => `${key} ${text}`)
          .join('; ')}`,
        ...calculation.attempts.map(
          (it) =>
            `  job ${it._id} on ${it.computer} (queue id ${it.jobId ?? '-'}): ${it.verdict ?? it.state}, ${it.submittedAt} to ${it.endedAt ?? '-'}`,
        ),
        ...calculation.points.map(
          (it) => `  point ${it.label}: ${it.outcome.kind}, ${it.wallSeconds.toFixed(2)} s, raw outputs ${it.outputs.slice(0, 12)}`,
        ),
      ]),
    );
    return 0;
  });
}

async function calculationsOf(store: Store, id: string): Promise<string[]> {
  const hash = /^[0-9a-f]{12,64}/.exec(id)?.[0];
  if (hash !== undefined) {
    const matches = await store
      .collection('calculations')
      .find({ _id: { $regex: `^${hash}` } }, { projection: { _id: 1 } })
      .toArray();
    if (matches.length > 0) return matches.map(({ _id }) => _id);
  }
  return (await findCandidate(store, id)).calculations.map((calculation) => calculation.id);
}
