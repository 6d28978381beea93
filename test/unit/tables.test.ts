import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import zhouJson from '../../data/potentials/zhou2004.json' with { type: 'json' };
import { installedKimTables, kimParameters } from '../../connectors/calculator/lammps/potential/kim-parameters.js';
import { staticsCalculator } from '../../connectors/calculator/statics/statics.js';
import { crystalDensity, type EamFunctions } from '../../domain/potential/eam.js';
import { roughness } from '../../domain/potential/roughness.js';
import { setflText } from '../../domain/potential/setfl.js';
import { tabulatedFunctions } from '../../domain/potential/tables.js';
import { zhouPotential, ZhouParameters } from '../../domain/potential/zhou.js';

const functions = zhouPotential(ZhouParameters.parse(zhouJson)).functions(['Al', 'Cu']);
const column = (label: string) => ({ label, mass: 1 });
const two = setflText('Al and Cu', [column('Al'), column('Cu')], functions);

describe('functions of a potential file', () => {
  test('are those that were tabulated, for each element of the file', ({ expect }) => {
    for (const element of ['Al', 'Cu']) {
      const read = tabulatedFunctions(two, 'eam/alloy', element);
      expect(read.cutoffAngstrom).toBe(functions.cutoffAngstrom);
      for (const r of [2.1, 2.557, 2.86, 3.61, 5.003, 6.4]) {
        expect(Math.abs(read.pair(element, element, r) - functions.pair(element, element, r))).toBeLessThan(1e-6);
        expect(Math.abs(read.density(element, r) - functions.density(element, r))).toBeLessThan(1e-6);
      }
      for (const density of [5, 14.2, 21, 30])
        expect(Math.abs(read.embedding(element, density) - functions.embedding(element, density))).toBeLessThan(1e-4);
      expect(read.pair(element, element, functions.cutoffAngstrom)).toBe(0);
    }
  });

  test('are found behind the densities of every neighbour in eam/fs, and after Windows line ends', ({ expect }) => {
    // Two elements of 3 x F, then f of both neighbours (4 rows each), then three pairs.
    const rows = (value: number, count: number) => Array.from({ length: count }, (_, i) => value + i).join(' ');
    const lines = ['a', 'b', 'c', '2 Al Cu', '3 1 4 2 6', '13 27 4 fcc', rows(0, 3), rows(10, 4), rows(20, 4)];
    const text = [...lines, '29 64 4 fcc', rows(30, 3), rows(40, 4), rows(50, 4), rows(60, 4), rows(70, 4), rows(80, 4)].join('\r\n');
    const read = tabulatedFunctions(text, 'eam/fs', 'Cu');
    expect(read.embedding('Cu', 1)).toBeCloseTo(31, 9);
    expect(read.density('Cu', 2)).toBeCloseTo(51, 9);
    expect(read.pair('Cu', 'Cu', 2)).toBeCloseTo(81 / 2, 9);
  });

  test('of funcfl make the pair energy from charges', ({ expect }) => {
    const text = 'Cu\n29 64 3.6 fcc\n5 1 5 1 4.5\n0 -1 -2 -3 -4\n3 2 1 0 0\n8 7 6 5 4\n';
    const read = tabulatedFunctions(text, 'eam', 'Cu');
    expect(read.embedding('Cu', 2)).toBeCloseTo(-2, 9);
    expect(read.pair('Cu', 'Cu', 2)).toBeCloseTo((27.2 * 0.529) / 2, 9);
    expect(read.density('Cu', 1)).toBeCloseTo(7, 9);
  });

  test('need an element of the file', ({ expect }) => {
    expect(() => tabulatedFunctions(two, 'eam/alloy', 'Ni')).toThrow('the potential file has Al, Cu, not Ni');
  });
});

describe('the table of an OpenKIM model', () => {
  const kim = 'EAM_Dynamo_Somebody_2020_AlCu__MO_000000000000_000';
  const collection = (library: string): NodeJS.ProcessEnv => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-kim-'));
    mkdirSync(join(folder, kim));
    writeFileSync(join(folder, kim, 'libkim-api-portable-model.so'), library, 'latin1');
    return { KIM_API_PORTABLE_MODELS_DIR: folder };
  };

  test('is found between the code and the citations of its library', ({ expect }) => {
    const environment = collection(`\u007fELF\u0000\u0001code\u0000${two}\u0000@Comment{${'cite '.repeat(2000)}}\u0000\u00ff`);
    expect(kimParameters(kim, environment).text).toBe(two);
    expect(kimParameters(kim, environment).style).toBe('eam/alloy');
    expect(installedKimTables(environment)).toContain(kim);
  });

  test('is missed with a remedy where the model has none, or is not installed', ({ expect }) => {
    expect(() => kimParameters(kim, collection('\u007fELF\u0000 no table'))).toThrow(
      /holds 0 tables .* Compute it with the calculator lammps/,
    );
    expect(() => kimParameters('EAM_Dynamo_Nobody', {})).toThrow(
      /is not installed .*kim-api-collections-management install user EAM_Dynamo_Nobody/,
    );
  });
});

test('statics refuses a potential file without embedded-atom tables', async ({ expect }) => {
  const file = join(mkdtempSync(join(tmpdir(), 'peierls-meam-')), 'library.meam');
  writeFileSync(file, "'Ni4' 'fcc' 12. 28 58.71\n");
  await expect(staticsCalculator({ file, style: 'meam' })).rejects.toThrow(/is no embedded-atom potential/);
});

describe('roughness', () => {
  const copper = (change: Partial<EamFunctions> = {}) => {
    const changed = { ...functions, ...change };
    return roughness(
      changed,
      'Cu',
      2.556,
      crystalDensity('fcc', 3.615, (r) => changed.density('Cu', r)),
    );
  };

  test('of the embedded potential is low, and it ends without a step', ({ expect }) => {
    const { waviness, cutoffStepMev, cutoffKinkMev } = copper();
    expect(waviness).toBeLessThan(1);
    expect(cutoffStepMev).toBeLessThan(1e-6);
    expect(cutoffKinkMev).toBeLessThan(1e-3);
  });

  test('grows with a ripple that hardly changes the energy', ({ expect }) => {
    const pair: EamFunctions['pair'] = (a, b, r) => functions.pair(a, b, r) + 1e-3 * Math.sin(20 * r);
    expect(copper({ pair }).waviness).toBeGreaterThan(2 * copper().waviness);
  });

  test('sees a truncated tail', ({ expect }) => {
    const { cutoffStepMev } = copper({ cutoffAngstrom: 5 });
    expect(cutoffStepMev).toBeGreaterThan(0.1);
  });
});
