import { readFileSync } from 'node:fs';
import { predictBaseline } from '../../domain/baseline-predictor.js';
import { InvalidInput, MissingFile } from '../../domain/failures.js';
import { readSlipFile } from '../../domain/slip-record.js';
import { significant, table, type Output } from '../output.js';

/** `peierls predict <records.json>`: answers in input order; a bad record gets an error of its own and the exit code becomes 3. */
export async function predict(file: string, options: { model?: string }, output: Output): Promise<number> {
  if (options.model !== undefined)
    throw new InvalidInput('this version has no trained models, only the closed-form baseline', {
      path: '--model',
      value: options.model,
      remedy: 'Leave --model out',
    });
  const { entries } = readSlipFile(read(file), file);
  const answers = entries.map((entry) => {
    if (entry.kind === 'refused') return { id: entry.id, error: entry.error };
    const { warnings = [], ...prediction } = predictBaseline(entry.record);
    return { ...prediction, warnings: [...entry.warnings, ...warnings] };
  });
  const rows = answers.map((it) =>
    'error' in it
      ? [it.id, '-', '-', '-', '-', it.error]
      : [
          it.id,
          it.slipSystem,
          it.character,
          significant(it.peierlsMpa),
          `${significant(it.interval90[0])} - ${significant(it.interval90[1])}`,
          it.domain,
        ],
  );
  output.result(answers, table(['record', 'slip', 'line', 'tau_P MPa', '90 % interval', 'domain'], rows));
  return answers.some((answer) => 'error' in answer) ? 3 : 0;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MissingFile('cannot be read', { file, remedy: 'Check the path', cause });
  }
}
