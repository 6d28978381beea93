import { Cron } from 'croner';
import { InvalidInput } from '../domain/failures.js';

const example = 'Five fields: minute hour day-of-month month day-of-week, for instance "0 3 * * 1" for Mondays at 3';

/** Checks a cron expression before the server sees it, and returns the next three times it stands for. Throws `InvalidInput`. */
export function cronTimes(text: string, timeZone: string): Date[] {
  const refuse = (problem: string): InvalidInput => new InvalidInput(problem, { path: '--cron', value: text, remedy: example });
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) throw refuse(`a cron expression has five fields, not ${fields.length}`);
  // L, W and # are extensions that the server does not know.
  if (!fields.every((field) => /^[\dA-Za-z*,/-]+$/.test(field) && !/(?:^|,|\d)[LW](?:$|,)/i.test(field)))
    throw refuse('a field holds numbers, names of months or days, and * , / -');
  if (fields[2] !== '*' && fields[4] !== '*')
    throw refuse('give a day of the month or a day of the week; with both, both would have to match');
  try {
    Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new InvalidInput('this is no time zone', {
      path: '--time-zone',
      value: timeZone,
      remedy: 'Use a name such as UTC or Europe/Berlin',
    });
  }
  try {
    const times = new Cron(text, { paused: true, timezone: timeZone }).nextRuns(3);
    if (times.length > 0) return times;
  } catch (error) {
    throw refuse(error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error));
  }
  throw refuse('this never happens');
}

/** `90s`, `10m`, `6h`, `2d` in milliseconds. */
export function milliseconds(text: string, path: string): number {
  const [, amount, unit] = /^(\d+)\s*(s|m|h|d)$/.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined)
    throw new InvalidInput('a time is a whole number and s, m, h or d', { path, value: text, remedy: 'Write for instance 10m or 6h' });
  return Number(amount) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's' | 'm' | 'h' | 'd'];
}
