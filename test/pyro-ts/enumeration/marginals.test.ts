/** Marginals of enumerated variables against sums over all their values. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  binomial,
  categorical,
  condition,
  type Distribution,
  markov,
  normal,
  oneHotCategorical,
  param,
  plate,
  sample,
  type TensorLike,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';
import { Bernoulli, Categorical, OneHotCategorical } from 'pyro-ts/distributions';
import { describe, expect, test } from 'vitest';
import { at, enumerated, expectNear, normalLogProb, nothing, parallel, softmax } from './helpers.js';

const numbers = (x: TensorLike): number[] => Array.from((x as tf.Tensor).dataSync());

/** The log-probability of `model` with its latent sites at these values. */
function logJoint(model: () => void, values: Record<string, TensorLike>): number {
  return tf.tidy(() => trace(condition(model, values)).getTrace().logProbSum().dataSync()[0]);
}

/** All 2^n vectors of zeros and ones. */
const bits = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, i) => Array.from({ length: n }, (_, k) => (i >> k) & 1));

describe('marginals', () => {
  const locs = [-1, 0, 1, 2];
  const data = [0, 0.1, 0.2, 0.9, 1, 1.1];
  const families: [string, (probs: number[]) => Distribution, (x: tf.Tensor) => tf.Tensor, number[], unknown][] = [
    ['Bernoulli', (probs) => bernoulli(probs[1]), (x) => x, [0.8, 0.2], Bernoulli],
    ['Categorical', (probs) => categorical(probs), (x) => x, [0.2, 0.3, 0.3, 0.2], Categorical],
    ['OneHotCategorical', (probs) => oneHotCategorical(probs), (x) => x.argMax(-1), [0.2, 0.3, 0.5], OneHotCategorical],
  ];
  test.each(families)('%s', (_, family, index, prior, kind) => {
    const model = (): void => {
      const x = sample('x', family(prior), parallel);
      plate('data', 6, () => sample('obs', normal(at(tf.tensor1d(locs), index(x)), 1), { obs: data }));
    };
    const elbo = new TraceEnumELBO({ maxPlateNesting: 1 });
    const marginals = elbo.computeMarginals(model, nothing);
    expect([...marginals.keys()]).toEqual(['x']);
    const found = marginals.get('x') as Bernoulli | Categorical;
    expect(found).toBeInstanceOf(kind);
    expect(found.batchShape).toEqual([]);
    const exact = softmax(
      prior.map((p, k) => Math.log(p) + data.reduce((sum, y) => sum + normalLogProb(y, locs[k], 1), 0)),
    );
    expectNear(numbers(found.probs), kind === Bernoulli ? [exact[1]] : exact, 1e-5);
    // A guide of the marginals has no gradient left.
    const guide = (): void => {
      const probs = param('probs');
      sample(
        'x',
        kind === Bernoulli
          ? bernoulli({ logits: probs })
          : kind === Categorical
            ? categorical({ logits: probs })
            : oneHotCategorical({ logits: probs }),
        parallel,
      );
    };
    const start = kind === Bernoulli ? Math.log(exact[1] / exact[0]) : exact.map(Math.log);
    const { gradients } = enumerated({ probs: start }, 1, model, guide);
    expectNear(gradients.get('probs') ?? [], kind === Bernoulli ? [0] : exact.map(() => 0), 1e-4);
  });

  test('of a chain are those of forward and backward sums', () => {
    const transition = [
      [0.75, 0.25],
      [0.25, 0.75],
    ];
    const n = 20;
    const model = (): void => {
      let x: tf.Tensor = tf.scalar(0);
      markov(n + 1, (t) => {
        const fn = categorical(at(tf.tensor2d(transition), x));
        if (t === n) sample(`x${t}`, fn, { obs: 1 });
        else {
          x = sample(`x${t}`, fn, parallel);
          sample(`y${t}`, categorical(at(tf.tensor2d(transition), x)), { obs: 0 });
        }
      });
    };
    const marginals = new TraceEnumELBO({ maxPlateNesting: 0 }).computeMarginals(model, nothing);
    expect(marginals.size).toBe(n);
    const forward: number[][] = [];
    const backward: number[][] = [];
    for (let t = 0; t < n; t++) {
      forward[t] = [0, 1].map((x) => {
        const before =
          t === 0 ? transition[0][x] : [0, 1].reduce((s, w) => s + forward[t - 1][w] * transition[w][x], 0);
        return before * transition[x][0];
      });
    }
    for (let t = n - 1; t >= 0; t--) {
      backward[t] = [0, 1].map((x) =>
        t === n - 1
          ? transition[x][1]
          : [0, 1].reduce((s, w) => s + transition[x][w] * transition[w][0] * backward[t + 1][w], 0),
      );
    }
    for (let t = 0; t < n; t++) {
      const weights = [0, 1].map((x) => forward[t][x] * backward[t][x]);
      const exact = weights.map((w) => w / (weights[0] + weights[1]));
      expectNear(numbers((marginals.get(`x${t}`) as Categorical).probs), exact, 1e-5);
    }
  });

  test('inside plates, and under a variable outside', () => {
    const table = tf.tensor2d([
      [0.3, 0.7],
      [0.9, 0.1],
    ]);
    const data = [0.5, -1, 2];
    const model = (): void => {
      const a = sample('a', categorical([0.4, 0.6]), parallel);
      plate('n', 3, () => {
        const b = sample('b', categorical(at(table, a)), parallel);
        sample('x', normal(b, 1), { obs: data });
      });
    };
    const marginals = new TraceEnumELBO({ maxPlateNesting: 1 }).computeMarginals(model, nothing);
    const joint = bits(4).map((z) => ({ z, log: logJoint(model, { a: z[0], b: z.slice(1) }) }));
    const probs = softmax(joint.map((j) => j.log));
    const marginal = (i: number) => joint.reduce((s, j, n) => s + j.z[i] * probs[n], 0);
    const [a, b] = ['a', 'b'].map((name) => marginals.get(name) as Categorical);
    expect(b.batchShape).toEqual([3]);
    expectNear(numbers(a.probs), [1 - marginal(0), marginal(0)], 1e-5);
    expectNear(
      numbers(b.probs),
      [1, 2, 3].flatMap((i) => [1 - marginal(i), marginal(i)]),
      1e-5,
    );
  });

  test('given one draw of the guide', () => {
    const model = (): void => {
      const [w, x, y, z] = ['w', 'x', 'y', 'z'].map((name, i) => sample(name, bernoulli(0.1 * (i + 1)), parallel));
      sample('obs', normal(w.add(x).add(y).add(z), 1), { obs: 0 });
    };
    const guide = (): void => {
      sample('w', bernoulli(0.4));
      sample('y', bernoulli(0.7));
    };
    const marginals = new TraceEnumELBO({ maxPlateNesting: 0 }).computeMarginals(model, guide);
    expect([...marginals.keys()]).toEqual(['x', 'z']);
  });

  test.each(['', 'a', 'b', 'ab'])('with %j observed', (observed) => {
    const has = (name: string) => (observed.includes(name) ? { obs: 1 } : parallel);
    const model = (): void => {
      const a = sample('a', bernoulli(0.75), has('a'));
      sample('b', bernoulli(a.mul(-0.25).add(1)), has('b'));
    };
    const elbo = new TraceEnumELBO({ strictEnumerationWarning: false });
    const names = ['a', 'b'].filter((name) => !observed.includes(name));
    expect([...elbo.computeMarginals(model, nothing).keys()]).toEqual(names);
  });
});

test('marginals of a family without free probabilities are categorical', () => {
  const model = (): void => {
    const n = sample('n', binomial(3, 0.4), parallel);
    sample('x', normal(n, 1), { obs: 2.2 });
  };
  const marginal = new TraceEnumELBO({ maxPlateNesting: 0 }).computeMarginals(model, nothing).get('n') as Categorical;
  const exact = softmax([0, 1, 2, 3].map((n) => logJoint(model, { n })));
  expect(marginal).toBeInstanceOf(Categorical);
  expectNear(numbers(marginal.probs), exact, 1e-5);
});
