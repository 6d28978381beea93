import { afterEach, beforeEach, test } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
import { campaignText, until, Workplace } from './cli.js';

let place: Workplace;
beforeEach(async () => {
  place = new Workplace();
  await place.choosePorts();
});
afterEach(() => place.close());

interface Ranking extends CampaignProgress {
  ranking: { formula: string; model: string }[];
}

test('a worker that only predicts takes the predictions that nobody else does, also after one of them was killed', async ({ expect }) => {
  place.environment['PEIERLS_INFERENCE'] = 'elsewhere';
  expect((await place.run(['up', '--detach'])).code).toBe(0);
  await place.run(['screen', place.file('campaign.yaml', campaignText({ elements: 'Cu, Ni, W' })), '--no-follow']);
  const evaluated = await until(
    () => place.progress('small'),
    (seen) => seen?.counts.pending === 0,
  );
  // All is computed, nothing predicted: the campaign waits for somebody who can.
  expect(evaluated).toMatchObject({ state: 'running', counts: { ranked: 3 } });
  expect((await place.json<Ranking>('rank', 'small')).ranking).toEqual([]);

  // Killed as soon as it works: what it has taken by then comes back when its heartbeats are missed.
  const lost = place.start(['worker', '--inference']);
  let heard = '';
  lost.child.stdout?.on('data', (text: string) => (heard += text));
  await until(
    () => heard,
    (text) => text.includes('Working for'),
  );
  lost.child.kill('SIGKILL');
  await lost.ended;
  const worker = place.start(['worker', '--inference']);
  const done = await until(
    () => place.progress('small'),
    (seen) => seen?.state === 'done',
    300,
  );
  expect(done?.counts).toMatchObject({ candidates: 3, ranked: 3, failed: 0 });
  const { ranking } = await place.json<Ranking>('rank', 'small');
  expect(ranking.map(({ formula }) => formula)).toEqual(['W', expect.any(String), expect.any(String)]);
  expect(new Set(ranking.map(({ model }) => model)).size).toBe(1);

  worker.child.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0, out: expect.stringContaining('predictions only') });
});
