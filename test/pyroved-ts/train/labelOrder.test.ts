/** The order of labelling, compared with a search over all pairs and on clusters whose best images are known. */
import { RandomStream } from 'pyro-ts';
import { labelOrder } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const entropyOf = (p: number): number => -p * Math.log(p) - (1 - p) * Math.log(1 - p);

/** Images in three groups: certain, uncertain, and uncertain elsewhere; within a group, they are nearly identical. */
function groups() {
  const random = new RandomStream(1);
  const places = [
    { at: 0, p: 0.999 },
    { at: 1, p: 0.5 },
    { at: -1, p: 0.6 },
  ];
  const rows = places.flatMap(({ at, p }) =>
    Array.from({ length: 10 }, () => ({ at: at + 0.001 * random.next(), p: p + 0.0005 * random.next() })),
  );
  return {
    features: Float32Array.from(rows, ({ at }) => at),
    probabilities: Float32Array.from(rows.flatMap(({ p }) => [p, 1 - p])),
    entropy: Float32Array.from(rows, ({ p }) => entropyOf(p)),
  };
}

describe('labelOrder', () => {
  it('begins with uncertain images of different groups, where entropy alone takes one group first', () => {
    const candidates = groups();
    const first = labelOrder(candidates, { count: 2 });
    expect([...first].map((i) => Math.floor(i / 10)).sort()).toEqual([1, 2]);
    const byEntropy = [...candidates.entropy.keys()].sort((a, b) => candidates.entropy[b] - candidates.entropy[a]);
    expect(byEntropy.slice(0, 10).every((i) => Math.floor(i / 10) === 1)).toBe(true);
  });

  it('puts images that are like labelled ones later, and never returns those', () => {
    const order = labelOrder(groups(), { count: 30, labelled: [10] });
    expect(Math.floor(order[0] / 10)).toBe(2);
    expect(order).toHaveLength(29);
    expect(new Set(order).size).toBe(29);
    expect(order).not.toContain(10);
  });

  it('is a permutation that does not depend on what follows', () => {
    const candidates = groups();
    const all = labelOrder(candidates, { count: 100 });
    expect([...all].sort((a, b) => a - b)).toEqual([...Array(30).keys()]);
    expect([...labelOrder(candidates, { count: 7 })]).toEqual([...all.subarray(0, 7)]);
  });

  it('orders images of which nothing differs, and none of none', () => {
    const same = {
      features: new Float32Array(4),
      probabilities: new Float32Array(8).fill(0.5),
      entropy: new Float32Array(4),
    };
    expect(labelOrder(same)).toHaveLength(4);
    expect(
      labelOrder({ features: new Float32Array(0), probabilities: new Float32Array(0), entropy: new Float32Array(0) }),
    ).toHaveLength(0);
  });

  it('rejects arrays of different images', () => {
    expect(() => labelOrder({ ...groups(), features: new Float32Array(7) })).toThrow(
      'features has 7 values for 30 images',
    );
    expect(() => labelOrder(groups(), { count: 0 })).toThrow('count must be an integer');
  });
});
