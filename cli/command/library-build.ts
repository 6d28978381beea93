import { renameSync, writeFileSync } from 'node:fs';
import { trainingLibrary } from '../../connectors/store/training-library.js';
import { joinedLibrary, libraryText, type Library } from '../../domain/library.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { loadTraining, type LoadedCampaign } from '../campaign-file.js';
import { dryRun } from '../dry-run.js';
import { follow } from '../follow.js';
import { duration } from '../../domain/duration.js';
import { type Output } from '../output.js';
import { withServices } from '../session.js';
import { startCampaign } from '../start-campaign.js';
import { exitCode, requireComputer } from './screen.js';

export interface LibraryBuildOptions {
  out: string;
  dryRun?: boolean;
  computer?: string;
}

/**
 * `peierls library build <training.yaml>`: runs the training campaign, or goes on with it, and writes the library. An interrupted one leaves a
 * valid library of what there is. Resolves to the exit code.
 */
export async function libraryBuild(file: string, options: LibraryBuildOptions, output: Output, stop: AbortSignal): Promise<number> {
  const loaded = await loadTraining(file, options.computer === undefined ? {} : { computer: options.computer });
  if (options.dryRun === true) return dryRuns(loaded, output);
  for (const campaign of loaded) await requireComputer(file, campaign);
  return withServices(process.env, output, { worker: true }, async (session) => {
    const began = Date.now();
    const campaigns: CampaignProgress[] = [];
    let library: Library | undefined;
    for (const campaign of loaded) {
      const { name, computer } = campaign.definition;
      const how = await startCampaign(session.store, session.temporal, campaign);
      output.say(`Training campaign ${name} on computer ${[computer].flat().join(', ')}: ${how}.`);
      campaigns.push(await follow(session, name, stop));
      const part = await trainingLibrary(session.store, name);
      library = library === undefined ? part : joinedLibrary(library, part);
      writeFileSync(`${options.out}.tmp`, libraryText(library));
      renameSync(`${options.out}.tmp`, options.out);
      if (stop.aborted) break;
    }
    const counts = library?.counts ?? {};
    const written = { file: options.out, counts };
    output.result(loaded.length === 1 ? { ...campaigns[0], library: written } : { campaigns, library: written }, [
      `${options.out}: ${counts['records'] ?? 0} Peierls stresses of ${counts['metals'] ?? 0} metals; ${counts['excluded'] ?? 0} left out with the reason (${duration((Date.now() - began) / 1000)}).`,
    ]);
    if (campaigns.length < loaded.length || campaigns.some(({ state }) => state === 'running' || state === 'paused')) {
      output.say(`Interrupted. Nothing is lost: "peierls library build ${file}" goes on where it stopped.`);
      return 130;
    }
    return Math.max(...campaigns.map(exitCode));
  });
}

/** One after the other; with `--json` all as one document. */
async function dryRuns(loaded: readonly LoadedCampaign[], output: Output): Promise<number> {
  const [first] = loaded;
  if (first !== undefined && loaded.length === 1) return dryRun(first, output);
  const counted: unknown[] = [];
  for (const campaign of loaded) {
    const result: Output['result'] = (value, lines) => {
      counted.push(value);
      if (!output.json) output.result(value, [`${campaign.definition.name}:`, ...lines]);
    };
    await dryRun(campaign, { ...output, result }, false);
  }
  if (output.json) output.result({ campaigns: counted }, []);
  return 0;
}
