import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
import { campaignText, until, Workplace } from './cli.js';

const elements = 'Cu, Ag, Ni, Al, W, Mg';

let place: Workplace;
beforeEach(async () => {
  place = new Workplace();
  await place.choosePorts();
});
afterEach(() => place.close());

const status = (name = 'small') => place.json<CampaignProgress>('status', name);
const progress = () => place.progress('small');
const campaign = (text = campaignText({ elements, extra: 'limits: { concurrentCandidates: 3 }' }), file = 'campaign.yaml') =>
  place.file(file, text);
/** Some candidates are done and some are not. */
const midway = (seen: CampaignProgress | undefined): boolean => seen !== undefined && seen.counts.ranked > 0 && seen.counts.pending > 0;
/** What must hold of a campaign however it was disturbed: all is done, and nothing was computed or queued twice. */
const undisturbed = ({ state, counts, points, jobs }: CampaignProgress) => ({
  state,
  ranked: counts.ranked,
  pending: counts.pending,
  twice: points.executed - points.distinct,
  queuedTwice: jobs.submitted - jobs.distinctAttempts,
});
const asIfNothingHappened = { state: 'done', ranked: 6, pending: 0, twice: 0, queuedTwice: 0 };

describe('a campaign survives kill -9 of', () => {
  test.for([['worker'], ['temporal'], ['store']] as const)(
    'the %s, which the command that follows it starts again',
    async ([name], { expect }) => {
      const screen = place.start(['screen', campaign(), '--json']);
      await until(progress, midway);
      const killed = place.kill(name);
      const reborn = await until(
        () => place.pid(name),
        (pid) => pid !== undefined && pid !== killed,
      );
      const { code, out, err } = await screen.ended;
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      expect(undisturbed(JSON.parse(out) as CampaignProgress)).toEqual(asIfNothingHappened);
      expect(err).toContain(`${name} stopped unexpectedly; starting again.`);
      expect(reborn).not.toBe(killed);
    },
  );

  test('everything at once, and goes on with the next screen', async ({ expect }) => {
    const file = campaign();
    const screen = place.start(['screen', file]);
    await until(progress, midway);
    screen.child.kill('SIGKILL');
    for (const name of ['worker', 'temporal', 'store'] as const) place.kill(name);
    await screen.ended;
    const { code, out } = await place.run(['screen', file, '--json']);
    expect(code).toBe(0);
    expect(undisturbed(JSON.parse(out) as CampaignProgress)).toEqual(asIfNothingHappened);
  });

  test('the worker, again and again', async ({ expect }) => {
    const screen = place.start(['screen', campaign(), '--json']);
    await until(progress, (seen) => seen !== undefined);
    for (let round = 0; round < 3; round += 1) await place.killUntilNext('worker');
    const { code, out } = await screen.ended;
    expect(code).toBe(0);
    expect(undisturbed(JSON.parse(out) as CampaignProgress)).toEqual(asIfNothingHappened);
  });
});

describe('a campaign that is interrupted', () => {
  test.for([['SIGINT'], ['SIGTERM']] as const)(
    'by %s exits with 130, stops its services, and goes on later',
    async ([signal], { expect }) => {
      const file = campaign();
      const screen = place.start(['screen', file]);
      await until(progress, midway);
      screen.child.kill(signal);
      const interrupted = await screen.ended;
      expect(interrupted.code).toBe(130);
      expect(interrupted.out).toContain('Nothing is lost');
      expect([place.pid('worker'), place.pid('temporal'), place.pid('store')]).toEqual([undefined, undefined, undefined]);
      const { code, out } = await place.run(['screen', file, '--json']);
      expect(code).toBe(0);
      expect(undisturbed(JSON.parse(out) as CampaignProgress)).toEqual(asIfNothingHappened);
    },
  );

  test('by cancel keeps what was computed, and is finished by the next screen', async ({ expect }) => {
    const file = campaign();
    await place.run(['screen', file, '--no-follow']);
    await until(progress, midway);
    expect(await place.run(['cancel', 'small'])).toMatchObject({ code: 0 });
    const cancelled = await status();
    expect(cancelled.state).toBe('cancelled');
    expect(cancelled.counts.pending).toBeGreaterThan(0);
    const { code, out } = await place.run(['screen', file, '--json']);
    expect(code).toBe(0);
    const { state, counts, points } = JSON.parse(out) as CampaignProgress;
    expect([state, counts.ranked, points.executed]).toEqual(['done', 6, points.distinct]);
  });

  test('by pause takes up no new candidates until it is resumed', async ({ expect }) => {
    const oneByOne = campaignText({ elements, extra: 'limits: { concurrentCandidates: 1 }' });
    await place.run(['screen', campaign(oneByOne), '--no-follow']);
    expect(await place.run(['pause', 'small'])).toMatchObject({ code: 0 });
    const again = await place.run(['pause', 'small']);
    expect(again.code).toBe(2);
    expect(again.err).toContain('cannot pause small: the campaign is paused already');
    expect((await status()).state).toBe('paused');
    expect(await place.run(['resume', 'small'])).toMatchObject({ code: 0 });
    const done = await until(progress, (seen) => seen?.state === 'done', 300);
    expect(done === undefined ? undefined : undisturbed(done)).toEqual(asIfNothingHappened);
  });
});

describe('what was computed is never computed again', () => {
  test('by the same campaign, by another of the same content, or after a change of one part', async ({ expect }) => {
    const screen = async (text: string): Promise<CampaignProgress> => {
      const { code, out, err } = await place.run(['screen', place.file('campaign.yaml', text), '--json']);
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      return JSON.parse(out) as CampaignProgress;
    };
    const first = await screen(campaignText({ elements: 'Cu, Ni' }));
    expect(first.points).toEqual({ distinct: first.points.distinct, executed: first.points.distinct, reused: 0 });
    // At least a relaxation, an elastic tensor and a gamma surface for each.
    expect(first.points.distinct).toBeGreaterThan(2 * 3);

    expect(await screen(campaignText({ elements: 'Cu, Ni' }))).toEqual(first);

    const second = await screen(campaignText({ name: 'other', elements: 'Cu, Ni' }));
    expect(second.points).toEqual({ distinct: first.points.distinct, executed: 0, reused: first.points.distinct });
    expect(second.jobs).toEqual({ submitted: 0, distinctAttempts: 0 });

    const third = await screen(campaignText({ elements: 'Cu, Ni, Ag' }));
    expect(third.counts).toMatchObject({ candidates: 3, ranked: 3 });
    expect(third.points).toEqual({
      distinct: third.points.distinct,
      executed: third.points.distinct - first.points.distinct,
      reused: first.points.distinct,
    });
  });
});

describe('structure files', () => {
  /** A POSCAR of a cubic face-centred metal. */
  const fcc = (symbol: string, a: number): string =>
    `${symbol}\n${a}\n1 0 0\n0 1 0\n0 0 1\n${symbol}\n4\nDirect\n0 0 0\n0 0.5 0.5\n0.5 0 0.5\n0.5 0.5 0\n`;

  test('that change under their name are computed as they are now', async ({ expect }) => {
    const text = campaignText().replace('  - generator: pure\n    elements: [Cu]', '  - files: [metal.vasp]');
    const file = place.file('campaign.yaml', text);
    place.file('metal.vasp', fcc('Cu', 3.6));
    const first = await place.run(['screen', file, '--json']);
    writeFileSync(join(place.folder, 'metal.vasp'), fcc('Ni', 3.5));
    const second = await place.run(['screen', file, '--json']);
    const formulas = ({ out }: { out: string }) =>
      (JSON.parse(out) as { ranking: { formula: string }[] }).ranking.map(({ formula }) => formula);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect([formulas(first), formulas(second)]).toEqual([['Cu'], ['Ni']]);
  });
});

describe('an element without a potential', () => {
  test('is a rejected candidate with its reason, not a failure of the campaign', async ({ expect }) => {
    const { code, out } = await place.run(['screen', campaign(campaignText({ elements: 'Cu, Cr' })), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state: 'done', counts: { candidates: 2, ranked: 1, rejected: 1, failed: 0 } });
    const shown = await place.json<{ verdict: { state: string; reason: string } }>('show', 'small/Cr-A2');
    expect(shown.verdict).toMatchObject({ state: 'rejected', reason: expect.stringContaining('Cr') as string });
  });
});
