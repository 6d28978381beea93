import { describe, test } from 'vitest';
import { canonicalJson } from '../../domain/canonical.js';

describe('the canonical text of inputs', () => {
  test('does not depend on the order of keys, at any depth', ({ expect }) => {
    expect(canonicalJson({ b: { y: 1, x: [{ q: 1, p: 2 }] }, a: 'Cu' })).toBe('{"a":"Cu","b":{"x":[{"p":2,"q":1}],"y":1}}');
  });

  test('keeps the order of arrays, which has a meaning', ({ expect }) => {
    expect(canonicalJson([3, 1, 2])).not.toBe(canonicalJson([1, 2, 3]));
  });

  test('leaves out what is undefined and keeps what is null', ({ expect }) => {
    expect(canonicalJson({ c: undefined, a: null })).toBe('{"a":null}');
    expect(canonicalJson([undefined, null])).toBe('[null,null]');
  });

  test('writes numbers that differ beyond 12 digits alike', ({ expect }) => {
    expect(canonicalJson(0.1 + 0.2)).toBe('0.3');
    expect(canonicalJson(3.615)).not.toBe(canonicalJson(3.615_000_000_01));
    expect(canonicalJson(1.0)).toBe(canonicalJson(1));
    expect(canonicalJson(-0)).toBe('0');
    expect(canonicalJson(1e21)).toBe('1e+21');
  });

  test('is itself JSON of the same meaning', ({ expect }) => {
    const value = { text: 'a "quoted"\nline \u2028', flags: [true, false, null], nested: { deep: [[1.5], []] } };
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
  });

  test.for([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d, which has no JSON', (value, { expect }) => {
    expect(() => canonicalJson({ cell: [value] })).toThrow(RangeError);
  });
});
