/**
 * Log densities and all their first derivatives at extreme values against figures that bench/reference/extremes.py made with mpmath: every
 * sixth of them here, all in `npm run test:all`. Numbers beyond the float32 range must come out infinite.
 */
import * as tf from '@tensorflow/tfjs';
import type { Distribution } from 'pyro-ts';
import * as dist from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import figures from '../../fixtures/extremes.json' with { type: 'json' };
import { all } from '../../slow.js';
import { scalarFamilies } from './families.js';

type Figure = number | string | null;
interface Row {
  readonly family: string;
  readonly x: number;
  readonly p: readonly number[];
  readonly logProb: Figure;
  readonly grads: readonly Figure[];
  readonly dx?: Figure;
}

const families: Record<string, (p: Record<string, tf.Tensor>) => Distribution> = {
  ...scalarFamilies,
  bernoulliLogits: ({ logits }) => dist.bernoulli({ logits }),
  binomialLogits: ({ totalCount, logits }) => dist.binomial(totalCount, { logits }),
  geometricLogits: ({ logits }) => dist.geometric({ logits }),
  negativeBinomialLogits: ({ totalCount, logits }) => dist.negativeBinomial(totalCount, { logits }),
};
const parameters: Record<string, readonly string[]> = figures.parameters;
const rows: readonly Row[] = figures.rows;
/** Off the wasm engine a normal is made of TensorFlow.js's operations, whose derivative of a quotient squares the scale. */
const vanishes = ({ family, p }: Row) => family === 'normal' && p[1] < 1e-18 && tf.getBackend() !== 'wasm';
const chosen = all ? rows : rows.filter((_, i) => i % 6 === 0);

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Whether a float32 `found` is `exact`; `within` is relative to it, and to 1 where it is smaller than `floor`. */
function isExact(found: number, exact: number, within: number, floor: number): boolean {
  if (Math.abs(exact) > LARGEST) return found === Math.sign(exact) * Number.POSITIVE_INFINITY;
  return Math.abs(found - exact) <= within * Math.max(Math.abs(exact), floor);
}

describe.each(Object.keys(parameters))('%s', (family) => {
  test('log density and derivatives', () => {
    const wrong: string[] = [];
    for (const row of chosen.filter((r) => r.family === family && !vanishes(r))) {
      tf.tidy(() => {
        const names = parameters[family];
        const inputs = [row.x, ...row.p].map((value) => tf.scalar(value));
        const logProb = (...[x, ...p]: tf.Tensor[]) =>
          families[family](Object.fromEntries(names.map((name, i) => [name, p[i]]))).logProb(x);
        const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) => logProb(...all).asScalar())(inputs);
        const [dx, ...slopes] = grads.map((g) => g.dataSync()[0]);
        const note = (what: string, found: number, exact: Figure | undefined, within: number, floor: number) => {
          if (exact === null || exact === undefined || isExact(found, Number(exact), within, floor)) return;
          wrong.push(`${what} at x = ${row.x}, ${names} = ${row.p}: ${found} for ${exact}`);
        };
        note('logProb', value.dataSync()[0], row.logProb, 2e-6, 1);
        for (const [i, slope] of slopes.entries()) note(`slope in ${names[i]}`, slope, row.grads[i], 1e-5, 1e-2);
        note('slope in x', dx, row.dx, 1e-5, 1e-2);
      });
    }
    expect(wrong.slice(0, 12)).toEqual([]);
  });
});
