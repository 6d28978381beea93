import { script as sorting } from '../report/style.js';

/**
 * Asks for the page again every few seconds while it is looked at, and puts in what has changed; a table stays sorted and scrolled as the reader left
 * it. Without scripts the pages stand as they are.
 */
export const live = `'use strict';
function listen() {${sorting}}
listen();
const pulse = document.getElementById('pulse');
let last = '';
const state = () => [...document.querySelectorAll('[data-live] table')].map((table) => {
  const head = [...table.tHead?.rows[0]?.cells ?? []].find((cell) => cell.hasAttribute('aria-sort'));
  return { column: head?.cellIndex, order: head?.getAttribute('aria-sort'), left: table.parentElement.scrollLeft };
});
function restore(before) {
  [...document.querySelectorAll('[data-live] table')].forEach((table, index) => {
    const { column, order, left } = before[index] ?? {};
    if (column !== undefined) for (let press = 0; press < 2 && table.tHead.rows[0].cells[column].getAttribute('aria-sort') !== order; press += 1) table.tHead.rows[0].cells[column].querySelector('button').click();
    table.parentElement.scrollLeft = left ?? 0;
  });
}
async function look() {
  const began = performance.now();
  let wait = 5000;
  try {
    const reply = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!reply.ok) throw new Error(reply.statusText);
    const next = [...new DOMParser().parseFromString(await reply.text(), 'text/html').querySelectorAll('[data-live]')];
    const news = next.map((part) => part.innerHTML).join();
    const busy = document.activeElement?.closest('[data-live]') || document.querySelector('[data-live] details[open]') || !getSelection().isCollapsed;
    if (news !== last && !busy) {
      const before = state();
      document.querySelectorAll('[data-live]').forEach((part, index) => next[index] && part.replaceChildren(...next[index].childNodes));
      last = news;
      listen();
      restore(before);
    }
    pulse.textContent = 'as of ' + new Date().toLocaleTimeString();
    wait = Math.max(5000, 10 * (performance.now() - began));
  } catch {
    pulse.textContent = 'not connected; trying again';
  }
  setTimeout(() => document.hidden ? document.addEventListener('visibilitychange', look, { once: true }) : look(), wait);
}
setTimeout(look, 5000);
`;

/** A dislocation: a tee, as textbooks draw it. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M3 12h10M8 12V3" stroke="#0b62a8" stroke-width="2.4" fill="none" stroke-linecap="round"/></svg>`;
