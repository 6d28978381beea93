import type { Client } from '@temporalio/client';
import type { CalculatorPool } from '../connectors/calculator/open.js';
import type { ComputerPool } from '../connectors/computer/computer.js';
import type { Predictor } from '../connectors/predictor/predictor.js';
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
  temporal: Client;
}
