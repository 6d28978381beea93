import { describe, test } from 'vitest';
import { controlling } from '../../domain/ranking.js';

const prediction = (slipSystem: string, character: 'edge' | 'screw', peierlsMpa: number) => ({ slipSystem, character, peierlsMpa });

describe('the controlling dislocation', () => {
  test('is the hardest character of the only slip system', ({ expect }) => {
    // bcc: the screw is far harder to move than the edge, and a loop needs both.
    expect(controlling([prediction('{110}<111>', 'edge', 40), prediction('{110}<111>', 'screw', 1200)])?.character).toBe('screw');
  });

  test('belongs to the easiest slip system', ({ expect }) => {
    const predictions = [
      prediction('basal', 'edge', 5),
      prediction('basal', 'screw', 3),
      prediction('prismatic', 'edge', 1),
      prediction('prismatic', 'screw', 60),
    ];
    expect(controlling(predictions)).toEqual(prediction('basal', 'edge', 5));
  });

  test('does not depend on the order of the predictions', ({ expect }) => {
    const predictions = [prediction('basal', 'edge', 5), prediction('prismatic', 'screw', 60), prediction('basal', 'screw', 3)];
    expect(controlling(predictions.toReversed())).toEqual(controlling(predictions));
  });

  test('is none without predictions', ({ expect }) => {
    expect(controlling([])).toBeUndefined();
  });
});
