/** From values to pixels, with the values at which an axis is labelled. */
export interface Scale {
  (value: number): number;
  ticks: number[];
  domain: [number, number];
}

type Span = readonly [number, number];

/** Equal steps of the logarithm; the domain grows to the next of 1, 2, 5 times a power of ten. Values below the domain sit at its end. */
export function logScale(values: readonly number[], [from, to]: Span): Scale {
  const positive = values.filter((value) => value > 0);
  const [low, high] = positive.length === 0 ? [1, 10] : extent(positive);
  const domain: [number, number] = [roundLog(low, Math.floor), roundLog(high * (low === high ? 1.01 : 1), Math.ceil)];
  const [start, end] = domain.map(Math.log10) as [number, number];
  const place = (value: number): number =>
    from + ((Math.log10(Math.min(Math.max(value, domain[0]), domain[1])) - start) / (end - start)) * (to - from);
  const decades = Array.from(
    { length: Math.floor(end + 1e-9) - Math.ceil(start - 1e-9) + 1 },
    (_, i) => 10 ** (Math.ceil(start - 1e-9) + i),
  );
  return Object.assign(place, { ticks: decades.length > 1 ? decades : domain, domain });
}

/** Equal steps of the value, to round numbers around the data. */
export function linearScale(values: readonly number[], [from, to]: Span, count = 5): Scale {
  const [low, high] = values.length === 0 ? [0, 1] : extent(values);
  const step = roundStep((high - low || Math.abs(high) || 1) / count);
  const domain: [number, number] = [Math.floor(low / step) * step, Math.ceil(high / step + (high === low ? 1 : 0)) * step];
  const place = (value: number): number => from + ((value - domain[0]) / (domain[1] - domain[0])) * (to - from);
  const ticks = Array.from({ length: Math.round((domain[1] - domain[0]) / step) + 1 }, (_, i) =>
    Number((domain[0] + i * step).toPrecision(12)),
  );
  return Object.assign(place, { ticks, domain });
}

/** The step of a sequential palette of so many colours for a value between two others. */
export function paletteStep(value: number, [low, high]: Span, colours: number): number {
  const share = high === low ? 1 : (value - low) / (high - low);
  return Math.min(colours - 1, Math.max(0, Math.floor(share * colours)));
}

/** Least and greatest, of any number of values: an argument list has an end. */
function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function roundLog(value: number, round: (exponent: number) => number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((factor) => factor * decade);
  const tolerance = 1 + 1e-9;
  return round === Math.floor
    ? (steps.findLast((step) => step <= value * tolerance) ?? decade)
    : (steps.find((step) => step * tolerance >= value) ?? decade * 10);
}

function roundStep(raw: number): number {
  const decade = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * decade >= raw * (1 - 1e-9)) ?? 10) * decade;
}
