import { describe, test } from 'vitest';
import { rootCause } from '../../domain/root-cause.js';

describe('the root cause', () => {
  test('is the innermost message, without the layers that carried it', ({ expect }) => {
    const inner = new Error('no space left on device');
    expect(rootCause(new Error('child failed', { cause: new Error('activity failed', { cause: inner }) }))).toBe('no space left on device');
  });

  test('stops at a cause that is not an error', ({ expect }) => {
    expect(rootCause(new Error('disk full', { cause: { code: 28 } }))).toBe('disk full');
  });

  test('of something thrown that is no error is its text', ({ expect }) => {
    expect(rootCause('boom')).toBe('boom');
    expect(rootCause(undefined)).toBe('undefined');
  });
});
