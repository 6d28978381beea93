import { renameSync, writeFileSync } from 'node:fs';
import { trainingLibrary } from '../../connectors/store/training-library.js';
import { libraryText } from '../../domain/library.js';
import { loadTraining } from '../campaign-file.js';
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
  if (options.dryRun === true) return dryRun(loaded, output);
  await requireComputer(file, loaded);
  const { name, computer } = loaded.definition;
  return withServices(process.env, output, { worker: true }, async (session) => {
    const began = Date.now();
    const how = await startCampaign(session.store, session.temporal, loaded);
    output.say(`Training campaign ${name} on computer ${[computer].flat().join(', ')}: ${how}.`);
    const progress = await follow(session, name, stop);
    const library = await trainingLibrary(session.store, name);
    writeFileSync(`${options.out}.tmp`, libraryText(library));
    renameSync(`${options.out}.tmp`, options.out);
    const { counts } = library;
    output.result({ ...progress, library: { file: options.out, counts } }, [
      `${options.out}: ${counts['records'] ?? 0} Peierls stresses of ${counts['metals'] ?? 0} metals; ${counts['excluded'] ?? 0} left out with the reason (${duration((Date.now() - began) / 1000)}).`,
    ]);
    if (progress.state === 'running' || progress.state === 'paused') {
      output.say(`Interrupted. Nothing is lost: "peierls library build ${file}" goes on where it stopped.`);
      return 130;
    }
    return exitCode(progress);
  });
}
