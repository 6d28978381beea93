import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, test } from 'vitest';
import { report, type ReportInput } from '../../../dashboard/report/report.js';
import { programOnPath } from '../../../connectors/calculator/native-program.js';
import { Campaign } from '../../../domain/campaign.js';
import { exportResult, gammaSurface, rejectedResult } from '../export-fixtures.js';

const run = promisify(execFile);
const chromium = await programOnPath(['chromium', 'chromium-browser', 'google-chrome'], process.env['PATH'] ?? '');

const strong = exportResult('W', 'A2', { A: { W: 1 } }, { lattice: 'bcc' });
const weak = exportResult('Cu', 'A1', { A: { Cu: 1 } });
const input: ReportInput = {
  definition: Campaign.parse({
    name: 'demo',
    description: 'Steel & "hard" <b>metals</b>',
    candidates: [{ generator: 'pure', elements: ['Cu'] }],
    calculator: { name: 'lammps', potential: 'zhou2004' },
  }),
  progress: {
    campaign: 'demo',
    state: 'done',
    counts: { candidates: 3, ranked: 2, rejected: 1, failed: 0, pending: 0 },
    points: { distinct: 40, executed: 30, reused: 10 },
    jobs: { submitted: 6, distinctAttempts: 6 },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:02:00.000Z',
    lastFailure: null,
  },
  results: [
    { ...strong, row: strong.row && { ...strong.row, peierlsMpa: 4000, interval90: [1500, 11_000] } },
    { ...weak, row: weak.row && { ...weak.row, rank: 2, peierlsMpa: 1.2, interval90: [0.1, 16], domain: 'outside' } },
    rejectedResult('unstable crystal: <C11-C12> & more'),
  ],
  surfaces: 1,
  version: '0.1.0',
  writtenAt: '2026-01-03T00:00:00.000Z',
};

describe('the report', () => {
  const html = report(input);

  test('needs nothing from elsewhere', ({ expect }) => {
    expect(html.match(/(?:src|href)=|url\((?!#)|@import|https?:/g)).toBeNull();
    expect(html).toContain('default-src &#39;none&#39;');
  });

  test('escapes what people and programs wrote', ({ expect }) => {
    expect(html).toContain('Steel &amp; &quot;hard&quot; &lt;b&gt;metals&lt;/b&gt;');
    expect(html).toContain('unstable crystal: &lt;C11-C12&gt; &amp; more');
    expect(html).toContain('Zhou, Johnson &amp; Wadley &lt;2004&gt;');
  });

  test('is well-formed: every tag is closed in order', ({ expect }) => {
    const open: string[] = [];
    for (const [, end, name = '', self] of html
      .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
      .matchAll(/<(\/?)([a-z][\w-]*)(?:\s[^<>]*?)?(\/?)>/gi)) {
      if (self === '/') continue;
      if (end === '/') expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('draws the surfaces of as many candidates as asked for', ({ expect }) => {
    expect(html.match(/class="gamma"/g)).toHaveLength(1);
    expect(report({ ...input, surfaces: 2 }).match(/class="gamma"/g)).toHaveLength(2);
  });

  test('gives every drawing a name for those who cannot see it, and every id once', ({ expect }) => {
    const drawings = html.match(/<svg [^>]*>/g) ?? [];
    expect(drawings.filter((drawing) => !/aria-label="[^"]+"|aria-hidden/.test(drawing))).toEqual([]);
    const ids = [...report({ ...input, surfaces: 2 }).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('holds finite numbers only', ({ expect }) => {
    const drawn = html.replace(/<script>[\s\S]*<\/script>/, '');
    expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
    expect(report({ ...input, results: [] })).toContain('No candidate is ranked yet');
    const flat = { ...gammaSurface, fourier: { terms: [], rmsResidual: 0 } };
    expect(report({ ...input, results: [{ ...strong, surfaces: [flat] }] }).replace(/<script>[\s\S]*<\/script>/, '')).not.toMatch(
      /NaN|Infinity|undefined/,
    );
  });
});

test.skipIf(chromium === undefined)('a browser shows the report and sorts its ranking', { timeout: 120_000 }, async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'peierls-report-'));
  try {
    const file = join(folder, 'report.html');
    const press = `<script>document.querySelectorAll('#ranking th button')[5].click(); document.querySelectorAll('#ranking th button')[5].click();
      document.title = [...document.querySelectorAll('#ranking tbody tr')].map((row) => row.cells[1].textContent).join(',')</script>`;
    writeFileSync(file, report(input).replace('</body>', `${press}</body>`));
    const { stdout } = await run(chromium ?? '', [
      '--headless=new',
      '--no-sandbox',
      `--user-data-dir=${join(folder, 'profile')}`,
      '--dump-dom',
      `file://${file}`,
    ]);
    expect(stdout).toContain('<title>Cu,W</title>');
    expect(stdout).toContain('aria-sort="ascending"');
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});
