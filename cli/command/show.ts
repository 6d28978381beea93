import { unpack } from '../../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../../connectors/store/property.js';
import { baseOf, fidelityOf } from '../../connectors/store/ladder.js';
import { rankingRow, type RankingRow } from '../../connectors/store/rank-row.js';
import { pureVolumes, soluteColumns } from '../../connectors/store/solute-term.js';
import { slipRecords } from '../../connectors/store/slip-record.js';
import { findAll, type Store } from '../../connectors/store/store.js';
import type { AttemptDocument, CandidateDocument } from '../../connectors/store/document.js';
import { InvalidInput } from '../../domain/failures.js';
import { controlling } from '../../domain/ranking.js';
import { candidatesLike, findCandidate } from '../find-candidate.js';
import { significant, type Output } from '../output.js';
import { paintState } from '../paint.js';
import { table } from '../table.js';
import { withStore } from '../session.js';

/** `peierls show <candidate>`; a pattern that several fit shows which. */
export function show(id: string, output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    if (/[*?]/.test(id)) {
      const found = await candidatesLike(store, id);
      const [only] = found;
      if (found.length !== 1 || only === undefined) return listed(found, id, output);
      return showOne(store, only._id, output);
    }
    return showOne(store, id, output);
  });
}

function listed(found: readonly CandidateDocument[], pattern: string, output: Output): number {
  if (found.length === 0)
    throw new InvalidInput(`no candidate fits "${pattern}"`, { remedy: 'peierls status <campaign> --state ranked lists candidates' });
  const candidates = found.map(({ _id, state, predictions, verdict }) => ({
    candidate: _id,
    state,
    peierlsMpa: controlling(predictions)?.peierlsMpa ?? null,
    reason: verdict?.reason ?? '',
  }));
  output.result(
    { candidates },
    table(
      ['candidate', 'state', 'tau_P MPa', 'reason'],
      candidates.map((it) => [it.candidate, it.state, significant(it.peierlsMpa), it.reason]),
      undefined,
      paintState(output.paint),
    ),
  );
  return 0;
}

async function showOne(store: Store, id: string, output: Output): Promise<number> {
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
  const rungs = await rungsOf(store, candidate);
  const siblings = await store
    .collection('candidates')
    .find({ campaign: candidate.campaign }, { projection: { lattice: 1, prototype: 1, summary: 1 } })
    .toArray();
  const volumes = pureVolumes(siblings);
  const solute = soluteColumns(candidate, volumes);
  const row = rankingRow(candidate, { topProbability: 0, volumes });
  const value = {
    candidate: candidate._id,
    material:
      material === null ? null : { ...material, ...(material.structure !== undefined && { structure: unpack(material.structure) }) },
    properties: {
      a: relaxation?.a ?? candidate.summary?.a ?? null,
      c: relaxation?.c ?? candidate.summary?.c ?? null,
      elastic_gpa: elastic?.gpa ?? null,
      elasticGates: elastic?.report.gates ?? [],
      gamma,
      surfaces,
    },
    sameAs: (await findAll(store.collection('materials'), candidate.sameAs ?? [])).map(({ _id, provenance }) => ({ _id, provenance })),
    rungs,
    predictions: candidate.predictions,
    model: candidate.model ?? null,
    interpolation: candidate.interpolation ?? null,
    withdrawn: candidate.withdrawn ?? null,
    summary: candidate.summary ?? null,
    soluteStrengthening: solute,
    ductility: row === undefined ? null : ductilityFields(row),
    verdict: { state: candidate.state, ...candidate.verdict },
    warnings: candidate.summary?.warnings ?? [],
    calculations,
    attempts,
  };
  output.result(value, [
    `${candidate._id}: ${candidate.state}${candidate.verdict === undefined ? '' : `, ${candidate.verdict.reason}`}`,
    `  crystal   ${candidate.prototype} (${candidate.lattice}), a = ${value.properties.a?.toFixed(4) ?? '-'}${value.properties.c === null ? '' : `, c = ${value.properties.c.toFixed(4)}`} angstrom`,
    ...interpolationLine(candidate),
    ...(candidate.withdrawn === undefined ? [] : [`  gone      from its database since ${candidate.withdrawn}`]),
    ...(material === null ? [] : [`  from      ${[material._id, ...(candidate.sameAs ?? [])].join(', ')}`]),
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
    ...(solute.soluteMpa === null
      ? []
      : [
          `  solutes   ${significant(solute.soluteMpa)} MPa at 0 K, ${significant(solute.soluteMpaAt300K)} MPa at 300 K (edge, volumes from ${solute.soluteVolumes ?? ''}); with tau_P ${significant(solute.peierlsPlusSoluteMpa)} MPa at 0 K`,
        ]),
    ...(row === undefined || row.ductility === null
      ? []
      : [
          `  ductility ${row.ductility}: B/G ${significant(row.bulkOverShear)}, Cauchy pressure ${significant(row.cauchyPressureGpa)} GPa, usf/Gb ${significant(row.unstableFaultOverGb)}`,
        ]),
    ...(rungs.length < 2
      ? []
      : rungs.map(
          (rung) =>
            `  rung ${rung.fidelity.padEnd(5)}${rung.state}${rung.peierlsMpa === null ? '' : `, tau_P ${significant(rung.peierlsMpa)} MPa`}${rung.promotedFor === null ? '' : `, promoted as ${rung.promotedFor}`}: ${rung.candidate}`,
        )),
    ...(candidate.summary?.warnings ?? []).map((warning) => `  warning: ${warning}`),
    ...calculations.flatMap((it) => [
      `  ${it.kind}: ${it.state}, ${it.points.total} points, ${it._id}`,
      ...attemptLines(attempts.filter(({ calculation }) => calculation === it._id)),
      ...(it.outcome?.kind === 'failed' ? [`    ${it.outcome.reason}: ${it.outcome.evidence.split('\n').slice(0, 4).join('; ')}`] : []),
    ]),
  ]);
  return 0;
}

function interpolationLine({ interpolation }: CandidateDocument): string[] {
  if (interpolation === undefined) return [];
  const { samples, nearest, distance } = interpolation;
  return [`  not simulated: interpolated between ${samples} simulated candidates, the nearest ${nearest} (${distance.toFixed(3)} away)`];
}

/** The same candidate on all rungs of its campaign's fidelity ladder, the lowest first. */
async function rungsOf(store: Store, candidate: CandidateDocument) {
  const ids = (
    await store
      .collection('candidates')
      .find({ campaign: candidate.campaign }, { projection: { base: 1 } })
      .toArray()
  )
    .filter((it) => baseOf(it) === baseOf(candidate))
    .map(({ _id }) => _id);
  const documents = await findAll(store.collection('candidates'), ids);
  return documents
    .toSorted((a, b) => (a.rung ?? 0) - (b.rung ?? 0))
    .map((it) => {
      const prediction = controlling(it.predictions);
      return {
        candidate: it._id,
        fidelity: fidelityOf(it),
        state: it.state,
        promotedFor: it.promotedFor ?? null,
        reason: it.verdict?.reason ?? '',
        peierlsMpa: prediction?.peierlsMpa ?? null,
        interval90: prediction?.interval90 ?? null,
        summary: it.summary ?? null,
      };
    });
}

/** What each attempt brought in and what was changed after it; one that went smoothly is not worth a line. */
function attemptLines(attempts: readonly AttemptDocument[]): string[] {
  const eventful = attempts.length > 1 || attempts.some(({ corrections }) => corrections !== undefined);
  return attempts
    .toSorted((a, b) => a.number - b.number)
    .flatMap(({ _id, computer, state, pointsDone, pointsWanted, detail, corrections = [] }) => [
      ...(eventful
        ? [`    ${_id} on ${computer}: ${state}, ${pointsDone} of ${pointsWanted} points${detail === undefined ? '' : `; ${detail}`}`]
        : []),
      ...corrections.map(({ label, after, says, set }) => `      ${label}: ${after}; then${set ? ', for the whole set' : ''}: ${says}`),
    ]);
}

function ductilityFields({ ductility, bulkOverShear, cauchyPressureGpa, unstableFaultOverGb }: Omit<RankingRow, 'rank' | 'pareto'>) {
  return { verdict: ductility, bulkOverShear, cauchyPressureGpa, unstableFaultOverGb };
}
