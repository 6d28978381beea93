import { statSync } from 'node:fs';
import { PermissionDenied } from '../../../domain/failures.js';

/**
 * Stops after the first refused login: repeating one gets accounts and addresses banned. It closes again when an operator has changed one
 * of the files that the login depends on (keys, known hosts, configuration), when `close` is called, or with a new process.
 */
export class Breaker {
  readonly #host: string;
  readonly #files: readonly string[];
  #failure: { reason: string; stamp: string } | undefined;

  constructor(host: string, files: readonly string[]) {
    this.#host = host;
    this.#files = files;
  }

  get isOpen(): boolean {
    return this.#failure !== undefined && this.#failure.stamp === this.#stamp();
  }

  /** Throws `PermissionDenied` while open. */
  check(): void {
    if (this.#failure === undefined) return;
    if (!this.isOpen) this.close();
    else throw this.#refusal(this.#failure.reason);
  }

  /** Opens, and returns the error to throw. */
  open(reason: string, cause?: unknown): PermissionDenied {
    this.#failure = { reason, stamp: this.#stamp() };
    return this.#refusal(reason, cause);
  }

  close(): void {
    this.#failure = undefined;
  }

  #refusal(reason: string, cause?: unknown): PermissionDenied {
    const files = this.#files.join(', ');
    return new PermissionDenied(`no login to ${this.#host}: ${reason}`, {
      remedy: `Nothing more is tried, so that the account is not blocked. To resume, correct the cause${files === '' ? '' : ` (a change of ${files} is noticed)`}, or restart the workers.`,
      ...(cause !== undefined && { cause }),
    });
  }

  #stamp(): string {
    return this.#files
      .map((file) => {
        const stat = statSync(file, { throwIfNoEntry: false });
        return stat === undefined ? 'missing' : `${stat.mtimeMs}/${stat.size}`;
      })
      .join(' ');
  }
}
