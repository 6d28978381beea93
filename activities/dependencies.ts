import type { Client } from '@temporalio/client';
import type { CalculatorPool } from '../connectors/calculator/open.js';
import type { ComputerPool } from '../connectors/computer/computer.js';
import type { InferencePool } from '../connectors/predictor/inference.js';
import type { Predictor } from '../connectors/predictor/predictor.js';
import type { Notifier } from '../connectors/notifier/notifier.js';
import type { CampaignModels } from './campaign-model.js';
import type { SourcePool } from '../connectors/source/open.js';
import type { Store } from '../connectors/store/store.js';

/** What activities work with; made once per worker process and handed to every factory. */
export interface Dependencies {
  store: Store;
  computers: ComputerPool;
  calculators: CalculatorPool;
  /** Databases of materials. */
  sources: SourcePool;
  /** Speaks for the slip records of candidates. */
  predictor: Predictor;
  /** The same for many records at a time, in threads; they start when first used. */
  inference: InferencePool;
  /** Which model ranks which campaign. */
  models: CampaignModels;
  /** Tensor library to train with, or `auto`. */
  tensorBackend: string;
  temporal: Client;
  /** Whom to tell of what; absent where nobody wants to be told. */
  notifier?: Notifier | undefined;
}
