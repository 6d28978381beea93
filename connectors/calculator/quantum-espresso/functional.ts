/** Names of a functional in pseudopotential files, by the one we use. QE 5 and later write components, ONCV and older files one word. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  PBE: ['PBE', 'SLA PW PBE PBE', 'SLA PW PBX PBC', 'PBX PBC'],
  PBEsol: ['PBESOL', 'SLA PW PSX PSC'],
  LDA: ['PZ', 'LDA', 'SLA PZ NOGX NOGC', 'SLA PW NOGX NOGC', 'PW', 'SLA PZ'],
};

/** `SLA  PW   PBX  PBC` and `SLA-PW-PBX-PBC` are PBE. What is not in the table keeps its own name. */
export function functionalName(text: string): string {
  const words = text
    .trim()
    .toUpperCase()
    .split(/[\s+-]+/)
    .join(' ');
  return Object.keys(spellings).find((name) => spellings[name]?.includes(words)) ?? words;
}
