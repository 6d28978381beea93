import { describe, test } from 'vitest';
import { momentLost } from '../../domain/magnetic-set.js';
import type { PointResult } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';

const point = (magneticMoment?: number): PointResult => ({
  energyEv: 0,
  structure: buildPrototype('A2', { A: { Fe: 1 } }),
  maxForceEvPerAngstrom: 0,
  ...(magneticMoment !== undefined && { magneticMoment }),
});

describe('a set of points', () => {
  test('of which one has lost its moment is named with it', ({ expect }) => {
    expect(momentLost({ 'strain/e1/+0.01': point(4.5), 'strain/e1/-0.01': point(0.02), 'strain/e4/+0.01': point(4.4) })).toBe(
      'Bohr magnetons an atom: strain/e1/-0.01 0.01, where strain/e1/+0.01 has 2.25',
    );
  });

  test('with moments that follow the strain is one set, and so is one that points down', ({ expect }) => {
    expect(momentLost({ a: point(4.5), b: point(4.2), c: point(-4.4) })).toBeUndefined();
  });

  test('without moments is one set', ({ expect }) => {
    expect(momentLost({ a: point(), b: point() })).toBeUndefined();
    expect(momentLost({ a: point(0.003), b: point(0) })).toBeUndefined();
  });
});
