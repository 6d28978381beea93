import { unpack } from '../../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../../connectors/store/property.js';
import { slipRecords } from '../../connectors/store/slip-record.js';
import { findAll } from '../../connectors/store/store.js';
import { findCandidate } from '../find-candidate.js';
import { significant, type Output } from '../output.js';
import { withStore } from '../session.js';

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
      sameAs: (await findAll(store.collection('materials'), candidate.sameAs ?? [])).map(({ _id, provenance }) => ({ _id, provenance })),
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
      ...(candidate.summary?.warnings ?? []).map((warning) => `  warning: ${warning}`),
      ...calculations.map((it) => `  ${it.kind}: ${it.state}, ${it.points.total} points, ${it._id}`),
    ]);
    return 0;
  });
}
