import { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker';

/** The SDK sends at most one heartbeat per 0.8 of the timeout; offering one this often costs nothing. */
const beatMs = 5000;

/**
 * Beats for every activity that has a heartbeat timeout, as long as it runs: a worker that is killed is then noticed within that time, not
 * after the time that the work may take. Cancellation arrives with the same beats.
 */
export function heartbeatInterceptor(): ActivityInterceptors {
  const inbound: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      const context = Context.current();
      if (context.info.heartbeatTimeoutMs === undefined) return next(input);
      const beat = setInterval(() => context.heartbeat(), beatMs);
      try {
        return await next(input);
      } finally {
        clearInterval(beat);
      }
    },
  };
  return { inbound };
}
