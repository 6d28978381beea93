import { describe, it } from 'vitest';
import * as failures from '../../domain/failures.js';

const { HostUnreachable, InvalidInput, MissingFile, MissingPseudopotential, PermissionDenied, RateLimited, ReplyNotUnderstood } = failures;
const { SchedulerBusy, ServiceUnavailable, StoreUnavailable, UnsupportedElement } = failures;

describe('failures', () => {
  it.for([InvalidInput, UnsupportedElement, MissingPseudopotential, MissingFile, PermissionDenied])(
    '%o is never retried',
    (Kind, { expect }) => {
      const error = new Kind('no');
      expect(error).toMatchObject({ family: 'invalid', name: Kind.name, message: 'no' });
      expect(error).toBeInstanceOf(failures.Invalid);
      expect(error).toBeInstanceOf(Error);
    },
  );

  it.for([ServiceUnavailable, RateLimited, StoreUnavailable, ReplyNotUnderstood, SchedulerBusy, HostUnreachable])(
    '%o is retried',
    (Kind, { expect }) => {
      expect(new Kind('later')).toMatchObject({ family: 'unavailable', name: Kind.name, message: 'later', retryAfterSeconds: undefined });
      expect(new Kind('later')).toBeInstanceOf(failures.Unavailable);
    },
  );

  it('say where an input is wrong, what was found and what to do', ({ expect }) => {
    const error = new InvalidInput('the scale is zero', { file: 'POSCAR', path: 'line 2', value: 0, remedy: 'Write 1.0' });
    expect(error.message).toBe('POSCAR: line 2: the scale is zero (found 0). Write 1.0');
    expect(error).toMatchObject({ problem: 'the scale is zero', file: 'POSCAR', path: 'line 2', value: 0, remedy: 'Write 1.0' });
  });

  it('show values that JSON cannot write and shorten long ones', ({ expect }) => {
    expect(new InvalidInput('not finite', { value: Number.NaN }).message).toBe('not finite (found NaN)');
    expect(new InvalidInput('too long', { value: 'x'.repeat(500) }).message.length).toBeLessThan(110);
  });

  it('carry their cause and the time that a service asked for', ({ expect }) => {
    const cause = new Error('429');
    const error = new RateLimited('slow down', { cause, retryAfterSeconds: 60 });
    expect(error.cause).toBe(cause);
    expect(error.retryAfterSeconds).toBe(60);
    expect(new InvalidInput('no').cause).toBeUndefined();
  });
});
