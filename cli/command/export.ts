import { candidateResults, type CandidateResult } from '../../connectors/store/candidate-result.js';
import { unpack } from '../../connectors/store/nested-array.js';
import { campaignProgress } from '../../connectors/store/progress.js';
import type { Store } from '../../connectors/store/store.js';
import { InvalidInput } from '../../domain/failures.js';
import { passes, type CandidateFilter } from '../candidate-filter.js';
import { cifExport } from '../export/cif.js';
import { optimadeExport } from '../export/optimade.js';
import { pymatgenExport } from '../export/pymatgen.js';
import { csvExport, jsonlExport } from '../export/table.js';
import { outputPath, writePieces } from '../export/write.js';
import type { Output } from '../output.js';
import { report } from '../../dashboard/report/report.js';
import { withStore } from '../session.js';
import { version } from '../version.js';
import { readCampaign } from '../read-campaign.js';

export const exportFormats = ['csv', 'jsonl', 'optimade', 'cif', 'pymatgen', 'html'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions extends CandidateFilter {
  format: ExportFormat;
  output?: string;
  /** Only the first so many of the ranking; the others are left out. */
  top?: number;
  /** Ranked candidates whose gamma surfaces an HTML report shows. */
  surfaces: number;
}

type Writer = (results: AsyncIterable<CandidateResult>, campaign: string, options: ExportOptions, store: Store) => AsyncIterable<string>;

const writers: Record<ExportFormat, { extension: string; write: Writer }> = {
  csv: { extension: 'csv', write: csvExport },
  jsonl: { extension: 'jsonl', write: jsonlExport },
  optimade: { extension: 'optimade.jsonl', write: optimadeExport },
  cif: { extension: 'cif', write: cifExport },
  pymatgen: { extension: 'json', write: pymatgenExport },
  html: { extension: 'html', write: htmlExport },
};

/** `peierls export <campaign>`: to a file, or to stdout. */
export function exportCampaign(campaign: string, options: ExportOptions, output: Output): Promise<number> {
  const { format, output: target, top } = options;
  if (output.json && target === undefined)
    throw new InvalidInput('with --json the export itself needs a file', { path: '--output', remedy: 'Add --output <file or folder>' });
  const { extension, write } = writers[format];
  const path = target === undefined ? undefined : outputPath(target, `${campaign}.${extension}`);
  return withStore(process.env, output, async (store) => {
    await readCampaign(store, campaign);
    let candidates = 0;
    const results = counted(
      candidateResults(
        store,
        campaign,
        (candidate, row) => passes(options, candidate) && (top === undefined || (row !== null && row.rank <= top)),
      ),
      () => (candidates += 1),
    );
    const pieces = write(results, campaign, options, store);
    if (path === undefined) {
      for await (const piece of pieces) process.stdout.write(piece);
      return 0;
    }
    const bytes = await writePieces(path, pieces);
    output.result({ campaign, format, file: path, candidates, bytes }, [
      `Wrote ${path}: ${candidates} candidates, ${Math.ceil(bytes / 1024)} KB.`,
    ]);
    return 0;
  });
}

async function* htmlExport(
  results: AsyncIterable<CandidateResult>,
  campaign: string,
  { surfaces }: ExportOptions,
  store: Store,
): AsyncGenerator<string> {
  const { definition } = await readCampaign(store, campaign);
  const read: CandidateResult[] = [];
  // Surfaces are the bulk of a result: those that are not shown are not kept.
  for await (const result of results)
    read.push((result.row?.rank ?? Number.POSITIVE_INFINITY) <= surfaces ? result : { ...result, surfaces: [] });
  yield report({
    definition: unpack(definition),
    progress: await campaignProgress(store, campaign),
    results: read,
    surfaces,
    version,
    writtenAt: new Date().toISOString(),
  });
}

async function* counted<Item>(items: AsyncIterable<Item>, count: () => void): AsyncGenerator<Item> {
  for await (const item of items) {
    count();
    yield item;
  }
}
