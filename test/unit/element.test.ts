import { describe, test } from 'vitest';
import { Composition } from '../../domain/composition.js';
import { elements, ElementSymbol, massU, vegardVolume } from '../../domain/element.js';
import { chemicalSystem, prettyName, reducedFormula } from '../../domain/formula.js';
import { buildPrototype } from '../../domain/prototype.js';

describe('element table', () => {
  test('holds the 118 elements in order of atomic number', ({ expect }) => {
    expect(ElementSymbol.options).toHaveLength(118);
    expect(ElementSymbol.options.map((symbol) => elements[symbol].number)).toEqual(Array.from({ length: 118 }, (_, index) => index + 1));
  });

  test('has masses of the IUPAC 2021 abridged table', ({ expect }) => {
    expect(elements.Al.massU).toBeCloseTo(26.982, 3);
    expect(elements.W.massU).toBeCloseTo(183.84, 2);
    expect(massU({ Al: 0.25, Ni: 0.75 })).toBeCloseTo(0.25 * 26.982 + 0.75 * 58.693, 6);
  });

  test('gives volumes that agree with density and mass to 2 %', ({ expect }) => {
    // Densities of the CRC Handbook: Al 2.70, Fe 7.87, Mg 1.74, W 19.3 g/cm3; 1 u = 1.66054e-24 g.
    expect((elements.Al.massU * 1.66054) / 2.7 / (elements.Al.atomicVolume ?? 0)).toBeCloseTo(1, 1.7);
    expect((elements.Fe.massU * 1.66054) / 7.87 / (elements.Fe.atomicVolume ?? 0)).toBeCloseTo(1, 1.7);
    expect((elements.Mg.massU * 1.66054) / 1.74 / (elements.Mg.atomicVolume ?? 0)).toBeCloseTo(1, 1.7);
    expect((elements.W.massU * 1.66054) / 19.3 / (elements.W.atomicVolume ?? 0)).toBeCloseTo(1, 1.7);
  });

  test('mixes volumes by fraction and says when one is unknown', ({ expect }) => {
    expect(vegardVolume({ Al: 0.5, Cu: 0.5 })).toBeCloseTo((16.6 + 11.81) / 2, 1);
    expect(vegardVolume({ He: 0.5, Cu: 0.5 })).toBeUndefined();
  });

  test('refuses a composition of something that is no element', ({ expect }) => {
    expect(Composition.safeParse({ Al: 0.5, Xx: 0.5 }).success).toBe(false);
  });
});

describe('formula', () => {
  test('reduces to whole numbers in alphabetical order', ({ expect }) => {
    expect(reducedFormula({ Ni: 0.75, Al: 0.25 })).toBe('AlNi3');
    expect(reducedFormula({ Cu: 0.75, Pt: 0.25 })).toBe('Cu3Pt');
    expect(reducedFormula({ Al: 1 / 3, Nb: 1 / 3, Ti: 1 / 3 })).toBe('AlNbTi');
    expect(reducedFormula({ W: 1 })).toBe('W');
  });

  test('names an ordered structure by formula and a solid solution by fractions', ({ expect }) => {
    expect(prettyName(buildPrototype('L1_2', { A: { Ni: 1 }, B: { Al: 1 } }))).toBe('AlNi3');
    expect(prettyName(buildPrototype('A1', { A: { Cu: 0.75, Pt: 0.25 } }))).toBe('Cu0.75Pt0.25');
    expect(prettyName(buildPrototype('A2', { A: { W: 1 } }))).toBe('W');
  });

  test('reads the chemical system from both', ({ expect }) => {
    expect(chemicalSystem({ Ni: 0.75, Al: 0.25 })).toBe('Al-Ni');
    expect(chemicalSystem(buildPrototype('D0_19', { A: { Ti: 1 }, B: { Al: 1 } }))).toBe('Al-Ti');
  });
});
