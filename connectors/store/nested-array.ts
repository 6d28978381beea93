const wideDot = '\uFF0E';
declare const packed: unique symbol;

/**
 * A value as the store holds it. FerretDB refuses an array directly inside an array, so each inner array becomes `{ row: [...] }`; and no
 * dot in a key, so `Cu0.5Pt0.5` is written with the full-width dot U+FF0E.
 */
export type Packed<Value> = { readonly [packed]: Value };

/** Ready for the store: `[[1, 2], [3, 4]]` becomes `[{ row: [1, 2] }, { row: [3, 4] }]`, at any depth. */
export function pack<Value>(value: Value): Packed<Value> {
  return packedValue(value) as Packed<Value>;
}

/** The value that was packed. Documents that were never packed come back as they are. */
export function unpack<Value>(value: Packed<Value>): Value {
  return unpackedValue(value) as Value;
}

function packedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (Array.isArray(item) ? { row: packedValue(item) } : packedValue(item)));
  return mapped(value, packedValue, (key) => key.replaceAll('.', wideDot));
}

function unpackedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => unpackedValue(isRow(item) ? item.row : item));
  return mapped(value, unpackedValue, (key) => key.replaceAll(wideDot, '.'));
}

function isRow(item: unknown): item is { row: unknown[] } {
  return typeof item === 'object' && item !== null && 'row' in item && Array.isArray(item.row) && Object.keys(item).length === 1;
}

function mapped(value: unknown, change: (inner: unknown) => unknown, rename: (key: string) => string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[rename(key), change(inner)]])));
}
