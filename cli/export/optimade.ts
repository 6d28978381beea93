import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import type { Composition } from '../../domain/composition.js';
import { overallComposition, reducedFormula } from '../../domain/formula.js';
import { cartesian, type Structure } from '../../domain/structure.js';
import { massU } from '../../domain/element.js';

const apiVersion = '1.2.0';

/** Our own properties, as the specification wants them described: a provider prefix, a type, a unit. */
const ownProperties = {
  _peierls_rank: ['integer', 'dimensionless', 'Place in the ranking of the campaign; 1 is the strongest.'],
  _peierls_campaign: ['string', null, 'Campaign that made the entry.'],
  _peierls_prototype: ['string', null, 'Strukturbericht name of the crystal.'],
  _peierls_stress: ['float', 'MPa', 'Predicted Peierls stress of the controlling dislocation.'],
  _peierls_stress_interval90: ['list', 'MPa', 'Interval that holds the true value in nine of ten cases.'],
  _peierls_slip_system: ['string', null, 'Slip system of the controlling dislocation.'],
  _peierls_character: ['string', null, 'Character of the controlling dislocation: edge or screw.'],
  _peierls_domain: ['string', null, 'Whether the predictor knows such crystals: inside, edge or outside.'],
  _peierls_predictor: ['string', null, 'What predicted.'],
  _peierls_model: ['string', null, 'Identity of the trained model.'],
  _peierls_density: ['float', 'g/cm^3', 'Mass density of the relaxed crystal.'],
  _peierls_energy_per_atom: ['float', 'eV', 'Energy of the relaxed crystal per atom; its zero is that of the calculator.'],
  _peierls_elastic_tensor: ['list', 'GPa', 'Elastic matrix in Voigt notation, in the axes of lattice_vectors.'],
  _peierls_bulk_modulus: ['float', 'GPa', 'Hill average.'],
  _peierls_shear_modulus: ['float', 'GPa', 'Hill average.'],
  _peierls_unstable_fault_energy: ['float', 'mJ/m^2', 'Of the slip system above.'],
  _peierls_intrinsic_fault_energy: ['float', 'mJ/m^2', 'Of the slip system above.'],
  _peierls_calculations: ['list', null, 'Identities of the calculations behind the entry: sha256 of their inputs.'],
} as const satisfies Record<string, readonly [type: string, unit: string | null, description: string]>;

/**
 * OPTIMADE JSON lines (specification v1.2): a header, the description of the entries, and one structure a line. Candidates without a relaxed
 * structure have no entry.
 */
export async function* optimadeExport(results: AsyncIterable<CandidateResult>): AsyncGenerator<string> {
  yield `${JSON.stringify({ 'x-optimade': { meta: { api_version: apiVersion } } })}\n`;
  yield `${JSON.stringify(entryInfo())}\n`;
  for await (const result of results) if (result.structure !== null) yield `${JSON.stringify(entry(result, result.structure))}\n`;
}

function entryInfo() {
  const properties = Object.fromEntries(
    Object.entries(ownProperties).map(([name, [type, unit, description]]) => [
      name,
      {
        title: name.replace('_peierls_', '').replaceAll('_', ' '),
        description,
        type,
        ...(unit !== null && { 'x-optimade-unit': unit, unit }),
      },
    ]),
  );
  return {
    type: 'info',
    id: 'structures',
    description: 'Relaxed alloys with elastic constants and predicted Peierls stresses',
    formats: ['json'],
    output_fields_by_format: { json: Object.keys(properties) },
    properties,
  };
}

function entry(result: CandidateResult, structure: Structure) {
  const { row, prediction, elastic } = result;
  const own: Record<keyof typeof ownProperties, unknown> = {
    _peierls_rank: row?.rank ?? null,
    _peierls_campaign: result.candidate.split('/')[0] ?? null,
    _peierls_prototype: result.prototype,
    _peierls_stress: row?.peierlsMpa ?? null,
    _peierls_stress_interval90: row?.interval90 ?? null,
    _peierls_slip_system: row?.slipSystem ?? null,
    _peierls_character: row?.character ?? null,
    _peierls_domain: row?.domain ?? null,
    _peierls_predictor: row?.predictor ?? null,
    _peierls_model: prediction?.model ?? null,
    _peierls_density: result.densityGPerCm3,
    _peierls_energy_per_atom: result.energyPerAtomEv,
    _peierls_elastic_tensor: elastic?.gpa ?? null,
    _peierls_bulk_modulus: elastic?.moduli.bulk ?? null,
    _peierls_shear_modulus: elastic?.moduli.shear ?? null,
    _peierls_unstable_fault_energy: row?.unstableFaultMjPerM2 ?? null,
    _peierls_intrinsic_fault_energy: row?.intrinsicFaultMjPerM2 ?? null,
    _peierls_calculations: result.calculations.map(({ id }) => id),
  };
  return {
    type: 'structures',
    id: result.candidate,
    attributes: { ...structureFields(structure), last_modified: seconds(result.updatedAt), immutable_id: relaxationOf(result), ...own },
  };
}

/** The standard fields of a structure, all of them required or recommended by the specification. */
function structureFields(structure: Structure) {
  const fractions = Object.entries(overallComposition(structure)).toSorted(([p], [q]) => (p < q ? -1 : 1));
  const reduced = reducedFormula(structure);
  const disordered = Object.values(structure.species).some((species) => Object.keys(species).length > 1);
  return {
    elements: fractions.map(([symbol]) => symbol),
    nelements: fractions.length,
    elements_ratios: fractions.map(([, share]) => share),
    chemical_formula_descriptive: reduced,
    // A formula of whole numbers, or none: fractions beyond any reasonable unit have no reduced formula.
    chemical_formula_reduced: reduced.includes('.') ? null : reduced,
    chemical_formula_anonymous: reduced.includes('.') ? null : anonymous(reduced),
    dimension_types: [1, 1, 1],
    nperiodic_dimensions: 3,
    lattice_vectors: structure.lattice,
    cartesian_site_positions: cartesian(structure),
    nsites: structure.sites.length,
    species_at_sites: structure.sites.map(({ species }) => species),
    species: Object.entries(structure.species).map(([name, composition]) => species(name, composition)),
    structure_features: disordered ? ['disorder'] : [],
  };
}

function species(name: string, composition: Composition) {
  const symbols = Object.keys(composition);
  return {
    name,
    chemical_symbols: symbols,
    concentration: Object.values(composition),
    mass: symbols.map((symbol) => massU({ [symbol]: 1 })),
  };
}

/** `AlNi3` -> `A3B`: amounts in falling order under the letters of the alphabet. */
function anonymous(reduced: string): string {
  const amounts = [...reduced.matchAll(/[A-Z][a-z]?(\d*)/g)].map(([, amount]) => Number(amount === '' ? 1 : amount));
  return amounts
    .sort((a, b) => b - a)
    .map((amount, index) => String.fromCodePoint(65 + index) + (amount === 1 ? '' : String(amount)))
    .join('');
}

/** RFC 3339 without fractions of a second, as the specification wants it. */
function seconds(instant: string): string {
  return instant.replace(/\.\d+Z$/, 'Z');
}

function relaxationOf({ calculations, candidate }: CandidateResult): string {
  return calculations.find(({ kind }) => kind === 'relaxation')?.id ?? candidate;
}
