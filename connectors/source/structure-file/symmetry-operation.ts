import { InvalidInput } from '../../../domain/failures.js';
import { add, matVec, type Mat3, type Vec3 } from '../../../domain/vector.js';

/** Fractional coordinates r become rotation r + translation. */
export interface SymmetryOperation {
  rotation: Mat3;
  translation: Vec3;
}

/** Reads `-y+1/2, x, z+0.25` in any order of terms and either case. */
export function symmetryOperation(text: string, file: string, place: string): SymmetryOperation {
  const parts = text
    .toLowerCase()
    .replaceAll(/[\s'"]/g, '')
    .split(',');
  const rows = parts.map((part) => component(part));
  const [x, y, z] = rows;
  if (rows.length !== 3 || x === undefined || y === undefined || z === undefined)
    throw new InvalidInput('this is not a symmetry operation', {
      file,
      path: place,
      value: text,
      remedy: 'Write three components such as -y+1/2, x, z',
    });
  return { rotation: [x.factors, y.factors, z.factors], translation: [x.shift, y.shift, z.shift] };
}

export function applyOperation({ rotation, translation }: SymmetryOperation, position: Vec3): Vec3 {
  return add(matVec(rotation, position), translation);
}

/** `-y+1/2` -> factors [0, -1, 0] and shift 0.5; undefined when a character is left over. */
function component(text: string): { factors: Vec3; shift: number } | undefined {
  const factors: Vec3 = [0, 0, 0];
  let shift = 0;
  // `+1/2`, `-y`, `.25`, `x`
  const term = /([+-]?)(?:(\d*\.?\d+)(?:\/(\d+))?|([xyz]))/y;
  while (term.lastIndex < text.length) {
    const [, sign, numerator, denominator, axis] = term.exec(text) ?? [];
    if (sign === undefined) return undefined;
    const size = (sign === '-' ? -1 : 1) * (numerator === undefined ? 1 : Number(numerator) / Number(denominator ?? 1));
    if (axis === 'x') factors[0] += size;
    else if (axis === 'y') factors[1] += size;
    else if (axis === 'z') factors[2] += size;
    else shift += size;
  }
  return factors.some((factor) => factor !== 0) ? { factors, shift } : undefined;
}
