import { describe, it } from 'vitest';
import { elasticGates } from '../../domain/elastic-gate.js';
import { elasticMatrix, type CrystalSystem } from '../../domain/elastic-symmetry.js';
import type { ElasticTensor } from '../../domain/elastic-tensor.js';
import { crcCubic, crcHexagonal } from './data/crc-elastic.js';

const tensor = (system: CrystalSystem, constants: Record<string, number>): ElasticTensor => ({
  gpa: elasticMatrix(system, constants),
  axes: 'crystal',
});
const failures = (...input: Parameters<typeof elasticGates>): string[] =>
  elasticGates(...input)
    .gates.filter((gate) => !gate.passed)
    .map((gate) => gate.name);

describe('elastic gates', () => {
  it.for(Object.entries(crcCubic))('accept cubic %s (CRC handbook)', ([, constants], { expect }) => {
    expect(elasticGates(tensor('cubic', constants), 'cubic')).toMatchObject({ passed: true, stable: true });
  });

  it.for(Object.entries(crcHexagonal))('accept hexagonal %s (CRC handbook)', ([, constants], { expect }) => {
    expect(elasticGates(tensor('hexagonal', constants), 'hexagonal')).toMatchObject({ passed: true, stable: true });
  });

  it('reject non-magnetic iron, which is unstable (abacus-test alloy-elastic: 87.1/360.3/184.2 GPa)', ({ expect }) => {
    const report = elasticGates(tensor('cubic', { C11: 87.1, C12: 360.3, C44: 184.2 }), 'cubic');
    expect(report).toMatchObject({ passed: false, stable: false });
    expect(report.gates.find((gate) => gate.name === 'born C11-C12 > 0')).toMatchObject({ passed: false, limit: 0, value: 87.1 - 360.3 });
  });

  it('reject indium with a negative C44 (abacus-test alloy-elastic: C44 = -4.7 GPa)', ({ expect }) => {
    expect(failures(tensor('tetragonal', { C11: 50, C12: 38, C13: 40, C33: 46, C44: -4.7, C66: 10 }), 'tetragonal')).toContain(
      'born C44 > 0',
    );
  });

  it.for([
    ['Ti', { C11: 93.5, C12: 115.2, C44: 41.0 }],
    ['Zr', { C11: 82.9, C12: 90.5, C44: 32.2 }],
    ['Hf', { C11: 74.0, C12: 114.7, C44: 52.3 }],
  ] as const)('call bcc %s unstable (DFT, RMSAD tool)', ([, constants], { expect }) => {
    expect(elasticGates(tensor('cubic', constants), 'cubic').stable).toBe(false);
  });

  it('reject a value that is not finite and ask nothing else of it', ({ expect }) => {
    const gpa = elasticMatrix('cubic', { C11: 100, C12: 50, C44: Number.POSITIVE_INFINITY });
    expect(elasticGates({ gpa, axes: 'crystal' }, 'cubic').gates.map((gate) => gate.name)).toEqual(['finite']);
  });

  it('reject a matrix that is not symmetric', ({ expect }) => {
    const skewed = elasticMatrix('cubic', crcCubic['Cu'] ?? {}).map((row, i) =>
      row.map((value, j) => (i === 0 && j === 1 ? value + 30 : value)),
    );
    expect(failures({ gpa: skewed, axes: 'crystal' }, 'cubic')).toEqual(['symmetric']);
  });

  it('reject a hexagonal tensor whose C66 is not (C11-C12)/2', ({ expect }) => {
    const wrong = elasticMatrix('hexagonal', crcHexagonal['Mg'] ?? {}).map((row, i) =>
      row.map((value, j) => (i === 5 && j === 5 ? value * 1.1 : value)),
    );
    expect(failures({ gpa: wrong, axes: 'crystal' }, 'hexagonal')).toEqual(['C66 = (C11-C12)/2']);
  });

  it('reject the forty million GPa of the Materials Project outlier (emmet issue 1499)', ({ expect }) => {
    expect(failures(tensor('cubic', { C11: 200, C12: 100, C44: 4e7 }), 'cubic')).toEqual(['shear modulus below 1000 GPa']);
  });

  it('reject a poor fit and a crystal that was not relaxed', ({ expect }) => {
    const copper = tensor('cubic', crcCubic['Cu'] ?? {});
    expect(failures(copper, 'cubic', { residualGpa: 12 })).toEqual(['fit residual']);
    expect(failures(copper, 'cubic', { residualStressGpa: 3 })).toEqual(['residual stress']);
  });

  it('see an instability that the diagonal does not show', ({ expect }) => {
    const shapes: [CrystalSystem, Record<string, number>][] = [
      ['orthorhombic', { C11: 100, C22: 100, C33: 100, C12: 90, C13: 90, C23: 20, C44: 30, C55: 30, C66: 30 }],
      ['hexagonal', { C11: 100, C12: 50, C13: 100, C33: 120, C44: 30 }],
      ['triclinic', { C11: 100, C22: 100, C33: 100, C44: 30, C55: 30, C66: 30, C45: 31 }],
    ];
    for (const [system, constants] of shapes) expect(elasticGates(tensor(system, constants), system).stable).toBe(false);
  });
});
