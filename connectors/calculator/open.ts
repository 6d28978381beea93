import { InvalidInput } from '../../domain/failures.js';
import { aseCalculator } from './ase/ase.js';
import type { Calculator } from './calculator.js';
import { lammpsCalculator, LammpsSettings } from './lammps/lammps.js';
import { quantumEspressoCalculator } from './quantum-espresso/quantum-espresso.js';
import { staticsCalculator } from './statics/statics.js';
import { vaspCalculator } from './vasp/vasp.js';

/** Opens calculators by the `calculator` section of a campaign; equal settings share one. */
export class CalculatorPool {
  readonly #open = new Map<string, Promise<Calculator>>();

  /** Throws `InvalidInput` for an unknown calculator or settings it does not accept. */
  get(settings: { name: string } & Record<string, unknown>): Promise<Calculator> {
    const key = JSON.stringify(settings);
    let calculator = this.#open.get(key);
    if (calculator === undefined) {
      calculator = openCalculator(settings);
      this.#open.set(key, calculator);
      calculator.catch(() => this.#open.delete(key));
    }
    return calculator;
  }
}

async function openCalculator({ name, ...settings }: { name: string } & Record<string, unknown>): Promise<Calculator> {
  if (name === 'ase') return aseCalculator(settings);
  if (name === 'statics') return staticsCalculator(settings);
  if (name === 'quantum-espresso') return quantumEspressoCalculator(settings);
  if (name === 'vasp') return vaspCalculator(settings);
  if (name !== 'lammps')
    throw new InvalidInput(`no calculator is called "${name}"`, {
      path: 'calculator.name',
      value: name,
      remedy: 'Use lammps, statics, quantum-espresso, vasp or ase.',
    });
  const parsed = LammpsSettings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidInput(issue?.message ?? 'settings are not understood', {
      path: ['calculator', ...(issue?.path ?? [])].join('.'),
      remedy: 'See the calculator section of the campaign reference.',
    });
  }
  return lammpsCalculator(parsed.data);
}
