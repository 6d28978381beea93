import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ElementSymbol } from '../../../../domain/element.js';
import { InvalidInput } from '../../../../domain/failures.js';
import type { LammpsEngine } from '../engine.js';
import { missingElement, pureElement, sha256, speciesOf, type Potential } from './potential.js';
import type { PotentialReference } from '../reference.js';

type KimReference = Extract<PotentialReference, { kim: string }>;

export function kimCitation(kim: string): string {
  return `OpenKIM model ${kim}, https://openkim.org/cite/${kim.split('__').at(-1) ?? kim}`;
}

/** A portable OpenKIM model. It must be installed where LAMMPS runs; only a native LAMMPS with the KIM package can use it. */
export function openKim({ kim, elements, cutoffAngstrom }: KimReference): Potential {
  const known = elements ?? elementsInName(kim);
  if (known === undefined)
    throw new InvalidInput('the elements of this OpenKIM model cannot be read from its id', {
      path: 'kim',
      value: kim,
      remedy: 'List them under "elements"',
    });
  return {
    name: kim,
    citation: kimCitation(kim),
    elements: known,
    sha256: sha256(kim),
    engines: 'native',
    cutoffAngstrom: () => cutoffAngstrom,
    rejects: (structure) => {
      const missing = missingElement(structure, known, `OpenKIM model ${kim}`, 'Choose another model.');
      if (missing !== undefined) return missing;
      const average = speciesOf(structure).find((label) => pureElement(structure, label) === undefined);
      if (average === undefined) return undefined;
      return `species "${average}" is an average atom, which OpenKIM model ${kim} cannot describe. Use the analytic potential zhou2004.`;
    },
    files: () => ({}),
    commands: (structure) => [
      `pair_style kim ${kim}`,
      `pair_coeff * * ${speciesOf(structure)
        .map((label) => pureElement(structure, label) ?? label)
        .join(' ')}`,
    ],
  };
}

/** Loads the model with a LAMMPS of this machine. Throws `InvalidInput` where the engine or the model cannot do it. */
export async function requireKim(kim: string, engine: LammpsEngine): Promise<void> {
  if (engine.name === 'wasm')
    throw new InvalidInput(`OpenKIM model ${kim} needs a native LAMMPS with the KIM package; the WebAssembly one has none`, {
      remedy: 'Install LAMMPS and the model, or choose an analytic potential or a potential file',
    });
  const folder = await mkdtemp(join(tmpdir(), 'peierls-kim-'));
  try {
    const script = ['units metal', 'region r block 0 9 0 9 0 9', 'create_box 1 r', `pair_style kim ${kim}`, ''].join('\n');
    await writeFile(join(folder, 'in.probe'), script);
    const [program = '', ...args] = engine.command;
    await promisify(execFile)(program, [...args, '-in', 'in.probe', '-log', 'none'], { cwd: folder, timeout: 60_000 });
  } catch (cause) {
    const output = typeof cause === 'object' && cause !== null && 'stdout' in cause ? String(cause.stdout) : String(cause);
    const said = output.split('\n').find((line) => line.startsWith('ERROR')) ?? output.slice(-200);
    throw new InvalidInput(`${engine.command.at(-1) ?? 'lmp'} cannot load OpenKIM model ${kim}: ${said}`, {
      remedy: `Install it: kim-api-collections-management install user ${kim}`,
      cause,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The part before `__` ends in the elements: `EAM_Dynamo_MishinFarkasMehl_1999_NiAl__MO_...` has Ni and Al. */
function elementsInName(kim: string): string[] | undefined {
  const last = kim.split('__')[0]?.split('_').at(-1) ?? '';
  const symbols = last.match(/[A-Z][a-z]?/g) ?? [];
  const complete = symbols.join('') === last && symbols.length > 0;
  return complete && symbols.every((symbol) => ElementSymbol.safeParse(symbol).success) ? symbols : undefined;
}
