import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { judgeProperties } from '../../activities/candidate-summary.js';
import type { CandidateDocument, PropertyDocument } from '../../connectors/store/document.js';
import { unpack } from '../../connectors/store/nested-array.js';
import { ElasticProperty, RelaxationProperty } from '../../connectors/store/property.js';

// Cu of a campaign of version 0.1.0.
const [copper] = JSON.parse(readFileSync(new URL('../contract/data/predictable-candidates.json', import.meta.url), 'utf8')) as {
  candidate: CandidateDocument;
  properties: PropertyDocument[];
}[];

test('a crystal with a band gap is rejected as no metal, and keeps its lattice and elastic constants', ({ expect }) => {
  if (copper === undefined) throw new Error('the recorded candidate is gone');
  const value = (kind: string): unknown =>
    copper.properties.filter((property) => property.kind === kind).map((property) => unpack(property.value))[0];
  const relaxation = RelaxationProperty.parse(value('relaxation'));
  const elastic = ElasticProperty.parse(value('elastic-tensor'));
  const { state, verdict, summary } = judgeProperties(copper.candidate, {
    relaxation: { ...relaxation, bandGapEv: 3.14159 },
    elastic,
    surfaces: [],
  });
  expect([state, verdict.kind]).toEqual(['rejected', 'not-a-metal']);
  expect(verdict.reason).toBe('not a metal: its bands are 3.14 eV apart, and Peierls stresses of metals say nothing of it');
  expect(summary).toMatchObject({ a: relaxation.a, constants: elastic.constants, faults: [] });
});
