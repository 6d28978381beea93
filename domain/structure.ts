import { z } from 'zod';
import { Composition } from './composition.js';
import { determinant } from './vector.js';

export { cartesian, deformed, volume } from './cartesian.js';

const Vec3Schema = z.tuple([z.number(), z.number(), z.number()]);

/** One atom position: a species label of the structure and fractional coordinates. */
export const Site = z.strictObject({ species: z.string().min(1), position: Vec3Schema });
export type Site = z.infer<typeof Site>;

/**
 * Periodic atoms. `lattice` holds the three lattice vectors as rows, in angstrom, right-handed; `sites[].position` is fractional.
 * `species` says what each label is made of: a pure element (`{ Al: { Al: 1 } }`) or an average atom of a solid solution
 * (`{ Cu3Au: { Cu: 0.75, Au: 0.25 } }`).
 */
export const Structure = z
  .strictObject({
    lattice: z.tuple([Vec3Schema, Vec3Schema, Vec3Schema]),
    sites: z.array(Site).min(1),
    species: z.record(z.string(), Composition),
    /** Of a special quasirandom structure: conventional cells of its prototype along the three axes. Absent in a conventional cell. */
    repeats: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]).optional(),
  })
  .superRefine((structure, context) => {
    const volume = determinant(structure.lattice);
    if (!(volume > 1))
      context.addIssue({
        code: 'custom',
        path: ['lattice'],
        message: `cell volume is ${volume} cubic angstrom; lattice vectors must be right-handed and span more than 1`,
      });
    for (const [index, site] of structure.sites.entries()) {
      if (structure.species[site.species] === undefined)
        context.addIssue({
          code: 'custom',
          path: ['sites', index, 'species'],
          message: `species "${site.species}" is not described under "species"`,
        });
    }
  });
export type Structure = z.infer<typeof Structure>;
