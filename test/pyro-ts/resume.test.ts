/** A run that is saved to bytes and taken up by new objects goes on bit by bit as if never interrupted. */
import * as tf from '@tensorflow/tfjs';
import {
  Adagrad,
  AdagradRMSProp,
  Adam,
  AdamW,
  ClippedAdam,
  constraints,
  exponentialLR,
  normal,
  type Optimizer,
  ParamStore,
  param,
  plate,
  RMSprop,
  readSafetensors,
  SGD,
  SVI,
  sample,
  TraceELBO,
  writeSafetensors,
} from 'pyro-ts';
import { describe, expect, it, test } from 'vitest';

const model = () => {
  const mu = sample('mu', normal([0, 1], 2).toEvent(1));
  plate('data', 4, () =>
    sample('x', normal(tf.sum(mu), param('noise', 0.8, { constraint: constraints.positive })), {
      obs: [1.2, 0.7, 1.9, 1.4],
    }),
  );
};
const guide = () => {
  const loc = param('net/loc', (rng) => rng.normal([2]));
  sample('mu', normal(loc, param('scale', [1, 1], { constraint: constraints.positive })).toEvent(1));
};
const run = (optimizer: Optimizer, params = new ParamStore()) =>
  new SVI(model, guide, optimizer, new TraceELBO(), { params, seed: 3 });
const steps = (svi: SVI<[]>, n: number) => Array.from({ length: n }, () => svi.step());

const optimizers: [string, () => Optimizer][] = [
  ['Adam', () => new Adam({ lr: 0.05 })],
  ['AdamW', () => new AdamW({ lr: 0.05 })],
  ['ClippedAdam', () => new ClippedAdam({ lr: 0.05, lrd: 0.9 })],
  ['SGD', () => new SGD({ lr: 0.01, momentum: 0.9 })],
  ['RMSprop', () => new RMSprop({ lr: 0.01, momentum: 0.5, centered: true })],
  ['Adagrad', () => new Adagrad({ lr: 0.05 })],
  ['AdagradRMSProp', () => new AdagradRMSProp()],
];

describe.each(optimizers)('%s', (_, make) => {
  test('parameters in one file, the optimiser in another', () => {
    const whole = run(make());
    exponentialLR(whole.optimizer, { gamma: 0.5 }).step();
    const losses = steps(whole, 8);

    const first = run(make());
    exponentialLR(first.optimizer, { gamma: 0.5 }).step();
    const before = steps(first, 5);
    const files = { params: first.params.save(), optimizer: first.optimizer.save() };
    const second = run(make());
    second.params.load(files.params);
    second.optimizer.load(files.optimizer);
    second.steps = first.steps;
    expect([...before, ...steps(second, 3)]).toEqual(losses);
    expect(second.params.save()).toEqual(whole.params.save());
    expect(second.optimizer.save()).toEqual(whole.optimizer.save());
  });
});

describe("an optimiser's file", () => {
  const saved = () => {
    const svi = run(new Adam({ lr: 0.05 }));
    steps(svi, 2);
    return svi.optimizer.save();
  };
  it('is safetensors: an array for each slot of each parameter', () => {
    const { tensors, metadata } = readSafetensors(saved());
    expect([...tensors.keys()].sort()).toEqual([
      'mean/net/loc',
      'mean/noise',
      'mean/scale',
      'square/net/loc',
      'square/noise',
      'square/scale',
    ]);
    expect(metadata).toEqual({
      format: 'pyro-ts optimiser 1',
      lrFactor: '1',
      steps: JSON.stringify({ 'net/loc': 2, scale: 2, noise: 2 }),
    });
  });
  const marked = { format: 'pyro-ts optimiser 1', lrFactor: '1' };
  const one = new Map([['mean/w', { shape: [1], data: Float32Array.of(1) }]]);
  it.each<[string, () => Uint8Array, string]>([
    [
      'of parameters',
      () => new ParamStore().save(),
      'run.safetensors has the format "pyro-ts parameters 1" and not "pyro-ts optimiser 1"',
    ],
    [
      'of another optimiser',
      () => {
        const sgd = run(new SGD({ lr: 0.01, momentum: 0.9 }));
        steps(sgd, 1);
        return sgd.optimizer.save();
      },
      'lacks "mean": it was saved by another optimiser.',
    ],
    ['without counts', () => writeSafetensors(one, marked), 'run.safetensors is damaged: its arrays and its counts'],
    ['with counts that are none', () => writeSafetensors(one, { ...marked, steps: '{"w":"x"}' }), 'is damaged'],
    ['with arrays of no parameter', () => writeSafetensors(one, { ...marked, steps: '{"v":1}' }), 'is damaged'],
    ['cut short', () => saved().subarray(0, 200), 'run.safetensors is truncated'],
  ])('%s is rejected', (_, bytes, message) => {
    expect(() => new Adam().load(bytes(), 'run.safetensors')).toThrow(message);
  });
});
