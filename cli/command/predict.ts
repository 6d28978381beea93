import { openPredictor, defaultPredictor } from '../../connectors/predictor/predictor.js';
import { readText } from '../../connectors/predictor/library.js';
import { readSlipFile } from '../../domain/slip-record.js';
import { significant, type Output } from '../output.js';
import { table } from '../table.js';

/** `peierls predict <records.json>`: answers in input order; a bad record gets an error of its own and the exit code becomes 3. */
export async function predict(file: string, options: { model?: string }, output: Output): Promise<number> {
  const predictor = options.model === undefined ? defaultPredictor() : openPredictor(options.model);
  const { entries, protocol } = readSlipFile(readText(file), file);
  output.say(`predicting with the ${predictor.description}`);
  const answers = entries.map((entry) => {
    if (entry.kind === 'refused') return { id: entry.id, error: entry.error };
    const { warnings = [], ...prediction } = predictor.predict(entry.record, protocol);
    return { ...prediction, warnings: [...entry.warnings, ...warnings] };
  });
  const rows = answers.map((it) =>
    'error' in it
      ? [it.id, '-', '-', '-', '-', '-', it.error]
      : [
          it.id,
          it.slipSystem,
          it.character,
          `${it.belowFloor === true ? '<' : ''}${significant(it.peierlsMpa)}`,
          `${significant(it.interval90[0])} - ${significant(it.interval90[1])}`,
          it.predictor,
          it.domain,
        ],
  );
  output.result(answers, table(['record', 'slip', 'line', 'tau_P MPa', '90 % interval', 'predictor', 'domain'], rows));
  return answers.some((answer) => 'error' in answer) ? 3 : 0;
}
