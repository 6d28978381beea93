import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import { cartesian, volume, type Structure } from '../../domain/structure.js';
import { dot, norm, type Vec3 } from '../../domain/vector.js';
import { flatResult } from './table.js';

/**
 * A JSON list of `Structure.as_dict()` of pymatgen: `[Structure.from_dict(it) for it in json.load(file)]`. The flat record of each result is
 * in its `properties`. Candidates without a relaxed structure are left out.
 */
export async function* pymatgenExport(results: AsyncIterable<CandidateResult>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const result of results) {
    if (result.structure === null) continue;
    yield separator + JSON.stringify(asDict(result, result.structure));
    separator = ',\n';
  }
  yield separator.startsWith('[') ? '[]\n' : '\n]\n';
}

function asDict(result: CandidateResult, structure: Structure) {
  const [a, b, c] = structure.lattice;
  const angle = (p: Vec3, q: Vec3): number => (Math.acos(dot(p, q) / (norm(p) * norm(q))) * 180) / Math.PI;
  const xyz = cartesian(structure);
  return {
    '@module': 'pymatgen.core.structure',
    '@class': 'Structure',
    id: result.candidate,
    charge: 0,
    lattice: {
      matrix: structure.lattice,
      pbc: [true, true, true],
      a: norm(a),
      b: norm(b),
      c: norm(c),
      alpha: angle(b, c),
      beta: angle(a, c),
      gamma: angle(a, b),
      volume: volume(structure),
    },
    sites: structure.sites.map(({ species, position }, index) => ({
      species: Object.entries(structure.species[species] ?? {}).map(([element, occu]) => ({ element, occu })),
      abc: position,
      xyz: xyz[index],
      label: species,
      properties: {},
    })),
    properties: flatResult(result),
  };
}
