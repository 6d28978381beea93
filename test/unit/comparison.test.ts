import { describe, it } from 'vitest';
import { deviationPlot } from '../../dashboard/report/deviation-plot.js';
import { compareLevels, type LevelResult } from '../../domain/comparison.js';

const result = (
  alloy: string,
  fidelity: LevelResult['fidelity'],
  values: Record<string, number>,
  level: string = fidelity,
): LevelResult => ({
  alloy,
  fidelity,
  level,
  values,
});

describe('levels of theory beside one another', () => {
  const comparison = compareLevels([
    result('Al A1', 'dft', { a: 4, C11: 100 }),
    result('Al A1', 'md', { a: 4.04, C11: 120, 'tau_P (MPa)': 3 }),
    result('Cu A1', 'md', { a: 3.6, C11: 180 }),
    result('Cu A1', 'dft', { a: 3.6, C11: 200 }),
    result('Ni A1', 'md', { a: 3.5 }),
    result('Al A1', 'mlff', { a: 3.98 }),
  ]);

  it('have the cheapest first, and deviations from the highest', ({ expect }) => {
    expect(comparison.levels).toEqual(['md', 'mlff', 'dft']);
    const a = comparison.rows.find(({ alloy, quantity }) => alloy === 'Al A1' && quantity === 'a');
    expect(a?.values).toEqual([4.04, 3.98, 4]);
    expect(a?.deviations).toEqual([expect.closeTo(0.01, 10), expect.closeTo(-0.005, 10), null]);
  });

  it('leave out crystals and quantities of one level alone', ({ expect }) => {
    expect(comparison.alloys).toEqual(['Al A1', 'Cu A1']);
    expect(comparison.rows.map(({ quantity }) => quantity)).not.toContain('tau_P (MPa)');
  });

  it('are summed up by quantity: mean, mean absolute and largest deviation', ({ expect }) => {
    expect(comparison.summary.find(({ level, quantity }) => level === 'md' && quantity === 'C11')).toEqual({
      level: 'md',
      quantity: 'C11',
      alloys: 2,
      mean: expect.closeTo(0.05, 10) as number,
      meanAbsolute: expect.closeTo(0.15, 10) as number,
      largest: expect.closeTo(0.2, 10) as number,
    });
  });

  it('of the same fidelity are told apart by their names, and the last is the reference', ({ expect }) => {
    const two = compareLevels([result('Al A1', 'mlff', { a: 4 }, 'mlff mace'), result('Al A1', 'mlff', { a: 5 }, 'mlff chgnet')]);
    expect(two.levels).toEqual(['mlff mace', 'mlff chgnet']);
    expect(two.rows[0]?.deviations).toEqual([expect.closeTo(-0.2, 10), null]);
  });

  it('are drawn: a sign for each deviation, which stands in its title, also where it is off the axis', ({ expect }) => {
    const far = compareLevels([result('Al <1>', 'md', { x: 50 }), result('Al <1>', 'dft', { x: 10 })]);
    const svg = deviationPlot(far);
    expect(svg.match(/<title>/g)).toHaveLength(1);
    expect(svg).toContain('Al &lt;1&gt;, x: md 50, dft 10 (400.0 %)');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(deviationPlot(comparison).match(/<title>/g)).toHaveLength(5);
  });
});
