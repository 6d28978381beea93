import { createHash } from 'node:crypto';
import { functionalName } from './functional.js';

export type PseudopotentialKind = 'norm-conserving' | 'ultrasoft' | 'paw';

/** A pseudopotential file in the UPF format, version 1 or 2, as far as we need to know it. */
export interface Pseudopotential {
  file: string;
  element: string;
  functional: string;
  kind: PseudopotentialKind;
  /** With spin-orbit coupling; we compute without. */
  fullyRelativistic: boolean;
  valenceElectrons: number | undefined;
  /** What the file, or the list that came with it, recommends; absent where it recommends nothing. */
  cutoffRy?: { wavefunctions: number; density: number };
  sha256: string;
  text: string;
}

/** Reads the header of a UPF file; undefined where it has none, or names no element. */
export function readUpf(file: string, content: Buffer): Pseudopotential | undefined {
  // The numbers that follow the header fill megabytes.
  const head = content.subarray(0, 40_000).toString('utf8');
  const header = /<PP_HEADER\b([^>]*)>/i.exec(head)?.[1];
  if (header === undefined) return undefined;
  const read = header.includes('=') ? versionTwo(header) : versionOne(head);
  const { element } = read;
  if (element === undefined) return undefined;
  return {
    file,
    element,
    functional: functionalName(read.functional ?? ''),
    kind: read.paw ? 'paw' : read.ultrasoft ? 'ultrasoft' : 'norm-conserving',
    fullyRelativistic: read.fullyRelativistic,
    valenceElectrons: read.valence,
    ...recommended(read, head),
    sha256: createHash('sha256').update(content).digest('hex'),
    text: content.toString('utf8'),
  };
}

interface Header {
  element: string | undefined;
  functional: string | undefined;
  paw: boolean;
  ultrasoft: boolean;
  fullyRelativistic: boolean;
  valence: number | undefined;
  wavefunctions: number;
  density: number;
}

/** Attributes: element="Al" functional=" SLA  PZ   NOGX NOGC" wfc_cutoff="4.722276349186907E+001" is_paw="T" */
function versionTwo(header: string): Header {
  const attribute = (name: string): string | undefined => new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`, 'i').exec(header)?.[1]?.trim();
  const flag = (name: string): boolean => /^\.?t/i.test(attribute(name) ?? '');
  const type = (attribute('pseudo_type') ?? '').toUpperCase();
  return {
    element: symbol(attribute('element')),
    functional: attribute('functional'),
    paw: flag('is_paw') || type === 'PAW',
    ultrasoft: flag('is_ultrasoft') || type === 'US' || type === 'USPP',
    fullyRelativistic: flag('has_so') || attribute('relativistic')?.toLowerCase() === 'full',
    valence: finite(attribute('z_valence')),
    wavefunctions: finite(attribute('wfc_cutoff')) ?? 0,
    density: finite(attribute('rho_cutoff')) ?? 0,
  };
}

/** Lines such as `   Al                   Element` and ` SLA  PW   PBE  PBE     PBE  Exchange-Correlation functional`. */
function versionOne(head: string): Header {
  const body = /<PP_HEADER>([\s\S]*?)<\/PP_HEADER>/i.exec(head)?.[1] ?? '';
  const line = (label: string): string | undefined => new RegExp(`^\\s*(.*\\S)\\s+${label}`, 'm').exec(body)?.[1];
  const type = line('(?:Ultrasoft|Norm|NC|US) ?.*pseudopotential')?.toUpperCase() ?? /^\s*(NC|US|PAW)\b/m.exec(body)?.[1] ?? '';
  const [wavefunctions, density] = (line('Suggested cutoff for wfc and rho') ?? '').split(/\s+/).map(Number);
  return {
    element: symbol(line('Element')?.split(/\s+/)[0]),
    functional: line('Exchange-Correlation')?.split(/\s+/).slice(0, 4).join(' '),
    paw: type.startsWith('PAW'),
    ultrasoft: type.startsWith('US'),
    fullyRelativistic: /full-relativistic/i.test(head),
    valence: finite(line('Z valence')),
    wavefunctions: Number.isFinite(wavefunctions) ? (wavefunctions ?? 0) : 0,
    density: Number.isFinite(density) ? (density ?? 0) : 0,
  };
}

/** Header fields first; some files have zeros there and `Suggested minimum cutoff for wavefunctions:  47. Ry` in their comment. */
function recommended({ wavefunctions, density }: Header, head: string): Pick<Pseudopotential, 'cutoffRy'> {
  const comment = (what: string): number => finite(new RegExp(`Suggested minimum cutoff for ${what}:\\s*([\\d.]+)`).exec(head)?.[1]) ?? 0;
  const wave = wavefunctions > 0 ? wavefunctions : comment('wavefunctions');
  const rho = density > 0 ? density : comment('charge density');
  return wave > 0 ? { cutoffRy: { wavefunctions: wave, density: Math.max(rho, 4 * wave) } } : {};
}

function symbol(text: string | undefined): string | undefined {
  const match = /^[A-Za-z]{1,2}$/.exec(text ?? '')?.[0];
  return match === undefined ? undefined : match[0]?.toUpperCase() + match.slice(1).toLowerCase();
}

function finite(text: string | undefined): number | undefined {
  const value = Number.parseFloat((text ?? '').replace(/d/i, 'e'));
  return Number.isFinite(value) ? value : undefined;
}
