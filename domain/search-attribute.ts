/** What operators filter by in the Temporal UI. All are keywords; the server must know them before a workflow uses them. */
export const searchAttributeNames = {
  campaign: 'PeierlsCampaign',
  formula: 'PeierlsFormula',
  lattice: 'PeierlsLattice',
  computer: 'PeierlsComputer',
  phase: 'PeierlsPhase',
  verdict: 'PeierlsVerdict',
} as const;
