/**
 * "The Rational Speech Act framework" of Pyro's tutorials: a listener who reasons about a speaker who reasons about a literal listener. The oracle
 * normalises the same three tables by hand: "some" is heard as "not all", with probability 1/9 left for all.
 */
import * as tf from '@tensorflow/tfjs';
import { bernoulli, categorical, sample } from 'pyro-ts';
import { expect, test } from 'vitest';
import { marginal, memoized } from './search.js';

const utterances = ['none', 'some', 'all'] as const;
/** Whether utterance u is true where n of three people are nice. */
const isTrue = (u: number, n: number): boolean => [n === 0, n > 0, n === 3][u];

const state = () => sample('state', categorical([0.25, 0.25, 0.25, 0.25]));
const numberOf = (x: tf.Tensor): number => x.dataSync()[0];

const literalListener = memoized((u) =>
  marginal(() => {
    const n = state();
    sample('truth', bernoulli(isTrue(u, numberOf(n)) ? 1 : 0), { obs: 1 });
    return n;
  }),
);

const speaker = memoized((n) =>
  marginal(() => {
    const u = sample('utterance', categorical([1 / 3, 1 / 3, 1 / 3]));
    const understood = literalListener(numberOf(u)).get(n) ?? 0;
    sample('listener', bernoulli(understood), { obs: 1 });
    return u;
  }),
);

const pragmaticListener = memoized((u) =>
  marginal(() => {
    const n = state();
    sample('speaker', bernoulli(speaker(numberOf(n)).get(u) ?? 0), { obs: 1 });
    return n;
  }),
);

/** Rows of a table divided by their sums, and a table transposed. */
const rows = (table: number[][]) => table.map((row) => row.map((p) => p / row.reduce((a, b) => a + b, 0)));
const flipped = (table: number[][]) => table[0].map((_, j) => table.map((row) => row[j]));

test('"some" is heard as "not all"', () => {
  const truth = utterances.map((_, u) => [0, 1, 2, 3].map((n) => (isTrue(u, n) ? 1 : 0)));
  const expected = rows(flipped(rows(flipped(rows(truth)))));
  tf.tidy(() => {
    for (const [u] of utterances.entries()) {
      const found = pragmaticListener(u);
      for (const [n, p] of expected[u].entries()) expect(found.get(n) ?? 0).toBeCloseTo(p, 5);
    }
    expect(pragmaticListener(1).get(3)).toBeCloseTo(1 / 9, 5);
  });
});
