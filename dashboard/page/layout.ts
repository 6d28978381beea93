import { escaped, tag } from '../report/markup.js';

/** Links into the UI of the Temporal server; none where nobody knows its address. */
export interface TemporalLinks {
  ui: string | undefined;
  namespace: string;
}

export interface PageContext {
  temporal: TemporalLinks;
  version: string;
}

const places = [
  ['/', 'Campaigns'],
  ['/computers', 'Computers'],
  ['/sources', 'Sources'],
] as const;

/** A whole page. Its `live` parts are replaced by the script with what the server says a few seconds later; what stands `between` two of them stays. */
export function page(title: string, here: string, context: PageContext, head: string, live: string, between = '', rest = ''): string {
  return `<!doctype html>\n${tag(
    'html',
    { lang: 'en' },
    tag(
      'head',
      {},
      tag('meta', { charset: 'utf-8' }),
      tag('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      tag('title', {}, escaped(`${title} · peierls`)),
      tag('link', { rel: 'stylesheet', href: '/style.css' }),
      tag('link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }),
      tag('script', { src: '/live.js', defer: '' }),
    ),
    tag(
      'body',
      {},
      tag('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
      tag(
        'nav',
        { 'aria-label': 'Pages' },
        tag('a', { class: 'brand', href: '/' }, 'peierls'),
        ...places.map(([href, name]) => tag('a', { href, 'aria-current': href === here ? 'page' : undefined }, name)),
        ...(context.temporal.ui === undefined
          ? []
          : [tag('a', { class: 'away', href: workflowsLink(context.temporal) ?? '', rel: 'noreferrer' }, 'Temporal UI')]),
        tag('span', { id: 'pulse', role: 'status', 'aria-live': 'polite' }),
      ),
      tag(
        'main',
        { id: 'main' },
        head,
        tag('div', { 'data-live': '' }, live),
        ...(rest === '' ? [] : [between, tag('div', { 'data-live': '' }, rest)]),
      ),
      tag('footer', {}, `peierls ${escaped(context.version)}. This page reads; commands are given with ${tag('code', {}, 'peierls')}.`),
    ),
  )}\n`;
}

/** The page of a workflow in the Temporal UI; undefined where there is none. */
export function workflowLink({ ui, namespace }: TemporalLinks, workflow: string): string | undefined {
  return ui === undefined
    ? undefined
    : `${ui.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflow)}`;
}

function workflowsLink({ ui, namespace }: TemporalLinks): string | undefined {
  return ui === undefined ? undefined : `${ui.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}

export function linked(href: string | undefined, markup: string): string {
  return href === undefined ? markup : tag('a', { href, rel: 'noreferrer' }, markup);
}

export function campaignPath(campaign: string): string {
  return `/campaigns/${encodeURIComponent(campaign)}`;
}

export function candidatePath(candidate: string): string {
  return `/candidates/${candidate.split('/').map(encodeURIComponent).join('/')}`;
}

/** A table; cells are markup. */
export function grid(
  label: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  return tag(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabindex: 0 },
    tag(
      'table',
      {},
      tag(
        'thead',
        {},
        tag('tr', {}, ...heads.map((name, index) => tag('th', { scope: 'col', class: numeric.includes(index) ? 'n' : undefined }, name))),
      ),
      tag(
        'tbody',
        {},
        ...rows.map((cells) =>
          tag('tr', {}, ...cells.map((cell, index) => tag('td', { class: numeric.includes(index) ? 'n' : undefined }, cell))),
        ),
      ),
    ),
  );
}

export function facts(entries: readonly (readonly [name: string, value: string])[]): string {
  return tag('dl', { class: 'facts' }, ...entries.map(([name, value]) => tag('div', {}, tag('dt', {}, name), tag('dd', {}, value))));
}

export function badge(state: string): string {
  return tag('span', { class: `badge ${escaped(state)}` }, escaped(state));
}

export function instant(value: string | null): string {
  return value === null || value === '' ? '-' : tag('time', { datetime: value }, `${value.slice(0, 10)} ${value.slice(11, 16)} UTC`);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}
