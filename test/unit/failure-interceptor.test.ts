import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, test } from 'vitest';
import { asFailure } from '../../activities/failure-interceptor.js';
import { HostUnreachable, InvalidInput, RateLimited, StoreUnavailable, UnsupportedElement } from '../../domain/failures.js';

const named = (name: string, message = 'broken') => Object.assign(new Error(message), { name });

describe('failures of activities', () => {
  test.for([new InvalidInput('no such potential'), new UnsupportedElement('no Xe')])(
    'that are invalid are final: %o',
    (error, { expect }) => {
      expect(asFailure(error, 1)).toMatchObject({ type: error.name, message: error.message, nonRetryable: true, cause: error });
    },
  );

  test.for([new HostUnreachable('hawk is away'), new StoreUnavailable('no answer')])(
    'that mean the world is not ready are tried again for ever: %o',
    (error, { expect }) => {
      expect(asFailure(error, 1000)).toMatchObject({ type: error.name, nonRetryable: false, nextRetryDelay: undefined });
    },
  );

  test('wait as long as the other side asked', ({ expect }) => {
    expect(asFailure(new RateLimited('slow down', { retryAfterSeconds: 90 }), 1)).toMatchObject({ nextRetryDelay: 90_000 });
  });

  test.for([
    'MongoNetworkError',
    'MongoNetworkTimeoutError',
    'MongoServerSelectionError',
    'MongoNotConnectedError',
    'MongoPoolClearedError',
    'MongoTopologyClosedError',
  ])('of the driver mean that the store is away: %s', (name, { expect }) => {
    expect(asFailure(named(name), 1000)).toMatchObject({ type: 'StoreUnavailable', nonRetryable: false });
  });

  test('that nobody foresaw are tried five times and then shown to a person', ({ expect }) => {
    expect(asFailure(new TypeError('x is undefined'), 4)).toMatchObject({ type: 'TypeError', nonRetryable: false });
    expect(asFailure(new TypeError('x is undefined'), 5)).toMatchObject({ type: 'TypeError', nonRetryable: true });
  });

  test('that are not errors at all are final', ({ expect }) => {
    expect(asFailure('boom', 1)).toMatchObject({ message: 'boom', nonRetryable: true });
  });

  test('that Temporal made itself pass unchanged, cancellation among them', ({ expect }) => {
    const own = ApplicationFailure.retryable('later', 'Own');
    const cancelled = new CancelledFailure('asked to stop');
    const aborted = named('AbortError');
    expect(asFailure(own, 1)).toBe(own);
    expect(asFailure(cancelled, 1)).toBe(cancelled);
    expect(asFailure(aborted, 1)).toBe(aborted);
  });
});
