import { commandLine, quote } from '../transport/shell.js';

export interface BundlePoint {
  /** Folder under `points/`; unique and fit for a path. */
  folder: string;
  /** Arguments for the code's command. */
  args: string[];
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
}

/**
 * The job script of a bundle: runs each point that has no finish marker yet, in its own folder, and leaves
 * `points/<folder>/finished` ("<attempt> <exit code> <seconds>") by rename, so that a job killed in between loses one point, not the set.
 * `executions.log` gets a line per run of a point and `jobs.log` one per job: what "computed once" is counted from. `<attempt>.exit` comes last.
 */
export function bundleScript({ attempt, command, session, preamble, points }: BundleScript): string {
  const lines = [
    '#!/bin/bash',
    ...preamble.filter((line) => line.startsWith('#')),
    // A scheduler runs a spooled copy, with the submission folder as working directory; a direct job is started inside it.
    ...preamble.filter((line) => !line.startsWith('#')),
    `attempt=${quote(attempt)}`,
    'date -u +%Y-%m-%dT%H:%M:%SZ > "$attempt.started.tmp" && mv "$attempt.started.tmp" "$attempt.started"',
    'printf "%s %s %s\\n" "$attempt" "$$" "$(uname -n)" >> jobs.log',
    'failed=0',
    ...(session === undefined ? singleRuns : sessionRuns(session)),
    'point() {',
    '  folder=$1; shift',
    '  [ -e "points/$folder/finished" ] && return 0',
    '  cd "points/$folder" || exit 125',
    '  begin=${EPOCHREALTIME/[.,]/}',
    '  run "$@"',
    '  end=${EPOCHREALTIME/[.,]/}',
    '  printf "%s %s %s\\n" "$attempt" "$code" "$(((end - begin) / 1000))" > finished.tmp && mv finished.tmp finished || exit 126',
    '  cd ../.. || exit 125',
    '  printf "%s %s %s\\n" "$attempt" "$folder" "$code" >> executions.log',
    '  [ "$code" = 0 ] || failed=$((failed + 1))',
    '}',
    ...points.map(
      (point) => `point ${quote(point.folder)} ${commandLine(session === undefined ? [...command, ...point.args] : point.args)}`,
    ),
    'echo "$failed" > "$attempt.exit.tmp" && mv "$attempt.exit.tmp" "$attempt.exit"',
    'exit 0',
  ];
  return `${lines.join('\n')}\n`;
}

/** Each point is a process of its own. The lock of the slot (8) must not leak into daemons that a code may leave behind. */
const singleRuns = ['run() { "$@" > stdout 2> stderr 8>&- < /dev/null; code=$?; }'];

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

/** Runs per point folder, from `executions.log`. */
export function countExecutions(log: string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of (log ?? '').split('\n')) {
    const folder = line.split(' ')[1];
    if (folder !== undefined) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}
