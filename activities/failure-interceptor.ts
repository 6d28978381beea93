import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker';
import { Invalid, Unavailable } from '../domain/failures.js';

/** A fault of ours may be a glitch; after this many tries it is a bug that a person must see. */
const triesOfUnknownFailure = 5;

/** The only code that makes a Temporal failure of an error: type, whether to try again, and when. */
export function failureInterceptor(): ActivityInterceptors {
  const inbound: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        throw asFailure(error, Context.current().info.attempt);
      }
    },
  };
  return { inbound };
}

/** Failure families: invalid is final, unavailable is retried (when the other side said so, if it did), anything else a few times. */
export function asFailure(error: unknown, attempt: number): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (!(error instanceof Error)) return ApplicationFailure.nonRetryable(String(error), 'UnknownFailure');
  if (error instanceof Invalid)
    return ApplicationFailure.create({ message: error.message, type: error.name, nonRetryable: true, cause: error });
  if (error instanceof Unavailable) {
    const { retryAfterSeconds } = error;
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      nonRetryable: false,
      cause: error,
      ...(retryAfterSeconds !== undefined && { nextRetryDelay: retryAfterSeconds * 1000 }),
    });
  }
  if (error.name === 'AbortError' || error.name === 'CancelledFailure') return error;
  // The driver's own network errors: the store is away.
  if (/^Mongo(Network|ServerSelection|NotConnected|PoolCleared|Topology)/.test(error.name))
    return ApplicationFailure.create({
      message: `the store does not answer: ${error.message}`,
      type: 'StoreUnavailable',
      nonRetryable: false,
      cause: error,
    });
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: attempt >= triesOfUnknownFailure,
    cause: error,
  });
}
