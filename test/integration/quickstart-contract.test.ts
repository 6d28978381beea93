import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { z } from 'zod';
import type { CampaignProgress } from '../../domain/progress.js';
import { campaignText, Workplace } from './cli.js';

/** The shapes that others read; design.md, section 5. More fields are welcome. */
const Count = z.int().nonnegative();
const Progress = z.object({
  campaign: z.string(),
  state: z.enum(['running', 'paused', 'done', 'cancelled', 'failed']),
  counts: z.object({ candidates: Count, ranked: Count, rejected: Count, failed: Count, pending: Count }),
  points: z.object({ distinct: Count, executed: Count, reused: Count }),
  jobs: z.object({ submitted: Count, distinctAttempts: Count }),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
const Text = z.string().min(1);
const Interval = z.tuple([z.number().positive(), z.number().positive()]);
const Row = z
  .object({
    rank: z.int().positive(),
    candidate: Text,
    formula: Text,
    lattice: z.enum(['fcc', 'bcc', 'hcp']),
    slipSystem: Text,
    character: z.enum(['edge', 'screw']),
    peierlsMpa: z.number().positive(),
    interval90: Interval,
    domain: z.enum(['inside', 'edge', 'outside']),
    fidelity: Text,
    predictor: Text,
  })
  .refine(({ peierlsMpa, interval90: [low, high] }) => low <= peierlsMpa && peierlsMpa <= high, 'the interval holds the median');
const Ranked = Progress.extend({ ranking: z.array(Row) });
const Matrix = z.array(z.array(z.number()).length(6)).length(6);
const Record = z.object({
  id: Text,
  lattice: Text,
  a: z.number(),
  elastic_gpa: Matrix,
  character: Text,
  slip: z.object({ plane: Text, burgers_angstrom: z.number().positive() }),
  gamma: z.object({
    points: z.tuple([z.int(), z.int()]),
    vectors_angstrom: z.array(z.array(z.number())).length(2),
    mj_per_m2: z.array(z.array(z.number())),
  }),
  peierls_mpa: z.undefined().optional(),
});
const Shown = z.object({
  candidate: Text,
  material: z.object({ _id: Text }),
  properties: z.object({ a: z.number(), c: z.number().nullable(), elastic_gpa: Matrix, gamma: z.array(Record).min(1) }),
  predictions: z.array(z.object({ peierlsMpa: z.number() })).min(1),
  verdict: z.object({ state: z.literal('ranked') }),
  attempts: z.array(z.object({ _id: Text, computer: Text })).min(3),
});
const Doctor = z.object({
  services: z.array(z.object({ name: Text, running: z.boolean() })),
  backends: z.array(z.object({ name: Text, usable: z.boolean(), isGpu: z.boolean(), reason: Text })),
  calculators: z.array(z.object({ name: Text, usable: z.boolean(), reason: Text })),
  computers: z.array(z.object({ name: Text })),
});

let place: Workplace;
let screened: { code: number | null; out: string; err: string } = { code: null, out: '', err: '' };
beforeAll(async () => {
  place = new Workplace();
  await place.choosePorts();
  const file = place.file('campaign.yaml', campaignText({ elements: 'Cu, Mg, Cr' }));
  // A second command that stays up spares every test the start of the store.
  expectRunning(await place.run(['up', '--detach']));
  screened = await place.run(['screen', file, '--json']);
}, 300_000);
afterAll(() => place.close());

function expectRunning({ code, err }: { code: number | null; err: string }): void {
  if (code !== 0) throw new Error(`services did not come up: ${err}`);
}

describe('with --json', () => {
  test('screen prints one document, and everything else goes to stderr', ({ expect }) => {
    expect(screened.code).toBe(0);
    expect(Ranked.parse(JSON.parse(screened.out))).toMatchObject({
      campaign: 'small',
      state: 'done',
      counts: { candidates: 3, ranked: 2, rejected: 1 },
    });
    expect(screened.err).toContain('Campaign small started on computer local.');
  });

  test('status has the counts of the campaign, and of all campaigns without a name', async ({ expect }) => {
    const one = Progress.parse(await place.json('status', 'small'));
    expect(one.points.executed).toBe(one.points.distinct);
    expect(one.jobs.submitted).toBe(one.jobs.distinctAttempts);
    expect(await place.json('status')).toMatchObject({ campaigns: [one] });
  });

  test('rank has the rows in order', async ({ expect }) => {
    const { ranking } = Ranked.parse(await place.json('rank', 'small'));
    expect(ranking.map(({ rank }) => rank)).toEqual([1, 2]);
    expect(ranking.map(({ candidate }) => candidate).toSorted()).toEqual(['small/Cu-A1', 'small/Mg-A3']);
    expect(ranking[0]?.peierlsMpa ?? 0).toBeGreaterThanOrEqual(ranking[1]?.peierlsMpa ?? 0);
    expect(Ranked.parse(await place.json('rank', 'small', '--top', '1')).ranking).toHaveLength(1);
  });

  test('show has the material, its properties, predictions and attempts', async ({ expect }) => {
    const { properties } = Shown.parse(await place.json('show', 'small/Cu-A1'));
    const [c] = properties.elastic_gpa;
    // Copper: C11 168 GPa (Simmons and Wang 1971), which the potential was fitted to within a tenth; the tensor is symmetric.
    expect(c?.[0]).toBeGreaterThan(140);
    expect(c?.[0]).toBeLessThan(200);
    expect(properties.elastic_gpa[1]?.[0]).toBeCloseTo(c?.[1] ?? NaN, 6);
    const [first] = properties.gamma;
    expect(first?.gamma.mj_per_m2).toHaveLength(first?.gamma.points[0] ?? NaN);
    expect(first?.gamma.mj_per_m2[0]).toHaveLength(first?.gamma.points[1] ?? NaN);
    expect(first?.gamma.mj_per_m2[0]?.[0]).toBeCloseTo(0, 6);
  });

  test('show says why a candidate was rejected', async ({ expect }) => {
    expect(await place.json('show', 'small/Cr-A2')).toMatchObject({
      verdict: { state: 'rejected', reason: expect.stringContaining('Cr') as string },
    });
  });

  test('doctor tells what is there, and why the rest is not', async ({ expect }) => {
    const report = Doctor.parse(await place.json('doctor'));
    expect(
      report.services
        .filter(({ running }) => running)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['store', 'temporal', 'worker']);
    expect(report.calculators.some(({ usable }) => usable)).toBe(true);
    expect(report.computers.map(({ name }) => name)).toContain('local');
  });

  test('provenance leads from a candidate to inputs, code, computer and job, and saves the raw files', async ({ expect }) => {
    const folder = join(place.folder, 'raw');
    const { calculations, saved } = await place.json<{
      calculations: {
        kind: string;
        provenance: object;
        attempts: { computer: string; verdict: string }[];
        points: { label: string; outcome: { kind: string } }[];
      }[];
      saved: string[];
    }>('provenance', 'small/Cu-A1', '--save', folder);
    expect(calculations.map(({ kind }) => kind)).toEqual(['relaxation', 'elastic-tensor', 'gamma-surface']);
    expect(
      calculations.every(
        ({ attempts }) => attempts.length === 1 && attempts[0]?.computer === 'local' && attempts[0].verdict === 'completed',
      ),
    ).toBe(true);
    expect(calculations.flatMap(({ points }) => points).every(({ outcome }) => outcome.kind === 'completed')).toBe(true);
    expect(calculations[0]?.provenance).toMatchObject({ potential: 'zhou2004', host: expect.stringMatching(/./) as string });
    expect(saved.some((path) => path.endsWith('points/relax/stdout'))).toBe(true);
  });

  test('predict reads what show prints, keeps the order and isolates a bad record', async ({ expect }) => {
    const { properties } = await place.json<{ properties: { gamma: { id: string; elastic_gpa: number[][] }[] } }>('show', 'small/Cu-A1');
    const [edge, screw] = properties.gamma;
    const bad = { ...edge, id: 'bad', elastic_gpa: edge?.elastic_gpa.map((row) => row.map(() => 0)) };
    const file = place.file('records.json', JSON.stringify({ source: 'test', records: [edge, bad, screw] }));
    const { code, out } = await place.run(['predict', file, '--json']);
    const answers = JSON.parse(out) as { id: string; error?: string; peierlsMpa?: number; interval90?: [number, number] }[];
    expect(code).toBe(3);
    expect(answers.map(({ id }) => id)).toEqual([edge?.id, 'bad', screw?.id]);
    expect(answers.map(({ error }) => error === undefined)).toEqual([true, false, true]);
    expect(answers[1]?.peierlsMpa).toBeUndefined();
    expect(answers[0]?.interval90?.[0]).toBeLessThan(answers[0]?.interval90?.[1] ?? 0);
  });
});

describe('without --json', () => {
  test('rank writes CSV and JSON lines of the same rows', async ({ expect }) => {
    const [csv, lines] = await Promise.all([
      place.run(['rank', 'small', '--format', 'csv']),
      place.run(['rank', 'small', '--format', 'jsonl']),
    ]);
    const [header = '', ...rows] = csv.out.trim().split('\n');
    expect(header).toMatch(/^rank,candidate,formula/);
    expect(rows).toHaveLength(2);
    expect(
      lines.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { candidate: string }).candidate),
    ).toEqual(rows.map((row) => row.split(',')[1]));
  });

  test('status and rank speak to people', async ({ expect }) => {
    const { out } = await place.run(['status', 'small']);
    expect(out).toContain('Campaign small: done');
    expect((await place.run(['rank', 'small'])).out).toContain('small/Cr-A2: rejected');
  });
});

describe('a name that nobody knows', () => {
  test.for([
    [['status', 'other'], 'there is no campaign "other". There are: small'],
    [['rank', 'other'], 'there is no campaign "other"'],
    [['show', 'small/Xx-A1'], 'no candidate or calculation is called "small/Xx-A1"'],
    [['pause', 'other'], 'the campaign "other" is not running'],
    [['pause', 'small'], 'the campaign "small" is not running'],
  ] as const)('is refused with exit code 2: %j', async ([args, message], { expect }) => {
    const { code, err } = await place.run([...args]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('a dry run', () => {
  test('counts candidates, points and bundles as the campaign then has them', async ({ expect }) => {
    const file = place.file('campaign.yaml', campaignText({ elements: 'Cu, Mg, Cr' }));
    const planned = await place.json<{ candidates: number; points: number; rejected: number; script: string }>('screen', file, '--dry-run');
    const done = await place.json<CampaignProgress>('status', 'small');
    expect(planned).toMatchObject({ candidates: done.counts.ranked, points: done.points.distinct, rejected: 1 });
    expect(planned.script).toContain('#!/bin/bash');
  });
});
