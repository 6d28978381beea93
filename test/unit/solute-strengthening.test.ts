import { describe, test } from 'vitest';
import { soluteModuli, soluteStrengthening, soluteStressAt } from '../../domain/solute-strengthening.js';

describe('solute strengthening of fcc alloys', () => {
  // Elements of the file examples/FeCoNi of SSPredict (github.com/DS-Wen/SSPredict, MIT), which codes the same paper independently.
  const volumes = { Fe: 12.09, Co: 11.12, Ni: 10.94 };
  // Its results, columns mu_ave, nu_ave, b_ave, tau_y0 (MPa), Delta_Eb (eV).
  const rows = [
    [{ Fe: 0.05, Ni: 0.95 }, 72.647145, 0.3108825542972129, 2.49614411737577, 25.016700107735613, 0.5365148465292728],
    [{ Fe: 0.5, Ni: 0.5 }, 42.47145, 0.3272151056768724, 2.5346985324245943, 43.689015308634154, 0.5676257666144455],
    [{ Co: 0.2, Fe: 0.2, Ni: 0.6 }, 67.72058, 0.3091515164223342, 2.51182014188462, 49.006827899338774, 0.7387589165447982],
  ] as const;

  for (const [composition, shearGpa, poisson, burgersAngstrom, stress, barrier] of rows)
    test(`of ${Object.keys(composition).join('-')} agrees with another code of the same paper`, ({ expect }) => {
      const found = soluteStrengthening({ lattice: 'fcc', moduli: { shearGpa, poisson }, burgersAngstrom, composition, volumes });
      expect(found.zeroTemperatureMpa / stress).toBeCloseTo(1, 4);
      expect(found.barrierEv / barrier).toBeCloseTo(1, 4);
    });

  test('of CoCrFeMnNi lies within a fifth of the measured friction stress at room temperature', ({ expect }) => {
    // Apparent volumes: Varvenne, Luque, Curtin, Acta Mater. 118, 164 (2016). G and nu: Laplanche et al., J. Alloys Compd. 623, 348 (2015).
    const found = soluteStrengthening({
      lattice: 'fcc',
      moduli: { shearGpa: 80, poisson: 0.265 },
      burgersAngstrom: 2.544,
      composition: { Co: 0.2, Cr: 0.2, Fe: 0.2, Mn: 0.2, Ni: 0.2 },
      volumes: { Ni: 10.94, Co: 11.12, Fe: 12.09, Cr: 12.27, Mn: 12.6 },
    });
    // Hall-Petch friction stress 125 MPa at 293 K and 1e-3/s: Otto et al., Acta Mater. 61, 5743 (2013); Taylor factor 3.06.
    const yieldMpa = 3.06 * soluteStressAt(found, 293, 1e-3);
    expect(yieldMpa).toBeGreaterThan(0.8 * 125);
    expect(yieldMpa).toBeLessThan(1.2 * 125);
  });

  test('vanishes with the misfit, grows as c^(2/3), and weakens with temperature', ({ expect }) => {
    const at = (fraction: number, v = 13) =>
      soluteStrengthening({
        lattice: 'fcc',
        moduli: { shearGpa: 80, poisson: 0.3 },
        burgersAngstrom: 2.55,
        composition: { Cu: 1 - fraction, Ag: fraction },
        volumes: { Cu: 12, Ag: v },
      });
    expect(at(0.3, 12).zeroTemperatureMpa).toBeCloseTo(0, 9);
    // c (1 - c) dV^2: dilute alloys go as c.
    expect(at(0.002).zeroTemperatureMpa / at(0.001).zeroTemperatureMpa).toBeCloseTo(2 ** (2 / 3), 2);
    const alloy = at(0.5);
    const stresses = [1, 100, 300, 600, 1000].map((kelvin) => soluteStressAt(alloy, kelvin));
    expect(stresses.every((value, index) => index === 0 || value < (stresses[index - 1] ?? 0))).toBe(true);
    expect(soluteStressAt(alloy, 1e-6)).toBeCloseTo(alloy.zeroTemperatureMpa, 1);
  });
});

describe('solute strengthening of bcc alloys', () => {
  test('is that of the closed form, checked by hand', ({ expect }) => {
    // mu 50 GPa, nu 1/3: q = 2, q^(4/3) = 2.5198; s = 0.25 * 2^2/3^6 = 1.3717e-3, s^(2/3) = 0.012346; (1/12)^(-1/3) = 2.2894.
    const found = soluteStrengthening({
      lattice: 'bcc',
      moduli: { shearGpa: 50, poisson: 1 / 3 },
      burgersAngstrom: 3,
      composition: { Nb: 0.5, W: 0.5 },
      volumes: { Nb: 17, W: 15 },
    });
    const s = 1 / 3 ** 6;
    expect(found.zeroTemperatureMpa).toBeCloseTo(0.04 * 2.28943 * 50_000 * 2.51984 * s ** (2 / 3), 1);
    expect(found.barrierEv).toBeCloseTo((2 * 0.43679 * 50 * 27 * 1.5874 * s ** (1 / 3)) / 160.2177, 3);
  });

  test('takes the shear modulus of <111>, and fcc that of Voigt', ({ expect }) => {
    expect(soluteModuli('bcc', { C11: 240, C12: 140, C44: 50 })?.shearGpa).toBe(50);
    expect(soluteModuli('fcc', { C11: 200, C12: 100, C44: 50 })?.shearGpa).toBe(50);
    // Isotropic: B = 133.33, G = 50 and nu = 0.333.
    expect(soluteModuli('fcc', { C11: 200, C12: 100, C44: 50 })?.poisson).toBeCloseTo(1 / 3, 12);
    expect(soluteModuli('fcc', { C11: 200 })).toBeUndefined();
  });
});
