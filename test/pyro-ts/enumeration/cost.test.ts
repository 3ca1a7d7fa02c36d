/** What enumeration costs: long chains linear in time and exact, no tensor kept from step to step, no table larger than the model needs. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  categorical,
  configEnumerate,
  inferDiscrete,
  markov,
  normal,
  oneHotCategorical,
  param,
  plate,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { at, enumerated, logSumExp, normalLogProb, nothing, outcome, parallel } from './helpers.js';

const trans = [
  [0.8, -0.3, 0.1],
  [-0.1, 0.6, 0.3],
  [0.2, 0, 0.9],
];
const means = [-1, 0.4, 1.4];
const datum = (t: number): number => 1.5 * Math.sin(t * t);

function chain(length: number): void {
  let x: tf.Tensor = tf.scalar(0);
  markov(length, (t) => {
    x = sample(`x${t}`, categorical({ logits: at(param('trans'), x) }), parallel);
    sample(`y${t}`, normal(at(param('means'), x), 1), { obs: datum(t) });
  });
}

/** The forward algorithm. */
function exactLoss(length: number): number {
  const row = (r: number[]) => r.map((v) => v - logSumExp(r));
  let forward = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let t = 0; t < length; t++) {
    const before = forward;
    forward = means.map(
      (m, x) => logSumExp(before.map((f, w) => f + row(trans[w])[x])) + normalLogProb(datum(t), m, 1),
    );
  }
  return -logSumExp(forward);
}

/** How many tensor operations `run` takes that give at least `size` numbers. */
async function operations(run: () => void, size = 0): Promise<number> {
  const { kernels } = await tf.profile(() => {
    run();
    return tf.scalar(0);
  });
  const elements = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
  return kernels.filter((k) => k.outputShapes.some((shape) => elements(shape) >= size)).length;
}

describe('a chain of length 100', () => {
  test('is exact', () => {
    const { loss, gradients } = enumerated({ trans, means }, 0, () => chain(100));
    expect(Math.abs(loss - exactLoss(100))).toBeLessThan(1e-5 * loss);
    // Each row of logits can be shifted freely.
    const g = gradients.get('trans') ?? [];
    for (const row of [0, 3, 6]) expect(g[row] + g[row + 1] + g[row + 2]).toBeCloseTo(0, 4);
  });

  test('takes four times the operations of one of length 25', async () => {
    const run = (length: number) => enumerated({ trans, means }, 0, () => chain(length));
    const [short, long] = [await operations(() => run(25)), await operations(() => run(100))];
    expect(long).toBeLessThan(4.1 * short);
  });

  test('as a guide, too', async () => {
    const guide = (length: number) => () => {
      let x: tf.Tensor = tf.scalar(0);
      markov(length, (t) => {
        x = sample(`x${t}`, bernoulli({ logits: x.mul(param('w')).add(0.2) }), parallel);
      });
    };
    const model = (length: number) => () => {
      let x: tf.Tensor = tf.scalar(0);
      markov(length, (t) => {
        x = sample(`x${t}`, bernoulli({ logits: x.mul(0.5).sub(0.1) }));
        sample(`y${t}`, normal(x, 1), { obs: datum(t) });
      });
    };
    const run = (length: number) => enumerated({ w: 0.7 }, 0, model(length), guide(length));
    // By hand: a forward pass over the guide's state.
    let q = 0;
    let bound = 0;
    const log = (p: number, x: number) => Math.log(x === 1 ? p : 1 - p);
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    for (let t = 0; t < 100; t++) {
      let next = 0;
      for (const w of [0, 1]) {
        for (const x of [0, 1]) {
          const probs = [sigmoid(w * 0.7 + 0.2), sigmoid(w * 0.5 - 0.1)];
          const weight = (w === 1 ? q : 1 - q) * (x === 1 ? probs[0] : 1 - probs[0]);
          bound += weight * (log(probs[1], x) + normalLogProb(datum(t), x, 1) - log(probs[0], x));
          if (x === 1) next += weight;
        }
      }
      q = next;
    }
    expect(Math.abs(run(100).loss + bound)).toBeLessThan(1e-5 * Math.abs(bound));
    const [short, long] = [await operations(() => run(25)), await operations(() => run(100))];
    expect(long).toBeLessThan(4.1 * short);
  });

  test('has its likeliest path found', () => {
    const states = inferDiscrete(
      () => {
        let x: tf.Tensor = tf.scalar(0);
        return markov(100, (t) => {
          x = sample(`x${t}`, categorical({ logits: at(tf.tensor2d(trans), x) }), parallel);
          sample(`y${t}`, normal(at(tf.tensor1d(means), x), 1), { obs: datum(t) });
          return x;
        });
      },
      { firstAvailableDim: -1, temperature: 0 },
    )().map((x) => x.dataSync()[0]);
    // Viterbi.
    const row = (r: number[]) => r.map((v) => v - logSumExp(r));
    let best = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const back: number[][] = [];
    for (let t = 0; t < 100; t++) {
      const before = best;
      const scores = means.map((m, x) => before.map((f, w) => f + row(trans[w])[x] + normalLogProb(datum(t), m, 1)));
      back.push(scores.map((s) => s.indexOf(Math.max(...s))));
      best = scores.map((s) => Math.max(...s));
    }
    const path: number[] = [best.indexOf(Math.max(...best))];
    for (let t = 99; t > 0; t--) path.unshift(back[t][path[0]]);
    expect(states).toEqual(path);
  });
});

describe('steps keep no tensors', () => {
  const data = tf.keep(tf.randomNormal([8], 0, 1, 'float32', 1));
  const latent = () =>
    plate('n', 8, () => {
      const y = sample('y', oneHotCategorical({ logits: tf.zeros([4]) }));
      const z = sample('z', normal(0, 1).expand([2]).toEvent(1));
      sample(
        'x',
        normal(
          y
            .mul(param('locs', [-1, 0, 1, 2]))
            .sum(-1)
            .add(z.sum(-1)),
          1,
        ),
        { obs: data },
      );
    });
  const guide = () =>
    plate('n', 8, () => {
      const y = sample('y', oneHotCategorical({ logits: param('q', tf.zeros([8, 4])) }));
      const weights = param('w', tf.zeros([4, 2]));
      sample('z', normal(y.expandDims(-1).mul(weights).sum(-2), 1).toEvent(1));
    });
  const cases: [string, () => void, () => void][] = [
    ['enumerated in the guide', latent, configEnumerate(guide)],
    ['in turn', latent, configEnumerate(guide, { default: 'sequential', expand: true })],
    ['sum and sample', latent, configEnumerate(guide, { default: 'sum-and-sample' })],
    ['several draws', latent, configEnumerate(guide, { numSamples: 2 })],
    ['drawn', latent, guide],
    ['enumerated in the model', chainWithParameters, nothing],
  ];
  function chainWithParameters(): void {
    param('trans', trans);
    param('means', means);
    chain(5);
  }

  test.each(cases)('%s', (_, model, program) => {
    const elbo = new TraceEnumELBO({ strictEnumerationWarning: false });
    const svi = new SVI(model, program, new Adam({ lr: 0.01 }), elbo, { seed: 0 });
    for (let i = 0; i < 3; i++) svi.step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) {
      svi.step();
      expect(tf.memory().numTensors).toBe(before);
    }
    svi.evaluateLoss();
    expect(tf.memory().numTensors).toBe(before);
    svi.params.dispose();
  });
});

test('an enumerated class costs no large tensor beyond those of as many plain images', async () => {
  const [n, k, pixels] = [6, 4, 50];
  const images = tf.tidy(() => tf.cast(tf.greater(tf.randomUniform([n, pixels], 0, 1, 'float32', 3), 0.5), 'float32'));
  const parameters = { decoder: tf.randomNormal([k, pixels], 0, 1, 'float32', 4), q: tf.zeros([n, k]) };
  const decode = (y: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.matMul(tf.reshape(y, [-1, k]), param('decoder')), [...y.shape.slice(0, -1), pixels]);
  const likelihood = (y: tf.Tensor) => sample('x', bernoulli({ logits: decode(y) }).toEvent(1), { obs: images });
  const model = () => void plate('n', n, () => likelihood(sample('y', oneHotCategorical({ logits: tf.zeros([k]) }))));
  const guide = () =>
    void plate('n', n, () =>
      sample('y', oneHotCategorical({ logits: param('q') }), { infer: { enumerate: 'parallel', expand: true } }),
    );
  const plain = () =>
    void plate('k', k, { dim: -2 }, () =>
      plate('n', n, { dim: -1 }, () => likelihood(tf.add(tf.reshape(tf.eye(k), [k, 1, k]), tf.zeros([k, n, k])))),
    );
  const large = k * n * pixels;
  const asClasses = await operations(() => enumerated(parameters, 1, model, guide), large);
  const asImages = await operations(() => outcome(parameters, new TraceELBO(), plain, nothing, []), large);
  expect(asClasses).toBe(asImages);
  tf.dispose([images, ...Object.values(parameters)]);
});
