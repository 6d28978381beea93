import { planeOf } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';

/**
 * What is learned together: lattice, plane with its cut, character. A Burgers vector that is not the plane's own (superdislocations of ordered
 * crystals) makes another class. A prismatic plane without a word on its cut counts as the wide one, on which glide happens.
 */
export function dislocationClass(record: SlipRecord): string {
  const plane = planeOf(record);
  const family = plane?.family ?? record.slip.plane;
  const cut = family === '{10-10}' ? [cutOf(record)] : [];
  const multiple = plane === undefined ? 1 : record.slip.burgers_angstrom / plane.burgersAngstrom;
  const size = Math.abs(multiple - 1) > 0.05 ? [`b x${multiple.toFixed(1)}`] : [];
  return [record.lattice, family, ...cut, record.character, ...size].join(' ');
}

function cutOf(record: SlipRecord): 'narrow' | 'wide' {
  const stated = record['cut'];
  const gap = typeof stated === 'object' && stated !== null && 'gap' in stated ? stated.gap : stated;
  return record.slip.plane.includes('narrow') || gap === 'narrow' ? 'narrow' : 'wide';
}

/**
 * Which definition of the Peierls stress a label follows: two libraries that measured differently are never one class. Taken from the
 * record, else from its file.
 */
export function protocolOf(record: SlipRecord, ofFile: string): string {
  const stated = record['protocol'];
  if (typeof stated === 'string' || typeof stated === 'number') return String(stated);
  if (typeof stated !== 'object' || stated === null) return ofFile;
  const named = 'name' in stated ? stated.name : undefined;
  const version = 'version' in stated ? stated.version : undefined;
  const words = [named, version].filter((word) => typeof word === 'string' || typeof word === 'number');
  return words.length === 0 ? ofFile : words.join(' ');
}

/** Elements of a record: an alloy belongs to every element it contains, so that no relative of a held-out element is trained on. */
export function elementsOf({ element, composition }: SlipRecord): string[] {
  return composition === undefined ? [element ?? ''] : Object.keys(composition).sort();
}
