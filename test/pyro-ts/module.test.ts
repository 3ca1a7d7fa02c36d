/** module: networks of our own and tf.LayersModel, as parameters that inference learns and stores save. */
import * as tf from '@tensorflow/tfjs';
import { Adam, module, type Net, normal, ParamStore, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

const inputs = tf.tensor2d([
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = [1, -2, -1];
const layers = () => tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], name: 'out' })] });
const modelOf = (net: tf.LayersModel) => () =>
  plate('data', 3, () => {
    const mean = module('net', net)(inputs).squeeze([1]);
    sample('y', normal(mean, 1), { obs: targets });
  });
const none = () => {};

describe('a tf.LayersModel', () => {
  it('registers its weights by name and learns them in place', () => {
    const net = layers();
    const svi = new SVI(modelOf(net), none, new Adam({ lr: 0.1 }), new TraceELBO());
    for (let i = 0; i < 200; i++) svi.step();
    expect(svi.params.names).toEqual(['net.out/kernel', 'net.out/bias']);
    expectClose(net.predict(inputs) as tf.Tensor, targets, 0.02, 0.02);
    expectClose(svi.params.get('net.out/kernel'), net.getWeights()[0]);
  });
  it('takes saved values into its own weights', () => {
    const net = layers();
    net.setWeights([tf.tensor2d([[-2], [1]]), tf.tensor1d([0.5])]);
    const first = new SVI(modelOf(net), none, new Adam(), new TraceELBO());
    first.evaluateLoss();
    const other = layers();
    const params = new ParamStore();
    params.load(first.params.save());
    const second = new SVI(modelOf(other), none, new Adam(), new TraceELBO(), { params });
    expect(second.evaluateLoss()).toBeCloseTo(first.evaluateLoss(), 5);
    expectClose(other.getWeights()[0], [-2, 1]);
  });
});

describe('a net of our own', () => {
  const net: Net<[tf.Tensor], tf.Tensor> = {
    parameters: { weight: { init: (rng) => rng.normal([2, 1]) }, bias: { init: () => [0] } },
    apply: ({ weight, bias }, x) => tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias),
  };
  it('begins at random by the seed and learns', () => {
    const model = () => {
      const mean = module('net', net)(inputs).squeeze([1]);
      plate('data', 3, () => sample('y', normal(mean, 1), { obs: targets }));
    };
    const learn = (seed: number, steps: number) => {
      const svi = new SVI(model, none, new Adam({ lr: 0.1 }), new TraceELBO(), { seed });
      for (let i = 0; i < steps; i++) svi.step();
      return svi.params;
    };
    const weights = (params: ParamStore) => Array.from(params.get('net.weight').dataSync());
    expect(weights(learn(1, 1))).toEqual(weights(learn(1, 1)));
    expect(weights(learn(1, 1))).not.toEqual(weights(learn(2, 1)));
    expectClose(weights(learn(1, 200)), [-2, 1], 0.05, 0.05);
  });
});
