/** Quotes one word for a POSIX shell. The only place where values enter shell text. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line for a POSIX shell from an argument list. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
