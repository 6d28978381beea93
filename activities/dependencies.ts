import type { Client } from '@temporalio/client';
import type { CalculatorPool } from '../connectors/calculator/open.js';
import type { ComputerPool } from '../connectors/computer/computer.js';
import type { Predictor } from '../connectors/predictor/predictor.js';
import type { Notifier } from '../connectors/notifier/notifier.js';
import type { Store } from '../connectors/store/store.js';

/** What activities work with; made once per worker process and handed to every factory. */
export interface Dependencies {
  store: Store;
  computers: ComputerPool;
  calculators: CalculatorPool;
  /** Speaks for the slip records of candidates. */
  predictor: Predictor;
  temporal: Client;
  /** Whom to tell of what; absent where nobody wants to be told. */
  notifier?: Notifier | undefined;
}
