/** Ends an exhaustive `switch`: a new variant becomes a compile error here. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
