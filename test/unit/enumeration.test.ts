import { describe, test } from 'vitest';
import type { MaterialDocument } from '../../connectors/store/document.js';
import { candidateDocuments } from '../../connectors/store/enumeration.js';
import { pack } from '../../connectors/store/nested-array.js';
import { buildPrototype, type PrototypeName } from '../../domain/prototype.js';

function material(id: string, prototype: PrototypeName, cell: { a: number; c?: number }, database = true): MaterialDocument {
  const structure = buildPrototype(prototype, { A: { Ti: 1 } }, cell);
  return {
    _id: id,
    formula: 'Ti',
    provenance: { source: id.split(':')[0] ?? '', sourceId: id },
    prototype,
    structure: pack(structure),
    ...(database && { digest: id }),
  };
}

const named = (materials: MaterialDocument[]) =>
  candidateDocuments('c', 1, materials, 'now').map(({ _id, material: own, sameAs }) => [_id, own, sameAs]);

describe('candidates', () => {
  test('that are one crystal in several databases are one, with all origins', ({ expect }) => {
    expect(
      named([
        material('generator:Ti-A3', 'A3', { a: 2.93, c: 4.65 }, false),
        material('materials-project:mp-46', 'A3', { a: 2.96, c: 4.63 }),
        material('optimade:x:1', 'A3', { a: 2.9, c: 4.6 }),
        material('optimade:x:2', 'A1', { a: 4.1 }),
      ]),
    ).toEqual([
      ['c/Ti-A3', 'generator:Ti-A3', ['materials-project:mp-46', 'optimade:x:1']],
      ['c/Ti-A1', 'optimade:x:2', undefined],
    ]);
  });

  test('of other axial ratios, or from files, stay apart', ({ expect }) => {
    expect(
      named([
        material('materials-project:mp-1', 'A3', { a: 2.9, c: 4.6 }),
        material('materials-project:mp-2', 'A3', { a: 2.6, c: 5.1 }),
        material('file:mine', 'A3', { a: 2.9, c: 4.6 }, false),
      ]).map(([id]) => id),
    ).toEqual(['c/Ti-A3', 'c/Ti-A3-2', 'c/Ti-A3-3']);
  });

  test('of databases carry their structure, which the next refresh may change', ({ expect }) => {
    const [fromDatabase, generated] = candidateDocuments(
      'c',
      1,
      [material('materials-project:mp-1', 'A3', { a: 2.9, c: 4.6 }), material('generator:Ti-A1', 'A1', { a: 4.1 }, false)],
      'now',
    );
    expect(fromDatabase?.structure).toBeDefined();
    expect(generated).not.toHaveProperty('structure');
  });
});
