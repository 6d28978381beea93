import type { RankingRow } from '../../connectors/store/rank.js';
import { patternExpression } from '../../domain/pattern.js';

export interface RankingQuery {
  /** `Ni*`; empty for all. */
  formula: string;
  lattice: string;
  domain: string;
  top: number;
}

/** Rows of a page that nobody has asked more of. */
const usualTop = 100;
const mostRows = 5000;

/** A pattern with more stars than anybody needs would keep us busy. */
const mostStars = 4;

/** From the address of a page; what makes no sense there counts as not given. */
export function rankingQuery(parameters: URLSearchParams): RankingQuery {
  const top = Number(parameters.get('top') ?? usualTop);
  const text = (name: string): string => (parameters.get(name) ?? '').slice(0, 100);
  return {
    formula: text('formula').split('*').length - 1 > mostStars ? '' : text('formula'),
    lattice: text('lattice'),
    domain: text('domain'),
    top: Number.isInteger(top) && top > 0 ? Math.min(top, mostRows) : usualTop,
  };
}

export function passesQuery(row: Pick<RankingRow, 'formula' | 'lattice' | 'domain'>, { formula, lattice, domain }: RankingQuery): boolean {
  return (
    (formula === '' || patternExpression(formula).test(row.formula)) &&
    (lattice === '' || row.lattice === lattice) &&
    (domain === '' || row.domain === domain)
  );
}
