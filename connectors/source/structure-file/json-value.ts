import type { Vec3 } from '../../../domain/vector.js';

/** Reading of JSON whose form is only known from outside: everything is `unknown` until asked. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of an object; undefined when there is no object, no field, or null in it. */
export function field(value: unknown, name: string): unknown {
  return isObject(value) ? (value[name] ?? undefined) : undefined;
}

export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function listField(value: unknown, name: string): unknown[] | undefined {
  const found = field(value, name);
  return Array.isArray(found) ? found : undefined;
}

/** Three numbers; what is not a number becomes NaN, so that the check of the structure names it. */
export function vectorIn(value: unknown): Vec3 {
  const numberAt = (index: number): number => {
    const found: unknown = Array.isArray(value) ? value[index] : undefined;
    return typeof found === 'number' ? found : Number.NaN;
  };
  return [numberAt(0), numberAt(1), numberAt(2)];
}

/** An instant as written by pymatgen (`{ "$date": ... }` or text) or OPTIMADE (text). */
export function instantField(value: unknown, name: string): string | undefined {
  return textField(value, name) ?? textField(field(value, name), '$date');
}
