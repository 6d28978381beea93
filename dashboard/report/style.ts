/** The look of the report: one column, two colour schemes, and a form for paper. No font, image or script comes from elsewhere. */
export const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #5a6470; --line: #dde2e8; --panel: #f6f8fa; --accent: #0b62a8; --warn: #a4530a;
  --s0: #e9f1f8; --s1: #cfe1f0; --s2: #a9cbe4; --s3: #7aafd4; --s4: #4a8fc0; --s5: #246fa6; --s6: #0d4f84; --on-dark: #fff; --on-light: #1b1f24;
  --g0: #f4f8f7; --g1: #dcebe8; --g2: #bfdcd8; --g3: #9dcac8; --g4: #78b3b8; --g5: #5699a6; --g6: #3b7d92; --g7: #29607b; --g8: #1d4462;
  --fcc: #0b62a8; --bcc: #b5480c; --hcp: #2f7d4f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e6e9ed; --soft: #9aa5b1; --line: #2d343c; --panel: #1b2026; --accent: #76b5ec; --warn: #e6a25c;
  --s0: #1d2833; --s1: #1f384e; --s2: #214a6b; --s3: #25608c; --s4: #3a7fb0; --s5: #6ba6d1; --s6: #a9d0ee; --on-dark: #14171b; --on-light: #e6e9ed;
  --g0: #17252b; --g1: #1b333c; --g2: #20454f; --g3: #275a63; --g4: #327178; --g5: #478b8d; --g6: #69a6a2; --g7: #97c2b9; --g8: #cfe2d8;
  --fcc: #76b5ec; --bcc: #f0935a; --hcp: #7cc79a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 40px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 20px; margin: 44px 0 4px; letter-spacing: -.005em; }
p { margin: 6px 0 12px; max-width: 78ch; }
a { color: var(--accent); }
.soft, figcaption, .note { color: var(--soft); }
.note { font-size: 13.5px; }
sub { font-size: .72em; line-height: 0; vertical-align: -.25em; }
.facts { display: flex; flex-wrap: wrap; gap: 10px 34px; margin: 20px 0 0; padding: 14px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
.facts div { min-width: 74px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: 21px; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; vertical-align: bottom; border-bottom: 1px solid var(--ink); padding: 4px 10px 4px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); padding: 3px 10px 3px 0; vertical-align: middle; }
td.n, th.n { text-align: right; }
td.nowrap { white-space: nowrap; }
tbody tr:hover { background: var(--panel); }
th button { all: unset; cursor: pointer; white-space: nowrap; }
th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
th[aria-sort] button::after { content: " \\2191"; color: var(--accent); }
th[aria-sort=descending] button::after { content: " \\2193"; }
th small { display: block; font-weight: 400; color: var(--soft); }
.unit { font-weight: 400; color: var(--soft); }
.outside, .edge { color: var(--warn); }
svg { display: block; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); }
.interval .whisker { stroke: var(--accent); stroke-width: 1.4; fill: none; }
.interval .mark { fill: var(--accent); }
.interval.unknown .mark { fill: var(--paper); stroke: var(--warn); stroke-width: 1.6; }
.interval.unknown .whisker { stroke: var(--warn); stroke-dasharray: 3 2; }
.periodic { width: 100%; max-width: 1010px; margin-top: 10px; }
.periodic rect { fill: var(--panel); }
.periodic text { fill: var(--on-light); }
.periodic .symbol { font-size: 15px; font-weight: 600; }
.periodic .best { font-size: 9px; }
.periodic .value { font-size: 11px; }
.periodic .outside rect { stroke: var(--warn); stroke-dasharray: 4 3; stroke-width: 1.6; }
.periodic .none text { fill: var(--soft); opacity: .6; font-weight: 400; }
${Array.from({ length: 7 }, (_, i) => `.periodic .s${i} rect { fill: var(--s${i}); }`).join(' ')}
.periodic :is(.s4, .s5, .s6) text { fill: var(--on-dark); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 8px 28px; }
figure { margin: 8px 0 0; }
.scatter { width: 100%; }
.scatter .base { stroke: var(--soft); }
.scatter .title { fill: var(--ink); font-size: 12.5px; }
.scatter .limit { stroke: var(--soft); stroke-dasharray: 2 4; }
.scatter .front { stroke: var(--ink); stroke-width: 1.2; fill: none; opacity: .55; }
.scatter .point { fill-opacity: .25; stroke-width: 1.2; }
.scatter .best { fill-opacity: 1; }
.scatter .name { fill: var(--ink); font-size: 11.5px; }
.fcc { fill: var(--fcc); stroke: var(--fcc); } .bcc { fill: var(--bcc); stroke: var(--bcc); } .hcp { fill: var(--hcp); stroke: var(--hcp); }
.key { display: inline-flex; gap: 18px; align-items: center; color: var(--soft); font-size: 13.5px; }
.key span { display: inline-flex; gap: 6px; align-items: center; }
.surfaces { display: grid; grid-template-columns: repeat(auto-fill, minmax(196px, 1fr)); gap: 22px 16px; margin-top: 14px; }
.surfaces figcaption { font-size: 12.5px; line-height: 1.4; }
.surfaces strong { color: var(--ink); font-weight: 600; }
.gamma .outline { fill: none; stroke: var(--soft); stroke-width: .8; }
.gamma .bar { stroke: var(--ink); stroke-width: 1.5; }
.gamma .halo { fill: none; stroke: var(--paper); stroke-width: 3.4; }
.gamma .fault { fill: none; stroke: #c2410c; stroke-width: 1.7; }
.gamma .saddle { fill: none; stroke: #111; stroke-width: 1.2; stroke-dasharray: 2 1.6; }
${Array.from({ length: 9 }, (_, i) => `.gamma .g${i} { fill: var(--g${i}); }`).join(' ')}
dl.origin { display: grid; grid-template-columns: max-content 1fr; gap: 3px 22px; font-size: 14px; }
dl.origin dt { color: var(--soft); } dl.origin dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 14px 0; } summary { cursor: pointer; color: var(--accent); }
code, pre { font: 12px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: var(--panel); padding: 12px 14px; overflow-x: auto; }
footer { margin-top: 48px; padding-bottom: 40px; color: var(--soft); font-size: 13px; }
@page { size: landscape; margin: 12mm; }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --panel: #fff; --accent: #0b62a8; }
  body { font-size: 10.5px; } .note, .facts dt, .soft { font-size: 10px; } .facts dd { font-size: 14px; } h1 { font-size: 20px; } h2 { font-size: 14px; margin-top: 22px; } header { padding-top: 0; } main, header, footer { max-width: none; padding: 0; }
  table { font-size: 8.6px; } td, th { padding-right: 7px; padding-block: 1px; } .interval { width: 170px; height: 13px; } thead { display: table-header-group; } tr, figure { break-inside: avoid; } h2 { break-after: avoid; }
  .scroll { overflow: visible; } .plots { grid-template-columns: 1fr 1fr; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

/** Sorts a table by the column whose heading is pressed; without scripts the tables stand as they are. */
export const script = `
for (const button of document.querySelectorAll('th button')) button.addEventListener('click', () => {
  const head = button.closest('th'), body = head.closest('table').tBodies[0], column = head.cellIndex;
  const falling = head.getAttribute('aria-sort') === 'ascending' || (!head.hasAttribute('aria-sort') && head.dataset.first === 'descending');
  for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const compare = (a, b) => {
    const [p, q] = [value(a), value(b)];
    if (p === '' || q === '') return (p === '') - (q === '');
    const order = isNaN(p) || isNaN(q) ? p.localeCompare(q) : p - q;
    return falling ? -order : order;
  };
  body.append(...[...body.rows].sort(compare));
});
`;
