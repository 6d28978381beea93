import { InvalidInput } from '../../domain/failures.js';

/** The value of a variable that a channel names. Throws `InvalidInput` when the worker does not have it. */
export function secretOf(environment: NodeJS.ProcessEnv, variable: string, channel: string): string {
  const value = environment[variable];
  if (value === undefined || value === '')
    throw new InvalidInput('the environment variable is not set', {
      file: 'notifications.yaml',
      path: `${channel}: ${variable}`,
      remedy: 'Set it where the workers are started (peierls up), and start them again',
    });
  return value;
}
