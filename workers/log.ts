/** What a worker process says of itself: warnings and errors, one line each, on stderr. */
export const errorsOnly = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  // Queues without workflows are so on purpose; the SDK thinks it worth a warning.
  warn: (message: string, meta?: Record<string, unknown>) => {
    if (!message.startsWith('No workflows registered')) write('warn', message, meta);
  },
  error: (message: string, meta?: Record<string, unknown>) => write('error', message, meta),
};

function write(level: string, message: string, meta: Record<string, unknown> = {}): void {
  const failure = meta['error'] instanceof Error ? meta['error'].message : '';
  process.stderr.write(
    `${new Date().toISOString()} ${level} ${message} ${textOf(meta['activityType']) ?? textOf(meta['workflowType']) ?? ''} ${failure}\n`,
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
