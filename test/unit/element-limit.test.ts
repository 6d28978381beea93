import { describe, test } from 'vitest';
import { ElementLimit, tooExpensive, tooRisky } from '../../domain/element-limit.js';
import { SourceDefinition } from '../../domain/source.js';

const figures = { citation: 'metal exchange of the test, 2026-01-02', unit: 'USD/kg', values: { Ni: 16, Al: 2.5, Co: 30 } };
const limit = (max: number) => ElementLimit.parse({ file: 'prices.yaml', figures, max });

describe('the price of an alloy', () => {
  test('is that of its elements by mass', ({ expect }) => {
    // Ni3Al: (3*58.693*16 + 26.982*2.5) / (3*58.693 + 26.982) = 14.2 USD/kg.
    expect(tooExpensive({ Ni: 0.75, Al: 0.25 }, limit(14.3))).toBeUndefined();
    expect(tooExpensive({ Ni: 0.75, Al: 0.25 }, limit(14))).toBe(
      'its elements cost 14.2 USD/kg, more than 14 (prices.yaml: metal exchange of the test, 2026-01-02)',
    );
  });

  test('is not guessed where the file has none of an element', ({ expect }) => {
    expect(tooExpensive({ Ni: 0.5, Hf: 0.5 }, limit(1000))).toBe(
      'no price is given of Hf (prices.yaml: metal exchange of the test, 2026-01-02)',
    );
  });
});

describe('the supply risk of an alloy', () => {
  test('is that of its riskiest element', ({ expect }) => {
    expect(tooRisky({ Ni: 0.99, Co: 0.01 }, limit(20))).toMatch(/^the supply risk of Co is 30, above 20/);
    expect(tooRisky({ Ni: 0.5, Al: 0.5 }, limit(20))).toBeUndefined();
    expect(tooRisky({ Ni: 0.5, Zr: 0.5 }, limit(20))).toMatch(/^no supply risk is given of Zr/);
  });
});

describe('a source with limits', () => {
  test.for<[what: string, price: object, message: RegExp]>([
    ['needs figures', { max: 3 }, /name a file/],
    ['needs to say where they are from', { max: 3, figures: { citation: ' ', values: { Ni: 1 } } }, /say where the numbers are from/],
    ['takes no negative prices', { max: 3, figures: { citation: 'x', values: { Ni: -1 } } }, /a price is a number above 0/],
    ['takes elements only', { max: 3, figures: { citation: 'x', values: { Nickel: 1 } } }, /"Nickel" is not a chemical element/],
  ])('%s', ([, price, message], { expect }) => {
    const parsed = SourceDefinition.safeParse({ source: 'materials-project', price });
    expect(parsed.error?.issues.map((issue) => issue.message).join('; ')).toMatch(message);
  });
});
