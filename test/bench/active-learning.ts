/**
 * How many Peierls stresses a campaign would have to compute: `npm run bench:active-learning`. Our own library played as if its labels were dear
 * (`domain/learning/active-learning.ts`), every acquisition from the same random starts. Writes test/bench/results/active-learning.json.
 */
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readLibrary } from '../../connectors/predictor/library.js';
import { acquisitions, type Acquisition } from '../../domain/learning/acquisition.js';
import { simulateActiveLearning, type OutlookModel } from '../../domain/learning/active-learning.js';
import { mean } from '../../domain/learning/scaling.js';
import { machine } from './machine.js';
import { writeResult } from './result.js';

const loadBefore = loadavg();
const { examples, file } = readLibrary(fileURLToPath(new URL('../../data/library/virtual-metals.json', import.meta.url)));
const settings = { start: 12, batch: 6, rounds: 14, top: 10 };
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);

/** Nothing is learned: the stiffest dislocation first. What an acquisition must beat to be worth its model. */
const stiffest: OutlookModel = (all, _known, open) => open.map((index) => ({ mean: all[index]?.features.lnK ?? 0, sigma: 0 }));
const players: { acquisition: Acquisition; name: string; model?: OutlookModel }[] = [
  ...acquisitions.map((acquisition) => ({ acquisition, name: acquisition })),
  { acquisition: 'greedy', name: 'stiffest first', model: stiffest },
];
const curves = players.map(({ acquisition, name, model }) => {
  const runs = seeds.map((seed) => simulateActiveLearning(examples, { acquisition, seed, ...settings }, model));
  process.stderr.write(`${name}: played\n`);
  const rounds = runs[0]?.map(({ labels }, round) => {
    const at = runs.flatMap((run) => run[round] ?? []);
    const digits = (value: number): number => Number(value.toFixed(3));
    return {
      labels,
      regret: digits(mean(at.map(({ regret }) => regret))),
      worstRegret: digits(Math.max(...at.map(({ regret }) => regret))),
      found: digits(mean(at.map(({ found }) => found))),
      rmse: digits(mean(at.flatMap(({ rmse }) => rmse ?? []))),
    };
  });
  return { acquisition: name, rounds };
});
writeResult('active-learning', {
  measuredAt: new Date().toISOString(),
  machine: { ...machine(), loadBefore, loadAfter: loadavg() },
  library: file.split('/').slice(-3).join('/'),
  examples: examples.length,
  seeds: seeds.length,
  ...settings,
  curves,
});
