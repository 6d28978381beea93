import type { ComputerSettings } from '../../../domain/computer.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { Installation } from '../../../workers/config.js';

/** The settings of a computer. Throws `InvalidInput` for a name that is not configured. */
export function configured({ computers, file }: Installation, name: string): ComputerSettings {
  const settings = Object.hasOwn(computers, name) ? computers[name] : undefined;
  if (settings === undefined)
    throw new InvalidInput(`the computer "${name}" is not configured`, {
      file,
      path: 'computers',
      value: name,
      remedy: `Use one of ${Object.keys(computers).join(', ')}, or add it: peierls computer import, or by hand.`,
    });
  return settings;
}
