import { style as reportStyle } from '../report/style.js';

/** The report's look, with what a page of links and forms needs beside it. */
export const style = `${reportStyle}
nav { display: flex; gap: 22px; align-items: baseline; max-width: 1240px; margin: 0 auto; padding: 14px 28px; border-bottom: 1px solid var(--line); }
nav a { color: var(--ink); text-decoration: none; padding: 4px 0; border-bottom: 2px solid transparent; }
nav a:hover { border-color: var(--line); }
nav a[aria-current] { border-color: var(--accent); font-weight: 600; }
nav .brand { font-weight: 700; letter-spacing: -.01em; font-size: 17px; }
nav .away::after { content: " \\2197"; color: var(--soft); }
#pulse { margin-left: auto; color: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 8px; background: var(--paper); padding: 6px 10px; z-index: 2; }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main { padding-top: 26px; min-height: 60vh; }
h1 .soft { font-weight: 400; }
.crumbs { font-size: 13.5px; margin: 0 0 4px; color: var(--soft); }
.state { display: flex; gap: 14px; align-items: baseline; margin: 8px 0 12px; flex-wrap: wrap; }
.badge { display: inline-block; font-size: 12.5px; padding: 1px 9px; border-radius: 999px; border: 1px solid var(--soft); color: var(--ink); white-space: nowrap; }
.badge.running, .badge.reading, .badge.submitted { border-color: var(--accent); color: var(--accent); }
.badge.done, .badge.ranked, .badge.open, .badge.parsed { border-color: var(--hcp); color: var(--hcp); }
.badge.failed, .badge.held { border-color: var(--bad); color: var(--bad); font-weight: 600; }
.badge.rejected, .badge.paused, .badge.draining, .badge.cancelled { border-color: var(--warn); color: var(--warn); }
:root { --bad: #b3261e; } @media (prefers-color-scheme: dark) { :root { --bad: #ff8f86; } }
.warn { color: var(--warn); } small.warn { display: block; font-size: 12.5px; white-space: normal; max-width: 60ch; }
.notice { border-left: 3px solid var(--warn); padding: 6px 12px; background: var(--panel); }
.bar { width: 100%; height: 8px; min-width: 110px; border-radius: 4px; }
.bar .ground { fill: var(--line); } .bar .ranked { fill: var(--accent); } .bar .rejected { fill: var(--warn); } .bar .failed { fill: var(--bad); }
.filters { display: flex; flex-wrap: wrap; gap: 10px 16px; align-items: end; margin: 14px 0; font-size: 13.5px; }
.filters label { display: grid; gap: 2px; } .filters label span { color: var(--soft); font-size: 12.5px; }
.filters input, .filters select, .filters button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: 5px; padding: 4px 8px; }
.filters input[type=number] { width: 6.5em; }
.filters button { background: var(--accent); color: var(--paper); border-color: var(--accent); cursor: pointer; padding-inline: 16px; }
td a, .state a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
.tensor { width: auto; } .tensor td { min-width: 66px; } .tensor .zero { color: var(--soft); }
.nowrap { white-space: nowrap; } td.n + td:not(.n), th.n + th:not(.n) { padding-left: 12px; }
td pre { max-width: 420px; }
@media (max-width: 720px) { main, nav, footer { padding-inline: 16px; } nav { gap: 14px; flex-wrap: wrap; } .plots { grid-template-columns: 1fr; } }
@media print { nav, .filters, .skip { display: none; } }
`;
