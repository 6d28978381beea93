import { availableParallelism, cpus, totalmem } from 'node:os';

/** The machine that a measurement was made on. */
export function machine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}
