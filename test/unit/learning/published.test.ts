import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { defaultPredictor } from '../../../connectors/predictor/predictor.js';
import { readLibrary } from '../../../connectors/predictor/library.js';
import { evaluateEnsemble } from '../../../domain/learning/evaluate.js';
import { checkRecords } from '../../../domain/learning/library-check.js';
import { simpleMembers } from '../../../domain/learning/member.js';
import { Prediction } from '../../../domain/prediction.js';
import { readSlipFile } from '../../../domain/slip-record.js';

const file = fileURLToPath(new URL('../../../data/library/published-pt.json', import.meta.url));
const { protocol, entries } = readSlipFile(readFileSync(file, 'utf8'), file);

describe('published library', () => {
  it('shows its known defects', { timeout: 60_000 }, ({ expect }) => {
    const { findings, coverage } = checkRecords(entries, protocol);
    const of = (severity: string, words: string) => findings.filter((it) => it.severity === severity && it.finding.includes(words));
    expect(coverage.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['bcc {110} edge', 16],
      ['fcc {111} edge', 33],
      ['hcp {10-10} narrow edge', 14],
    ]);
    expect(of('excluded', 'times as large').map(({ id }) => id)).toEqual(['2012--Norman-G-E--Au--LAMMPS--ipr1']);
    expect(of('remark', 'sf_mj_per_m2').map(({ id }) => id)).toEqual(['2009--Zhakhovskii-V-V--Au--LAMMPS--ipr2']);
    expect(of('repaired', 'second vector is not a period').length).toBe(16);
    expect(of('remark', 'narrow prismatic cut').length).toBe(14);
    // The two nearly identical Cu potentials of Ackland 1987, 23.3 and 26.8 MPa.
    expect(of('remark', '26.8 instead of 23.3 MPa').length).toBe(1);
  });

  it('is learned as well as a constant tau/K on elements that were left out, and covered', { timeout: 120_000 }, async ({ expect }) => {
    const { examples } = readLibrary(file);
    const { predictors } = await evaluateEnsemble(examples, { seed: 1, members: simpleMembers });
    const pooled = predictors.find(({ predictor }) => predictor === 'ensemble')?.pooled;
    // The best of the baselines of the literature on 72 rows: R2 0.85, MAPE 38 %.
    expect(pooled?.count).toBe(63);
    expect(pooled?.r2).toBeGreaterThan(0.845);
    expect(pooled?.mape).toBeLessThan(0.38);
    expect(pooled?.coverage90).toBeGreaterThan(0.85);
    expect(pooled?.coverage90).toBeLessThan(0.95);
  });

  it('has a shipped model that predicts its records, inside and labelled', ({ expect }) => {
    const predictor = defaultPredictor();
    const entry = entries.find(({ id }) => id === '1999--Mishin-Y--Cu-1--LAMMPS--ipr1') ?? entries[0];
    if (entry?.kind !== 'read') throw new Error('fixture');
    const prediction = Prediction.parse(predictor.predict(entry.record, protocol));
    expect(prediction).toMatchObject({ predictor: 'ensemble', protocol: 'zhaoyj21/PT', domain: 'inside' });
    expect(prediction.interval90[0]).toBeLessThan(entry.record.peierls_mpa ?? 0);
    expect(prediction.interval90[1]).toBeGreaterThan(entry.record.peierls_mpa ?? 0);
  });

  it('speaks for no record of another protocol: its labels cannot stand beside those of smooth screws', ({ expect }) => {
    const [entry] = entries;
    if (entry?.kind !== 'read') throw new Error('fixture');
    expect(defaultPredictor().predict(entry.record).protocol).not.toBe('zhaoyj21/PT');
  });
});
