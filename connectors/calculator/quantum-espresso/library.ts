import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { InvalidInput, MissingFile } from '../../../domain/failures.js';
import { readUpf, type Pseudopotential } from './pseudopotential.js';

/** The Debian and Ubuntu package `quantum-espresso-data`. */
export const defaultFolder = '/usr/share/espresso/pseudo';

/** Pseudopotentials of one folder for one functional, at most one an element. Everything is read and hashed when it is opened. */
export interface PseudopotentialLibrary {
  folder: string;
  layout: 'sssp' | 'pseudo-dojo' | 'files';
  functional: string;
  byElement: ReadonlyMap<string, Pseudopotential>;
  /** Functionals of files that were left aside, by element: what a refusal can suggest. */
  otherFunctionals: ReadonlyMap<string, readonly string[]>;
}

/** A list of SSSP: `{"Al": {"filename": "Al.pbe-n-kjpaw_psl.1.0.0.UPF", "md5": "...", "cutoff_wfc": 30.0, "cutoff_rho": 240.0}}`. */
const SsspList = z.record(
  z.string(),
  z.object({ filename: z.string(), md5: z.string().optional(), cutoff_wfc: z.number().positive(), cutoff_rho: z.number().positive() }),
);

/** PseudoDojo's `Al.djrepo` beside `Al.upf`; hartree. */
const DojoReport = z.object({ hints: z.object({ normal: z.object({ ecut: z.number().positive() }) }) });

export interface LibraryChoice {
  folder: string;
  functional: string;
  /** File by element; the functional of these is what they say, and checked when a structure mixes them. */
  files: Readonly<Record<string, string>>;
}

/**
 * Opens a folder of UPF files in the layout of Debian (files alone), SSSP (a JSON list with cutoffs and checksums) or PseudoDojo (a report
 * beside each file). Throws `MissingFile` or `InvalidInput` with a remedy where the folder, a named file or a checksum is wrong.
 */
export async function openLibrary({ folder, functional, files }: LibraryChoice): Promise<PseudopotentialLibrary> {
  const names = await listFolder(folder);
  const list = await readList(folder, names);
  const potentials = await readAll(folder, names, list);
  const named = new Map(Object.entries(files).map(([element, file]) => [element, theNamed(potentials, folder, element, file)]));
  const byElement = new Map<string, Pseudopotential>();
  const otherFunctionals = new Map<string, string[]>();
  for (const potential of potentials.toSorted(preferred)) {
    const { element } = potential;
    if (potential.fullyRelativistic || named.has(element)) continue;
    const listed = list?.get(potential.file);
    if (list !== undefined && listed === undefined) continue;
    if (potential.functional !== functional) {
      const others = otherFunctionals.get(element) ?? [];
      if (!others.includes(potential.functional)) otherFunctionals.set(element, [...others, potential.functional]);
    } else if (!byElement.has(element)) byElement.set(element, potential);
  }
  for (const [element, potential] of named) byElement.set(element, potential);
  const layout = list !== undefined ? 'sssp' : names.some((name) => name.endsWith('.djrepo')) ? 'pseudo-dojo' : 'files';
  return { folder, layout, functional, byElement, otherFunctionals };
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new MissingFile(`the folder of pseudopotentials cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      path: 'calculator.pseudopotentials',
      value: folder,
      remedy: 'Name a folder of UPF files (Debian: quantum-espresso-data; SSSP; PseudoDojo), or set PEIERLS_PSEUDO',
      cause,
    });
  }
}

type SsspEntry = z.infer<typeof SsspList>[string];

/** The SSSP list in the folder, by file name; undefined where there is none. */
async function readList(folder: string, names: readonly string[]): Promise<Map<string, SsspEntry> | undefined> {
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const parsed = SsspList.safeParse(parseJson(await readFile(join(folder, name), 'utf8')));
    if (parsed.success) return new Map(Object.values(parsed.data).map((entry) => [entry.filename, entry]));
  }
  return undefined;
}

async function readAll(folder: string, names: readonly string[], list: Map<string, SsspEntry> | undefined): Promise<Pseudopotential[]> {
  const found: Pseudopotential[] = [];
  for (const name of names.filter((one) => /\.upf$/i.test(one))) {
    const content = await readFile(join(folder, name));
    const potential = readUpf(name, content);
    if (potential === undefined) continue;
    const entry = list?.get(name);
    if (entry?.md5 !== undefined && createHash('md5').update(content).digest('hex') !== entry.md5.toLowerCase())
      throw new InvalidInput(`${name} is not the file that the list of its library describes: the checksums differ`, {
        path: 'calculator.pseudopotentials',
        value: folder,
        remedy: 'Unpack the library again',
      });
    const cutoffRy =
      entry === undefined ? await dojoCutoff(folder, name, names) : { wavefunctions: entry.cutoff_wfc, density: entry.cutoff_rho };
    found.push(cutoffRy === undefined ? potential : { ...potential, cutoffRy });
  }
  return found;
}

/** Hartree in the report, Ry here; norm-conserving, so four times as much for the density. */
async function dojoCutoff(folder: string, name: string, names: readonly string[]): Promise<Pseudopotential['cutoffRy']> {
  const report = names.find((one) => one === `${basename(name).replace(/\.upf$/i, '')}.djrepo`);
  if (report === undefined) return undefined;
  const parsed = DojoReport.safeParse(parseJson(await readFile(join(folder, report), 'utf8')));
  const wavefunctions = parsed.success ? 2 * parsed.data.hints.normal.ecut : undefined;
  return wavefunctions === undefined ? undefined : { wavefunctions, density: 4 * wavefunctions };
}

function theNamed(potentials: readonly Pseudopotential[], folder: string, element: string, file: string): Pseudopotential {
  const found = potentials.find((one) => one.file === file);
  const path = `calculator.files.${element}`;
  if (found === undefined)
    throw new MissingFile(`there is no UPF file "${file}" in ${folder}`, { path, value: file, remedy: 'Correct the name' });
  if (found.element !== element)
    throw new InvalidInput(`${file} describes ${found.element}, not ${element}`, {
      path,
      value: file,
      remedy: `Name a file of ${element}`,
    });
  if (found.fullyRelativistic)
    throw new InvalidInput(`${file} holds spin-orbit coupling, which this calculator does not use`, {
      path,
      value: file,
      remedy: 'Name a scalar-relativistic file',
    });
  return found;
}

const rank = { paw: 0, ultrasoft: 1, 'norm-conserving': 2 } as const;

/** PAW first, then what recommends cutoffs, then more valence electrons (semicore states), then the name. */
function preferred(a: Pseudopotential, b: Pseudopotential): number {
  return (
    rank[a.kind] - rank[b.kind] ||
    Number(a.cutoffRy === undefined) - Number(b.cutoffRy === undefined) ||
    (b.valenceElectrons ?? 0) - (a.valenceElectrons ?? 0) ||
    (a.file < b.file ? 1 : -1)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Other JSON-like files in the folder are not ours to judge.
    return undefined;
  }
}
