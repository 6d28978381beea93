export type Attributes = Record<string, string | number | undefined>;

/** An HTML or SVG element; children are markup already. Numbers are rounded to what a screen can show. */
export function tag(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(String(value))}"`)
    .join('');
  return empty.has(name) ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** Text as markup: nothing in it is read as a tag. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** Two digits after the point are a fiftieth of a pixel. */
export function rounded(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** `Cu0.5Pt0.5` with its amounts set below the line. */
export function formulaMarkup(formula: string): string {
  return escaped(formula).replaceAll(/([A-Z][a-z]?)([\d.]+)/g, '$1<sub>$2</sub>');
}

/** `L1_2` with its index below the line; `A2` and `B2` have none. */
export function prototypeMarkup(name: string): string {
  return escaped(name).replace(/_(\d+)$/, '<sub>$1</sub>');
}

const empty = new Set(['line', 'circle', 'rect', 'meta', 'br', 'link', 'input']);
