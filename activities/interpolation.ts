import type { CandidateDocument, PropertyDocument } from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../connectors/store/property.js';
import { findAll, type Store } from '../connectors/store/store.js';
import { compositionDistance, leastSamples } from '../domain/composition-sample.js';
import type { Composition } from '../domain/composition.js';
import { elasticGates } from '../domain/elastic-gate.js';
import { polycrystalModuli } from '../domain/elastic-tensor.js';
import { fitInterpolation, weightedSum, type Interpolation } from '../domain/interpolation.js';
import { buildPrototype, prototypes, type PrototypeName } from '../domain/prototype.js';
import { digest } from './prediction-question.js';

/** What calculations give for a simulated candidate, and an interpolation for the others. */
export interface CandidateProperties {
  relaxation: RelaxationProperty;
  elastic: ElasticProperty;
  surfaces: GammaProperty[];
}

/** One simulated candidate of a family, as the interpolation reads it. */
export interface Sample extends CandidateProperties {
  candidate: CandidateDocument;
  composition: Composition;
}

interface SampledSurface {
  samples: Sample[];
  values: GammaProperty[];
  interpolation: Interpolation;
}

/** The simulated solid solutions of one crystal in one campaign. */
export class Family {
  readonly samples: readonly Sample[];
  /** Changes with the samples. */
  readonly digest: string;
  readonly #prototype: PrototypeName;
  readonly #tensors: Interpolation;
  /** By slip system; only of samples whose surface was computed. */
  readonly #surfaces: SampledSurface[];

  constructor(prototype: PrototypeName, samples: readonly Sample[]) {
    this.samples = samples;
    this.digest = digest(samples.flatMap(({ candidate }) => candidate.calculations.map(({ id }) => id)).toSorted());
    this.#prototype = prototype;
    this.#tensors = fitInterpolation(
      samples.map(({ composition }) => composition),
      samples.map(({ relaxation: { a, c = 0 }, elastic }) => [a, c, ...Object.values(elastic.constants)]),
    );
    const systems = [...new Set(samples.flatMap(({ surfaces }) => surfaces.map(({ slipSystem }) => slipSystem)))].toSorted();
    this.#surfaces = systems.flatMap((system) => {
      const own = samples.flatMap((sample) => {
        const surface = sample.surfaces.find(({ slipSystem }) => slipSystem === system);
        return surface === undefined ? [] : [{ sample, surface }];
      });
      if (own.length < leastSamples) return [];
      const values = own.map(({ surface }) => surface);
      const compositions = own.map(({ sample }) => sample.composition);
      const interpolation = fitInterpolation(
        compositions,
        values.map(({ mjPerM2 }) => mjPerM2.flat()),
      );
      return [{ samples: own.map(({ sample }) => sample), values, interpolation }];
    });
  }

  /** Properties of a composition, from those of the samples. */
  at(composition: Composition): CandidateProperties {
    return this.#from(composition, this.#tensors.weights(composition), ({ interpolation }) => interpolation.weights(composition));
  }

  /** What the interpolation would say of a sample if that one had not been simulated. */
  without(index: number): CandidateProperties {
    const sample = this.samples[index];
    if (sample === undefined) throw new RangeError(`there is no sample ${index}`);
    return this.#from(
      sample.composition,
      this.#tensors.leftOut[index] ?? [],
      ({ samples, interpolation }) => interpolation.leftOut[samples.indexOf(sample)] ?? interpolation.weights(sample.composition),
    );
  }

  nearest(composition: Composition): { candidate: string; distance: number } {
    const [first] = this.samples
      .map(({ candidate, composition: other }) => ({ candidate: candidate._id, distance: compositionDistance(composition, other) }))
      .toSorted((a, b) => a.distance - b.distance);
    if (first === undefined) throw new RangeError('a family has samples');
    return first;
  }

  #from(
    composition: Composition,
    weights: readonly number[],
    ofSurface: (surface: SampledSurface) => readonly number[],
  ): CandidateProperties {
    const size = weightedSum(
      this.samples.map(({ relaxation: { a, c, energyPerAtomEv } }) => ({ a, ...(c !== undefined && { c }), energyPerAtomEv })),
      weights,
    );
    const { gpa, constants } = weightedSum(
      this.samples.map(({ elastic }) => ({ gpa: elastic.gpa, constants: elastic.constants })),
      weights,
    );
    const structure = buildPrototype(this.#prototype, { A: composition }, size);
    const report = elasticGates({ gpa, axes: 'crystal' }, prototypes[this.#prototype].crystalSystem);
    const { bulk, shear, young, poisson } = polycrystalModuli({ gpa, axes: 'crystal' });
    return {
      relaxation: { structure, ...size },
      elastic: {
        gpa,
        constants,
        residualGpa: 0,
        residualStressGpa: 0,
        report,
        moduli: { bulk: bulk.hill, shear: shear.hill, young, poisson },
      },
      surfaces: this.#surfaces.flatMap((surface) => {
        const [first] = surface.values;
        if (first === undefined) return [];
        // Weights sum to 1 nearly: what says where things are, and not how large, is the same for all.
        const { points, cut, plane, burgersFraction } = first;
        return [{ ...weightedSum(surface.values, ofSurface(surface)), points, cut, plane, burgersFraction, warnings: [] }];
      }),
    };
  }
}

/** The families of campaigns that are being interpolated, read once and kept: a batch asks for the same one hundreds of times. */
export class Families {
  readonly #store: Store;
  readonly #kept = new Map<string, { revision: number; families: Map<PrototypeName, Family> }>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Undefined where too few of that crystal were simulated with success. */
  async of(campaign: string, revision: number, prototype: PrototypeName): Promise<Family | undefined> {
    const kept = this.#kept.get(campaign);
    if (kept?.revision === revision) return kept.families.get(prototype);
    const families = await this.#read(campaign);
    this.#kept.clear();
    this.#kept.set(campaign, { revision, families });
    return families.get(prototype);
  }

  /** Samples may have been added or repeated since. */
  forget(): void {
    this.#kept.clear();
  }

  async #read(campaign: string): Promise<Map<PrototypeName, Family>> {
    const candidates = await this.#store.collection('candidates').find({ campaign }).toArray();
    const samples = new Map<PrototypeName, Sample[]>();
    for (const candidate of candidates) {
      const { interpolate, composition, prototype } = candidate;
      if (interpolate === true || composition === undefined) continue;
      const sample = await this.#sample(candidate, composition);
      if (sample !== undefined) samples.set(prototype, [...(samples.get(prototype) ?? []), sample]);
    }
    return new Map(
      [...samples].flatMap(([prototype, own]): [PrototypeName, Family][] =>
        own.length < leastSamples ? [] : [[prototype, new Family(prototype, own)]],
      ),
    );
  }

  /** A crystal that is not stable has a tensor too: without it nobody would see where stability ends. */
  async #sample(candidate: CandidateDocument, composition: Composition): Promise<Sample | undefined> {
    const properties = await findAll(
      this.#store.collection('properties'),
      candidate.calculations.map(({ id }) => id),
    );
    const values = (kind: PropertyDocument['kind']): unknown[] =>
      properties.filter((it) => it.kind === kind).map(({ value }) => unpack(value));
    const [relaxation] = values('relaxation');
    const [elastic] = values('elastic-tensor');
    if (relaxation === undefined || elastic === undefined) return undefined;
    return {
      candidate,
      composition,
      relaxation: RelaxationProperty.parse(relaxation),
      elastic: ElasticProperty.parse(elastic),
      surfaces: values('gamma-surface').map((value) => GammaProperty.parse(value)),
    };
  }
}
