import type { CommandResult } from '../transport/transport.js';
import type { Evidence, QueueDialect } from './queue.js';
import { endOfScript, readSections, sectionFunction, sectionLine, type Command } from './remote-script.js';
import type { JobHandle, JobId, JobReport } from './scheduler.js';

/** Ids in one query: an argument may have 128 KiB, and an id with its server up to 60 characters. */
const idsPerQuery = 1000;

/** Jobs looked up one by one in one report; the others follow with the next. */
const singleQuestions = 50;

/**
 * One round trip for any number of jobs: the queue; the exit markers in the folders; and, for jobs that neither shows, the further
 * sources in turn. A folder is listed before a marker counts as absent: over NFS only that makes a new file visible.
 */
export function reportScript(dialect: QueueDialect, jobs: readonly JobHandle[]): Command {
  const ids = jobs.map(({ id }) => id).filter((id, index) => jobs[index]?.name !== id);
  const chunks = Array.from({ length: Math.ceil(ids.length / idsPerQuery) }, (_, index) =>
    ids.slice(index * idsPerQuery, (index + 1) * idsPerQuery),
  );
  const script = `${sectionFunction}
known=
${chunks.map((chunk) => `${sectionLine('queue', dialect.queueCommand(chunk))}; known+=$output$'\\n'`).join('\n')}
missing=(); tokens=()
printf '@@peierls stdout markers\\n'
while IFS=$'\\t' read -r id name folder token; do
  [[ $known == *"$token"* ]] && there=1 || there=0
  [ $there = 0 ] && [ ! -e "$folder/$name.exit" ] && for file in "$folder/$name".*; do :; done
  state=none; code=
  # A marker without its line end is not written yet.
  if { read -r code < "$folder/$name.exit"; } 2>/dev/null; then state=exit
  elif [ ! -d "$folder" ]; then state=no-folder
  elif [ -e "$folder/$name.started" ]; then state=started
  fi
  [ "$state" = exit ] || code=
  printf '%s\\t%s\\t%s\\n' "$name" "$state" "$code"
  if [ $there = 0 ] && [ "$state" != exit ] && [ "$id" != "$name" ]; then missing+=("$id"); tokens+=("$token"); fi
done
printf '@@peierls status markers 0\\n'
${dialect.further().map(furtherLines).join('\n')}
${endOfScript}
`;
  return ['bash', '-c', script, 'report'];
}

function furtherLines({ name, command, each }: ReturnType<QueueDialect['further']>[number]): string {
  if (each) return `for id in "\${missing[@]:0:${singleQuestions}}"; do ${sectionLine(name, command)}; done`;
  return `if [ \${#missing[@]} != 0 ]; then
  ids=$(IFS=,; echo "\${missing[*]}")
  ${sectionLine(name, command)}
  left=(); rest=()
  for index in "\${!missing[@]}"; do
    [[ $output == *"\${tokens[index]}"* ]] || { left+=("\${missing[index]}"); rest+=("\${tokens[index]}"); }
  done
  missing=("\${left[@]}"); tokens=("\${rest[@]}")
fi`;
}

export function reportInput(dialect: QueueDialect, jobs: readonly JobHandle[]): string {
  return jobs.map(({ id, name, folder }) => `${id}\t${name}\t${folder}\t${dialect.present(id)}\n`).join('');
}

/** Puts the sources together, the strongest first: the job's own exit marker, the queue, accounting. What none of them knows is `unknown`. */
export function readReports(dialect: QueueDialect, jobs: readonly JobHandle[], reply: CommandResult): Map<string, JobReport> {
  const sections = readSections(reply, `the report on ${jobs.length} jobs`);
  const queueReply = sections.get('queue');
  const queue = queueReply === undefined ? new Map<JobId, Evidence>() : dialect.readQueue(queueReply);
  const further = dialect.further().flatMap(({ name }) => {
    const section = sections.get(name);
    return section === undefined ? [] : [dialect.readFurther(name, section)];
  });
  const markers = readMarkers(sections.get('markers')?.stdout ?? '');
  return new Map(
    jobs.map((job) => {
      const marker = markers.get(job.name) ?? { state: 'none', code: '' };
      const silent = queue === undefined ? (queueReply?.stderr.trim().slice(-200) ?? '') : undefined;
      const evidence = queue?.get(job.id) ?? further.map((source) => source.get(job.id)).find((found) => found !== undefined);
      return [job.name, conclude(marker, evidence, silent)];
    }),
  );
}

/** The exit markers alone, by shell built-ins: one process, however many jobs. */
export const endedCommand: Command = [
  'bash',
  '-c',
  `
while IFS=$'\\t' read -r name folder; do
  [ -e "$folder/$name.exit" ] || for file in "$folder/$name".*; do :; done
  if { read -r code < "$folder/$name.exit"; } 2>/dev/null; then printf '%s\\texit\\t%s\\n' "$name" "$code"; fi
done
${endOfScript}
`,
  'ended',
];

export function endedInput(jobs: readonly JobHandle[]): string {
  return jobs.map(({ name, folder }) => `${name}\t${folder}\n`).join('');
}

export function readEnded(jobs: readonly JobHandle[], reply: CommandResult): Map<string, JobReport> {
  // Only to learn whether it is whole.
  readSections(reply, `the look at ${jobs.length} folders`);
  return new Map([...readMarkers(reply.stdout)].map(([name, marker]) => [name, conclude(marker, undefined, undefined)] as const));
}

interface Marker {
  state: string;
  code: string;
}

function conclude(marker: Marker, evidence: Evidence | undefined, silent: string | undefined): JobReport {
  if (marker.state === 'exit')
    return {
      state: 'done',
      verdict: marker.code === '0' ? 'completed' : 'failed',
      exitCode: Number(marker.code),
      ...(evidence?.detail !== undefined && { detail: evidence.detail }),
    };
  if (evidence?.verdict === 'completed' && marker.state !== 'no-folder')
    return { state: 'unknown', detail: `${evidence.detail ?? 'the queue says completed'}, but the exit marker is not there (yet)` };
  if (evidence !== undefined) return evidence;
  // A queue that does not answer has ended no job: keep what the markers say.
  if (silent !== undefined)
    return { state: marker.state === 'started' ? 'running' : 'queued', detail: `the queue does not answer: ${silent}` };
  return {
    state: 'unknown',
    detail: `neither queue nor accounting knows this job, and its folder has ${marker.state === 'started' ? 'only a start marker' : 'no marker'}`,
  };
}

function readMarkers(text: string): Map<string, Marker> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, state, code] = line.split('\t');
      return name === undefined || state === undefined ? [] : [[name, { state, code: code ?? '' }] as const];
    }),
  );
}
