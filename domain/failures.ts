/**
 * Errors of the first two families of the style guide, decided where they are born. The third family, calculation outcomes, is a value
 * and never an exception. Messages say what failed, on what, and what to do.
 */
export const failureFamilies = ['invalid', 'unavailable'] as const;
export type FailureFamily = (typeof failureFamilies)[number];

/** Base of every error a connector throws on purpose. */
export abstract class Failure extends Error {
  abstract readonly family: FailureFamily;
  abstract override readonly name: string;
}

/** The request can never succeed as it is: never retried. Says where, what was found and what to do, as far as that is known. */
export abstract class Invalid extends Failure {
  override readonly family = 'invalid';
  readonly problem: string;
  readonly file: string | undefined;
  readonly path: string | undefined;
  readonly value: unknown;
  readonly remedy: string | undefined;

  constructor(problem: string, place: InputPlace = {}) {
    super(sentence(problem, place), causeOf(place));
    this.problem = problem;
    this.file = place.file;
    this.path = place.path;
    this.value = place.value;
    this.remedy = place.remedy;
  }
}

/** The world is not ready: retried with backoff. */
export abstract class Unavailable extends Failure {
  override readonly family = 'unavailable';
  /** How long the other side asked us to wait, where it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: UnavailableOptions = {}) {
    super(message, causeOf(options));
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export interface UnavailableOptions {
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** Where an input is wrong and what to do about it. */
export interface InputPlace {
  file?: string;
  /** A field path (`computers.hawk.account`) or a line (`line 12`). */
  path?: string;
  value?: unknown;
  remedy?: string;
  cause?: unknown;
}

/** Something a person wrote, or a file they gave us, cannot be used. */
export class InvalidInput extends Invalid {
  override readonly name: string = 'InvalidInput';
}

/** A calculator, potential or model has no parameters for an element. */
export class UnsupportedElement extends InvalidInput {
  override readonly name = 'UnsupportedElement';
}

/** A pseudopotential that the calculation needs is not where the configuration says. */
export class MissingPseudopotential extends Invalid {
  override readonly name = 'MissingPseudopotential';
}

/** A file that must exist does not. */
export class MissingFile extends InvalidInput {
  override readonly name = 'MissingFile';
}

/** We are known and may not do this; asking again changes nothing. */
export class PermissionDenied extends Invalid {
  override readonly name = 'PermissionDenied';
}

/** A web service or server process does not answer, or answers with its own failure. */
export class ServiceUnavailable extends Unavailable {
  override readonly name = 'ServiceUnavailable';
}

/** A service asks us to slow down; `retryAfterSeconds` says until when, where it told us. */
export class RateLimited extends Unavailable {
  override readonly name = 'RateLimited';
}

/** The document store does not answer. */
export class StoreUnavailable extends Unavailable {
  override readonly name = 'StoreUnavailable';
}

/** A reply arrived that no parser of ours understands: cut short, or from another program version. */
export class ReplyNotUnderstood extends Unavailable {
  override readonly name = 'ReplyNotUnderstood';
}

/** The queue system is there and cannot take the request now. */
export class SchedulerBusy extends Unavailable {
  override readonly name = 'SchedulerBusy';
}

/** A computer takes nothing now: held after a refused login, drained by an operator, or its budget is spent. Waiting for a person is no failure. */
export class ComputerHeld extends Unavailable {
  override readonly name = 'ComputerHeld';
}

/** No connection to a computer. */
export class HostUnreachable extends Unavailable {
  override readonly name = 'HostUnreachable';
}

function sentence(problem: string, { file, path, value, remedy }: InputPlace): string {
  const place = [file, path].filter((part) => part !== undefined).join(': ');
  const shown = value === undefined ? '' : ` (found ${shortened(value)})`;
  return `${place === '' ? '' : `${place}: `}${problem}${shown}${remedy === undefined ? '' : `. ${remedy}`}`;
}

/** A value as one short piece of text; NaN and infinities stay readable where JSON would print null. */
export function shortened(value: unknown, length = 80): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function causeOf({ cause }: { cause?: unknown }): ErrorOptions {
  return cause === undefined ? {} : { cause };
}
