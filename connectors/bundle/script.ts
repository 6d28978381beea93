import { commandLine, quote } from '../transport/shell.js';

export interface BundlePoint {
  /** Folder under `points/`; unique and fit for a path. */
  folder: string;
  /** Arguments for the code's command. */
  args: string[];
  /** Runs the command, which it gets as further arguments. A session has none. */
  wrapper?: readonly string[];
}

export interface BundleScript {
  /** Name of the attempt: job name, marker prefix. */
  attempt: string;
  /** Program and first arguments of the code on this computer. */
  command: readonly string[];
  /** A form of the command that serves many points: a line `folder<TAB>arguments` in, a line with the exit code out. */
  session?: readonly string[] | undefined;
  /** Scheduler header and slot lines. */
  preamble: readonly string[];
  points: readonly BundlePoint[];
  /** Points that run at the same time; a session serves one after the other. Default 1. */
  parallel?: number;
  /** Variables that the code finds in its environment. */
  environment?: Readonly<Record<string, string>>;
  /** Seconds after which the queue ends the job. No point starts that would not be finished by then, judging by the longest so far. Default: no end. */
  wallTimeSeconds?: number | undefined;
}

/**
 * The job script of a bundle: runs each point that has no finish marker yet, in its own folder, and leaves
 * `points/<folder>/finished` ("<attempt> <exit code> <milliseconds>"), so that a job killed in between loses one point, not the set. A marker is
 * one line, and counts when its line end is there: written so, it needs no process for a rename, of which a bundle of short points would start many.
 * `executions.log` gets a line per run of a point and `jobs.log` one per start of a job ("<attempt> <pid> <host> <queue's id>"): what "computed
 * once" is counted from. `<attempt>.started` holds the seconds of submission and start by the file server's and the node's clock, `<attempt>.ended` that of the end; `<attempt>.exit` comes last.
 */
export function bundleScript(bundle: BundleScript): string {
  const { attempt, command, session, preamble, points, parallel = 1, environment = {}, wallTimeSeconds } = bundle;
  const calls = points.map(
    (point) =>
      `point ${quote(point.folder)} ${commandLine(session === undefined ? [...(point.wrapper ?? []), ...command, ...point.args] : point.args)}`,
  );
  const lines = [
    '#!/bin/bash',
    ...preamble.filter((line) => line.startsWith('#')),
    // A scheduler runs a spooled copy, with the submission folder as working directory; a direct job is started inside it.
    ...preamble.filter((line) => !line.startsWith('#')),
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `attempt=${quote(attempt)}`,
    `limit=${wallTimeSeconds === undefined ? '' : Math.floor(wallTimeSeconds * 1e6)}`,
    ...clock,
    'now; begun=$now',
    'leave() { printf "%s\\n" "$2" > "$attempt.$1"; }',
    'leave started "$(stat -c %Z "$attempt.sh" 2>/dev/null || echo 0) $((begun / 1000000))"',
    '{ read -r host < /proc/sys/kernel/hostname; } 2>/dev/null || host=$(uname -n)',
    'id=; [ ! -s "$attempt.job" ] || read -r id < "$attempt.job"',
    'printf "%s %s %s%s\\n" "$attempt" "$$" "$host" "${id:+ $id}" >> jobs.log',
    ...(session === undefined ? singleRuns : sessionRuns(session)),
    'point() {',
    '  folder=$1; shift',
    '  { read -r code < "points/$folder/finished"; } 2>/dev/null && return 0',
    ...(wallTimeSeconds === undefined ? [] : stopInTime),
    '  cd "points/$folder" || exit 125',
    '  now; begin=$now',
    '  run "$@"',
    '  now; took=$(((now - begin) / 1000))',
    '  printf "%s %s %s\\n" "$attempt" "$code" "$took" > finished || exit 126',
    '  cd ../.. || exit 125',
    '  printf "%s %s %s\\n" "$attempt" "$folder" "$code" >> executions.log',
    ...(wallTimeSeconds === undefined ? [] : ['  [ "$took" -le "${longest:-0}" ] || echo "$took" > "$attempt.longest"']),
    '}',
    ...(parallel > 1 && session === undefined ? inLanes(calls, parallel) : calls),
    'now; leave ended $((now / 1000000))',
    // Lines "<attempt> <folder> <code>" of this attempt with another code than 0.
    'failed=0; { while read -r by folder code; do [ "$by" != "$attempt" ] || [ "$code" = 0 ] || failed=$((failed + 1)); done < executions.log; } 2>/dev/null',
    // A full disk: the queue says "failed" at once, where a missing marker would be waited for.
    'leave exit "$failed" || exit 74',
    'exit 0',
  ];
  return `${lines.join('\n')}\n`;
}

/** `now` sets $now to microseconds since 1970; shells before bash 5 start a process for it. */
const clock = ['now() { if [ -n "${EPOCHREALTIME:-}" ]; then now=${EPOCHREALTIME/[.,]/}; else now=$(date +%s)000000; fi; }'];

/** Half as long again as the longest point so far, and five seconds for what comes after, but no more than a twentieth of the wall time. */
const stopInTime = [
  '  longest=0; [ ! -e "$attempt.longest" ] || read -r longest < "$attempt.longest"',
  '  now; margin=$((limit / 20)); [ "$margin" -le 5000000 ] || margin=5000000',
  '  if [ "$longest" -gt 0 ] && [ $((now - begun + longest * 1500 + margin)) -gt "$limit" ]; then : > "$attempt.stopped"; return 0; fi',
  // For codes that can end themselves in good order.
  '  export PEIERLS_SECONDS_LEFT=$(((limit - now + begun) / 1000000))',
];

/** Each point is a process of its own. The lock of the slot (8) must not leak into daemons that a code may leave behind. */
const singleRuns = ['run() { "$@" > stdout 2> stderr 8>&- < /dev/null; code=$?; }'];

/** `xargs` is everywhere, and keeps as many shells busy as wanted. */
function inLanes(calls: readonly string[], parallel: number): string[] {
  return [
    'export attempt limit begun; export -f now run point',
    `printf '%s\\0' ${calls.map(quote).join(' ')} | xargs -0 -n 1 -P ${parallel} bash -c 'eval "$1"' lane`,
  ];
}

/** One process serves all points; if it dies, the job ends, and what is not finished is submitted again. */
function sessionRuns(session: readonly string[]): string[] {
  return [
    `coproc CODE { ${commandLine(session)} 8>&-; }`,
    'run() {',
    '  [ -n "${CODE[1]:-}" ] || exit 125',
    '  { printf "%s" "$PWD"; printf "\\t%s" "$@"; printf "\\n"; } >&"${CODE[1]}"',
    '  read -r code <&"${CODE[0]}" || exit 125',
    '}',
  ];
}

/** When a job was submitted, started and ended, in seconds since 1970 by the computer's clocks; what left no trace is absent. */
export function readJobTimes(started: string | undefined, ended: string | undefined): { queueSeconds?: number; runSeconds?: number } {
  const [, submittedAt = '0', startedAt] = /^(\d+) (\d+)\n$/.exec(started ?? '') ?? [];
  const endedAt = /^(\d+)\n$/.exec(ended ?? '')?.[1];
  if (startedAt === undefined) return {};
  return {
    ...(submittedAt !== '0' && { queueSeconds: Math.max(0, Number(startedAt) - Number(submittedAt)) }),
    ...(endedAt !== undefined && { runSeconds: Math.max(0, Number(endedAt) - Number(startedAt)) }),
  };
}

/** What a finish marker says. */
export interface FinishMarker {
  attempt: string;
  exitCode: number;
  milliseconds: number;
}

/** Reads `a1b2c3-1 0 153`. Undefined for anything else, so that half a marker is no marker. */
export function parseFinishMarker(text: string | undefined): FinishMarker | undefined {
  const match = /^(\S+) (\d+) (\d+)\n$/.exec(text ?? '');
  return match?.[1] === undefined ? undefined : { attempt: match[1], exitCode: Number(match[2]), milliseconds: Number(match[3]) };
}

/** Jobs in `jobs.log`: one that its queue has started again under the same id is one job. */
export function countJobs(log: string | undefined): number {
  const lines = (log ?? '').split('\n').filter(Boolean);
  return new Set(lines.map((line) => line.split(' ')[3] ?? line)).size;
}

/** Runs per point folder, from `executions.log`. */
export function countExecutions(log: string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of (log ?? '').split('\n')) {
    const folder = line.split(' ')[1];
    if (folder !== undefined) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}
