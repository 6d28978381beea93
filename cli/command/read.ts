import { join } from 'node:path';
import { writeAtomically } from '../../connectors/embedded/home.js';
import type { CandidateDocument } from '../../connectors/store/document.js';
import { readOutputs } from '../../connectors/store/output.js';
import { campaignProgress } from '../../connectors/store/progress.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../../connectors/store/property.js';
import { unpack } from '../../connectors/store/nested-array.js';
import { ranking } from '../../connectors/store/rank.js';
import { slipRecords } from '../../connectors/store/slip-record.js';
import { findAll, type Store } from '../../connectors/store/store.js';
import { InvalidInput } from '../../domain/failures.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { mkdirSync } from 'node:fs';
import { significant, table, type Output } from '../output.js';
import { rankingCsv, rankingLines } from '../print-ranking.js';
import { withStore } from '../session.js';

/** `peierls status [campaign]`. */
export function status(campaign: string | undefined, output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    if (campaign !== undefined) {
      const progress = await existing(store, campaign);
      output.result(progress, statusLines(progress));
      return 0;
    }
    const names = await store
      .collection('campaigns')
      .find({}, { projection: { _id: 1 } })
      .toArray();
    const all = await Promise.all(names.map(({ _id }) => campaignProgress(store, _id)));
    const rows = all.map(({ campaign: name, state, counts, points }) => [
      name,
      state,
      counts.candidates,
      counts.ranked,
      counts.rejected,
      counts.failed,
      counts.pending,
      points.executed,
      points.reused,
    ]);
    output.result(
      { campaigns: all },
      all.length === 0
        ? ['No campaign yet. Start one with peierls screen deploy/campaigns/quickstart.yaml']
        : table(['campaign', 'state', 'candidates', 'ranked', 'rejected', 'failed', 'pending', 'executed', 'reused'], rows),
    );
    return 0;
  });
}

function statusLines({ campaign, state, counts, points, jobs, startedAt, finishedAt, lastFailure }: CampaignProgress): string[] {
  return [
    `Campaign ${campaign}: ${state}`,
    `  candidates  ${counts.candidates}: ${counts.ranked} ranked, ${counts.rejected} rejected, ${counts.failed} failed, ${counts.pending} pending`,
    `  points      ${points.distinct} distinct: ${points.executed} executed, ${points.reused} reused from earlier campaigns`,
    `  jobs        ${jobs.submitted} submitted for ${jobs.distinctAttempts} attempts`,
    `  started     ${startedAt ?? '-'}${finishedAt === null ? '' : `, finished ${finishedAt}`}`,
    ...(lastFailure === null ? [] : [`  last failure  ${lastFailure}`]),
  ];
}

export interface RankOptions {
  top: number;
  format: 'table' | 'csv' | 'json' | 'jsonl';
}

/** `peierls rank <campaign>`. */
export function rank(campaign: string, options: RankOptions, output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const progress = await existing(store, campaign);
    const rows = (await ranking(store, campaign)).slice(0, options.top);
    if (output.json || options.format === 'json') process.stdout.write(`${JSON.stringify({ ...progress, ranking: rows }, undefined, 1)}\n`);
    else if (options.format === 'csv') output.result(rows, rankingCsv(rows));
    else if (options.format === 'jsonl')
      output.result(
        rows,
        rows.map((row) => JSON.stringify(row)),
      );
    else output.result(rows, await rankingLines(store, progress, Math.min(options.top, 1000)));
    return 0;
  });
}

/** `peierls show <candidate>`. */
export function show(id: string, output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const candidate = await findCandidate(store, id);
    const material = await store.collection('materials').findOne({ _id: candidate.material });
    const ids = candidate.calculations.map((calculation) => calculation.id);
    const found = await findAll(store.collection('properties'), ids);
    const attempts = await store
      .collection('attempts')
      .find({ calculation: { $in: ids } })
      .toArray();
    const calculations = (await findAll(store.collection('calculations'), ids)).map(
      ({ _id, kind, state, outcome, points, provenance: origin }) => ({ _id, kind, state, outcome, points, provenance: origin }),
    );
    const of = (kind: string): unknown => {
      const property = found.find((it) => it.kind === kind);
      return property === undefined ? undefined : unpack(property.value);
    };
    const relaxation = of('relaxation') === undefined ? undefined : RelaxationProperty.parse(of('relaxation'));
    const elastic = of('elastic-tensor') === undefined ? undefined : ElasticProperty.parse(of('elastic-tensor'));
    const surfaces = found.filter(({ kind }) => kind === 'gamma-surface').map(({ value }) => GammaProperty.parse(unpack(value)));
    const gamma = relaxation === undefined || elastic === undefined ? [] : slipRecords(candidate, relaxation, elastic, surfaces);
    const value = {
      candidate: candidate._id,
      material:
        material === null ? null : { ...material, ...(material.structure !== undefined && { structure: unpack(material.structure) }) },
      properties: {
        a: relaxation?.a ?? null,
        c: relaxation?.c ?? null,
        elastic_gpa: elastic?.gpa ?? null,
        elasticGates: elastic?.report.gates ?? [],
        gamma,
        surfaces,
      },
      predictions: candidate.predictions,
      verdict: { state: candidate.state, ...candidate.verdict },
      warnings: candidate.summary?.warnings ?? [],
      calculations,
      attempts,
    };
    output.result(value, [
      `${candidate._id}: ${candidate.state}${candidate.verdict === undefined ? '' : `, ${candidate.verdict.reason}`}`,
      `  crystal   ${candidate.prototype} (${candidate.lattice}), a = ${relaxation?.a.toFixed(4) ?? '-'}${relaxation?.c === undefined ? '' : `, c = ${relaxation.c.toFixed(4)}`} angstrom`,
      ...(elastic === undefined
        ? []
        : [
            `  constants ${Object.entries(elastic.constants)
              .map(([name, gpa]) => `${name} ${gpa.toFixed(1)}`)
              .join(', ')} GPa`,
          ]),
      ...surfaces.map(
        (surface) =>
          `  ${surface.slipSystem}: unstable ${surface.unstable.mjPerM2.toFixed(1)}, ${surface.specialPoints.map(({ name, mjPerM2 }) => `${name} ${mjPerM2.toFixed(1)}`).join(', ')} mJ/m2`,
      ),
      ...candidate.predictions.map(
        (it) =>
          `  tau_P ${it.slipSystem} ${it.character}: ${significant(it.peierlsMpa)} MPa (90 %: ${significant(it.interval90[0])} - ${significant(it.interval90[1])}), ${it.domain}, ${it.predictor}`,
      ),
      ...(candidate.summary?.warnings ?? []).map((warning) => `  warning: ${warning}`),
      ...calculations.map((it) => `  ${it.kind}: ${it.state}, ${it.points.total} points, ${it._id}`),
    ]);
    return 0;
  });
}

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

async function findCandidate(store: Store, id: string): Promise<CandidateDocument> {
  const exact = await store.collection('candidates').findOne({ _id: id });
  if (exact !== null) return exact;
  const ending = await store
    .collection('candidates')
    .find({}, { projection: { _id: 1 } })
    .toArray();
  const matches = ending.filter(({ _id }) => _id.endsWith(`/${id}`) || _id.endsWith(`/${id}-${_id.split('-').at(-1) ?? ''}`));
  const [only] = matches;
  if (matches.length === 1 && only !== undefined) return findCandidate(store, only._id);
  throw new InvalidInput(
    matches.length === 0 ? `no candidate or calculation is called "${id}"` : `"${id}" fits ${matches.map(({ _id }) => _id).join(', ')}`,
    {
      remedy: 'Use a name from the "candidate" column of peierls rank --format csv, or a calculation id from peierls show',
    },
  );
}

async function existing(store: Store, campaign: string): Promise<CampaignProgress> {
  const document = await store.collection('campaigns').findOne({ _id: campaign }, { projection: { _id: 1 } });
  if (document !== null) return campaignProgress(store, campaign);
  const names = await store
    .collection('campaigns')
    .find({}, { projection: { _id: 1 } })
    .toArray();
  throw new InvalidInput(`there is no campaign "${campaign}"`, {
    remedy: names.length === 0 ? 'Start one with peierls screen' : `There are: ${names.map(({ _id }) => _id).join(', ')}`,
  });
}
