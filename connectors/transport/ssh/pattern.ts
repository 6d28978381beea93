/** Whether a host matches one OpenSSH pattern: `*` is any text, `?` one character, case does not matter. */
export function matchesPattern(pattern: string, host: string): boolean {
  const source = pattern
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(host.toLowerCase());
}

/** Whether a host matches a list of patterns: one must match, and none of those that begin with `!`. */
export function matchesList(patterns: readonly string[], host: string): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), host))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, host));
}
