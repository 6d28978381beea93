import type { CandidateDocument } from '../connectors/store/document.js';
import { patternExpression } from './glob.js';

export const candidateStates = [
  'pending',
  'running',
  'ranked',
  'rejected',
  'failed',
] as const satisfies readonly CandidateDocument['state'][];

/** Which candidates a command is about; what is absent does not matter. */
export interface CandidateFilter {
  state?: CandidateDocument['state'];
  computer?: string;
  /** `Ni*` matches every formula that begins with Ni. */
  formula?: string;
}

/** Whether a candidate passes a filter. */
export function passes(filter: CandidateFilter, candidate: Pick<CandidateDocument, 'state' | 'computer' | 'formula'>): boolean {
  return (
    (filter.state === undefined || candidate.state === filter.state) &&
    (filter.computer === undefined || candidate.computer === filter.computer) &&
    (filter.formula === undefined || patternExpression(filter.formula).test(candidate.formula))
  );
}

/** Whether a filter asks for anything. */
export function isFilter({ state, computer, formula }: CandidateFilter): boolean {
  return state !== undefined || computer !== undefined || formula !== undefined;
}

/** A filter in words, for messages: ` of Ni* on hawk`. */
export function describeFilter({ state, computer, formula }: CandidateFilter): string {
  return `${state === undefined ? '' : ` ${state}`}${formula === undefined ? '' : ` of ${formula}`}${computer === undefined ? '' : ` on ${computer}`}`;
}
