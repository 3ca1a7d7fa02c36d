/** Reweighted wake-sleep: its loss and its two gradients against sums over a discrete latent, what it learns, and its options. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  normal,
  ParamStore,
  param,
  plate,
  RenyiELBO,
  ReweightedWakeSleep,
  SVI,
  sample,
  seed,
  valueAndGradients,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const density = (x: number, mean: number, spread: number) =>
  Math.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * Math.sqrt(2 * Math.PI));

// k ~ Bernoulli(0.3), x ~ N(k + shift, 0.5), observed at 0.8.
const model = (x: tf.TensorLike = 0.8) => {
  const k = sample('k', bernoulli(0.3));
  return sample('x', normal(k.add(param('shift', 0.1)), 0.5), { obs: x });
};
const guide = (_: tf.TensorLike = 0.8) => sample('k', bernoulli({ logits: param('logit', -0.4) }));
const joint = (k: number, shift: number) => (k === 1 ? 0.3 : 0.7) * density(0.8, k + shift, 0.5);
const posterior = (shift: number) => joint(1, shift) / (joint(0, shift) + joint(1, shift));

describe('ReweightedWakeSleep', () => {
  test('its loss is the importance-weighted bound', () => {
    const lossOf = (elbo: ReweightedWakeSleep | RenyiELBO) =>
      new SVI(model, guide, new Adam({ lr: 0 }), elbo, { seed: 3 }).evaluateLoss(0.8);
    const options = { numParticles: 8 };
    expect(lossOf(new ReweightedWakeSleep(options))).toBeCloseTo(lossOf(new RenyiELBO(options)), 5);
  });

  test('with many draws the model gets the gradient of log p(x), and the guide that of its cross entropy with the posterior', () => {
    const elbo = new ReweightedWakeSleep({ numParticles: 20_000, vectorizeParticles: true });
    const { gradients } = valueAndGradients(new ParamStore(), () =>
      seed.with(1, () => elbo.estimate(model, guide, [0.8]).surrogate),
    );
    const gradient = (name: string) => gradients.get(name)?.dataSync()[0];
    const p = posterior(0.1);
    // d log p(x) / d shift = E[(x - k - shift)] / spread^2 under the posterior.
    const inShift = (0.8 - 0.1 - p) / 0.25;
    expect(gradient('shift')).toBeCloseTo(-inShift, 1);
    expect(gradient('logit')).toBeCloseTo(logistic(-0.4) - p, 1);
    tf.dispose([...gradients.values()]);
  });

  test('learns the posterior of a discrete latent and the model that fits best', () => {
    const params = new ParamStore();
    const svi = new SVI(
      model,
      guide,
      new Adam({ lr: 0.03 }),
      new ReweightedWakeSleep({ numParticles: 32, vectorizeParticles: true }),
      {
        params,
        seed: 1,
      },
    );
    for (let step = 0; step < 400; step++) svi.step(0.8);
    const shift = params.get('shift').dataSync()[0];
    const slope = (s: number) =>
      Math.log(joint(0, s + 1e-4) + joint(1, s + 1e-4)) - Math.log(joint(0, s - 1e-4) + joint(1, s - 1e-4));
    expect(Math.abs(slope(shift) / 2e-4)).toBeLessThan(0.3);
    expect(Math.abs(logistic(params.get('logit').dataSync()[0]) - posterior(shift))).toBeLessThan(0.06);
  });

  test('asleep, an amortised guide learns the posterior at any data', () => {
    // log odds of k given x: log(0.3 / 0.7) + (x - 1 / 2) / 0.25 for spread 0.5 and no shift.
    const fixed = (x: tf.Tensor) =>
      plate('data', 64, () => {
        const k = sample('k', bernoulli(0.3));
        return sample('x', normal(k, 0.5), { obs: x });
      });
    const amortised = (x: tf.Tensor) =>
      plate('data', 64, () => {
        const at = tf.mul(x, param('b', 1)).add(param('a', 0));
        return sample('k', bernoulli({ logits: at }));
      });
    const elbo = new ReweightedWakeSleep({
      insomnia: 0,
      sleepGuide: (drawn) => amortised(drawn.get('x').value),
    });
    const params = new ParamStore();
    const svi = new SVI(fixed, amortised, new Adam({ lr: 0.05 }), elbo, { params, seed: 2, compile: true });
    for (let step = 0; step < 400; step++) svi.step(tf.zeros([64]));
    expect(Math.abs(params.get('b').dataSync()[0] - 4)).toBeLessThan(0.5);
    expect(Math.abs(params.get('a').dataSync()[0] - (Math.log(3 / 7) - 2))).toBeLessThan(0.4);
  });

  test('the draws of the sleep phase follow from the seed', () => {
    const losses = () => {
      const elbo = new ReweightedWakeSleep({ insomnia: 0.5, sleepGuide: () => guide(0) });
      const params = new ParamStore();
      const svi = new SVI(model, guide, new Adam({ lr: 0.05 }), elbo, { params, seed: 4 });
      return Array.from({ length: 4 }, () => svi.step(0.8));
    };
    expect(losses()).toEqual(losses());
  });

  test('each element of a plate has weights of its own', () => {
    const data = [0.8, -0.2, 1.4];
    const several = () => plate('data', 3, () => sample('x', normal(sample('k', bernoulli(0.3)), 0.5), { obs: data }));
    const drawn = () =>
      plate('data', 3, () => sample('k', bernoulli({ logits: param('logits', () => tf.zeros([3]), { eventDim: 0 }) })));
    const params = new ParamStore();
    const elbo = new ReweightedWakeSleep({ numParticles: 32, vectorizeParticles: true });
    const svi = new SVI(several, drawn, new Adam({ lr: 0.05 }), elbo, { params, seed: 1 });
    for (let step = 0; step < 300; step++) svi.step();
    const found = Array.from(params.get('logits').dataSync(), logistic);
    data.forEach((x, i) => {
      const [one, none] = [0.3 * density(x, 1, 0.5), 0.7 * density(x, 0, 0.5)];
      expect(Math.abs(found[i] - one / (one + none))).toBeLessThan(0.08);
    });
  });

  test('leaves no tensor behind', () => {
    const svi = new SVI(model, guide, new Adam({ lr: 0.01 }), new ReweightedWakeSleep(), { seed: 1 });
    svi.step(0.8);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 5; step++) svi.step(0.8);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('options', () => {
    expect(() => new ReweightedWakeSleep({ insomnia: 2 })).toThrow(/insomnia must be from 0 to 1; got 2/);
    expect(() => new ReweightedWakeSleep({ insomnia: 0.5 })).toThrow(/needs sleepGuide/);
  });
});
