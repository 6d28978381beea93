import type { ComputerSettings } from '../../../domain/computer.js';
import { SshConnections } from '../../transport/ssh/connections.js';
import type { SshConnection } from '../../transport/ssh/connection.js';
import { joinHeld } from '../../transport/ssh/held.js';
import { openComputer } from '../computer.js';
import { codeSteps } from './code.js';
import { jobStep, oneCore, type JobOptions } from './job.js';
import { queueSteps } from './queue.js';
import { siteSteps } from './site.js';
import { ok, skipped, walk, type Step, type StepReport } from './step.js';
import { waySteps } from './way.js';

export interface CheckOptions extends Omit<JobOptions, 'onReport'> {
  environment: NodeJS.ProcessEnv;
  /** Folder of connections that `peierls computer login` holds. */
  heldIn: string;
  /** Whether a job is submitted. */
  job: boolean;
  onStep: (report: StepReport) => void;
  /** Lines about what takes long. */
  onProgress: (line: string) => void;
}

/** Walks everything that a campaign needs of a computer, from the name of the host to a job of one core, and says of each step what is wrong. */
export async function checkComputer(name: string, configured: ComputerSettings, options: CheckOptions): Promise<StepReport[]> {
  const settings = oneCore(configured);
  const connections = new SshConnections(options.environment, { heldIn: options.heldIn });
  const computer = openComputer(name, settings, connections);
  try {
    const way = await stepsToShell(settings, connections, options);
    const shell = way.at(-1) ?? reachedStep;
    const site = siteSteps(computer, shell);
    const queue = queueSteps(computer, shell);
    const codes = codeSteps(computer, site.tools);
    const job: Step = options.job
      ? jobStep(computer, [site.tools, site.workDir, queue.scheduler], { ...options, onReport: options.onProgress })
      : { name: 'job', needs: [], run: async () => skipped('left out by --no-job') };
    return await walk([...way, ...site.steps, ...queue.steps, ...codes, job], options.onStep, options.signal);
  } finally {
    await computer.transport.close();
    await connections.close();
  }
}

const reachedStep: Step = { name: 'shell', needs: [], run: async () => ok('this machine') };

async function stepsToShell({ transport }: ComputerSettings, connections: SshConnections, options: CheckOptions): Promise<Step[]> {
  if (transport.kind === 'local') return [reachedStep];
  let connection: SshConnection | undefined;
  let problem: unknown;
  try {
    connection = connections.to(transport);
  } catch (error) {
    problem = error;
  }
  const way = (target: SshConnection['target']): string =>
    target.via === undefined ? target.name : `${way(target.via)} -> ${target.name}`;
  const settings: Step = {
    name: 'configuration',
    needs: [],
    run: async () => {
      if (connection === undefined) throw problem;
      return ok(way(connection.target));
    },
  };
  if (connection === undefined) return [settings];
  const held = await joinHeld(options.heldIn, connection.target);
  held?.destroy();
  return [settings, ...waySteps(connection, options.environment, settings, held !== undefined)];
}
