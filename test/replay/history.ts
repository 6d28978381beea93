import { readFileSync } from 'node:fs';
import { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;

/**
 * Reads a history in the JSON of the Temporal command line and UI. The SDK's own reader needs all its packages to share one copy of
 * protobufjs, which npm does not promise ("type must be a Type"); what differs from plain protobuf objects are only instants and durations.
 */
export function readHistory(file: string): History {
  return temporal.api.history.v1.History.fromObject(plain(JSON.parse(readFileSync(file, 'utf8'))) as Record<string, unknown>);
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return secondsAndNanos(value) ?? value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  // Payloads are base64 and stay as they are.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'data' || key === 'metadata' ? inner : plain(inner)]),
  );
}

function secondsAndNanos(text: string): { seconds: string; nanos: number } | undefined {
  // 2026-11-22T17:06:15.781580694Z
  const instant = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/.exec(text);
  if (instant !== null) return { seconds: String(Date.parse(`${instant[1] ?? ''}Z`) / 1000), nanos: nanos(instant[2]) };
  // 60s, 0.500s
  const duration = /^(\d+)(\.\d+)?s$/.exec(text);
  return duration === null ? undefined : { seconds: duration[1] ?? '0', nanos: nanos(duration[2]) };
}

function nanos(fraction: string | undefined): number {
  return Math.round(Number(fraction ?? 0) * 1e9);
}
