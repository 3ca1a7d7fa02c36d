/** Optimisers, clipping and schedules against trajectories of torch and Pyro (fixtures/optim.py); per-parameter options, saved state, rejections. */
import * as tf from '@tensorflow/tfjs';
import {
  Adagrad,
  AdagradRMSProp,
  Adam,
  AdamW,
  ClippedAdam,
  cosineLR,
  exponentialLR,
  lambdaLR,
  multiStepLR,
  type Optimizer,
  ParamStore,
  PlateauScheduler,
  RMSprop,
  type Scheduler,
  SGD,
  stepLR,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import figures from '../fixtures/optim.json' with { type: 'json' };
import { expectClose } from '../numbers.js';

/** The gradient of fixtures/optim.py. */
const gradientAt = (x: ArrayLike<number>, step: number): number[] =>
  figures.curvature.map((c, i) => c * x[i] + 3 * Math.sin(step + i));

const valuesOf = (store: ParamStore, name: string) => Array.from(store.unconstrained(name).dataSync());

function stepOn(store: ParamStore, optimizer: Optimizer, step: number, name = 'x'): void {
  const gradient = tf.tensor1d(gradientAt(valuesOf(store, name), step));
  optimizer.step(store, new Map([[name, gradient]]));
  gradient.dispose();
}

function run(optimizer: Optimizer): number[][] {
  const store = new ParamStore();
  store.set('x', figures.start);
  const last = Math.max(...figures.kept);
  const trajectory = Array.from({ length: last + 1 }, (_, step) => {
    stepOn(store, optimizer, step);
    return valuesOf(store, 'x');
  });
  return figures.kept.map((step) => trajectory[step]);
}

const optimizers: Record<keyof typeof figures.trajectories, Optimizer> = {
  SGD: new SGD({ lr: 0.05 }),
  'SGD momentum': new SGD({ lr: 0.05, momentum: 0.9, weightDecay: 0.1 }),
  'SGD nesterov': new SGD({ lr: 0.05, momentum: 0.9, nesterov: true }),
  Adam: new Adam({ lr: 0.1 }),
  'Adam options': new Adam({ lr: 0.1, betas: [0.8, 0.95], eps: 0.01, weightDecay: 0.2 }),
  AdamW: new AdamW({ lr: 0.1, weightDecay: 0.3 }),
  RMSprop: new RMSprop({ lr: 0.05 }),
  'RMSprop options': new RMSprop({
    lr: 0.05,
    alpha: 0.9,
    eps: 0.01,
    momentum: 0.5,
    centered: true,
    weightDecay: 0.1,
  }),
  Adagrad: new Adagrad({ lr: 0.3 }),
  'Adagrad options': new Adagrad({ lr: 0.3, lrDecay: 0.1, weightDecay: 0.1, eps: 0.01 }),
  ClippedAdam: new ClippedAdam({ lr: 0.1, clipNorm: 0.5, lrd: 0.97 }),
  'ClippedAdam options': new ClippedAdam({
    lr: 0.1,
    betas: [0.8, 0.95],
    eps: 0.01,
    weightDecay: 0.2,
    clipNorm: 2,
    lrd: 0.99,
    centeredVariance: true,
  }),
  AdagradRMSProp: new AdagradRMSProp({ eta: 0.5, delta: 1e-3, t: 0.2 }),
};

describe("torch's trajectory", () => {
  it.each(Object.entries(optimizers))('%s', (name, optimizer) => {
    expectClose(run(optimizer).flat(), figures.trajectories[name as keyof typeof figures.trajectories], 1e-5, 1e-5);
  });
  it.each(Object.entries(figures.clipped))('of gradients clipped by %s', (name, expected) => {
    const bounds = { clipNorm: 1.5, clipValue: 0.7 };
    const clip = name === 'both' ? bounds : { [name]: bounds[name as keyof typeof bounds] };
    expectClose(run(new SGD({ lr: 0.05 }, clip)).flat(), expected, 1e-5, 1e-5);
  });
});

describe('schedules', () => {
  const schedules: Record<keyof typeof figures.schedules, (o: Optimizer) => Scheduler> = {
    step: (o) => stepLR(o, { stepSize: 4, gamma: 0.5 }),
    multiStep: (o) => multiStepLR(o, { milestones: [2, 7] }),
    exponential: (o) => exponentialLR(o, { gamma: 0.9 }),
    cosine: (o) => cosineLR(o, { period: 10, minFactor: 0.1 }),
    lambda: (o) => lambdaLR(o, (n) => Math.min(1, (n + 1) / 5)),
  };
  it.each(Object.entries(schedules))("%s follows torch's", (name, make) => {
    const optimizer = new SGD({ lr: 1 });
    const schedule = make(optimizer);
    const rates = Array.from({ length: 11 }, () => {
      const rate = optimizer.lrFactor;
      schedule.step();
      return rate;
    });
    expectClose(rates, figures.schedules[name as keyof typeof figures.schedules]);
  });
  it('multiplies the learning rate of every optimiser, and resumes at a count', () => {
    const moved = (factor: number) => {
      const store = new ParamStore();
      store.set('x', [1, 1, 1]);
      const optimizer = new AdagradRMSProp({ eta: 0.4 });
      lambdaLR(optimizer, () => factor);
      stepOn(store, optimizer, 0);
      return 1 - valuesOf(store, 'x')[1];
    };
    expect(moved(0.5) / moved(1)).toBeCloseTo(0.5, 5);
    const optimizer = new SGD();
    exponentialLR(optimizer, { gamma: 0.5 }).steps = 3;
    expect(optimizer.lrFactor).toBe(0.125);
  });
  it("the plateau's follows torch's, also when it goes on from its state", () => {
    const options = { factor: 0.5, patience: 2, threshold: 0.01, cooldown: 1, minFactor: 0.2 };
    const optimizer = new SGD({ lr: 1 });
    let schedule = new PlateauScheduler(optimizer, options);
    const rates = figures.losses.map((loss, i) => {
      if (i === 5) {
        const before = schedule.state;
        schedule = new PlateauScheduler(optimizer, options);
        schedule.state = before;
      }
      schedule.step(loss);
      return optimizer.lrFactor;
    });
    expect(rates).toEqual(figures.plateau);
  });
  it('reject a factor that is no number, and a plateau that would raise the rate', () => {
    expect(() => lambdaLR(new SGD(), () => Number.NaN)).toThrow('The learning-rate schedule gives NaN at step 0');
    expect(() => new PlateauScheduler(new SGD(), { factor: 2 })).toThrow('factor must lie between 0 and 1, not 2.');
  });
});

describe('each parameter', () => {
  it('has the options, the clipping and the state that its name gives it', () => {
    const store = new ParamStore();
    store.set('fast', figures.start);
    store.set('slow', figures.start);
    const optimizer = new SGD(
      (name) => ({ lr: name === 'fast' ? 0.1 : 0.01 }),
      (name) => (name === 'slow' ? { clipValue: 1 } : {}),
    );
    const gradient = tf.tensor1d([2, -2, 0.5]);
    optimizer.step(
      store,
      new Map([
        ['fast', gradient],
        ['slow', gradient],
      ]),
    );
    expectClose(valuesOf(store, 'fast'), [0.8, -1.8, 0.45]);
    expectClose(valuesOf(store, 'slow'), [0.99, -1.99, 0.495]);
  });
  it('goes on from saved state as if never interrupted, for every optimiser', () => {
    for (const make of [
      () => new Adam({ lr: 0.1 }),
      () => new RMSprop({ momentum: 0.5, centered: true }),
      () => new ClippedAdam({ lrd: 0.9 }),
      () => new AdagradRMSProp(),
    ] as (() => Optimizer)[]) {
      const [whole, parted] = [new ParamStore(), new ParamStore()];
      for (const store of [whole, parted]) store.set('x', figures.start);
      const one = make();
      for (let step = 0; step < 6; step++) stepOn(whole, one, step);
      const first = make();
      for (let step = 0; step < 3; step++) stepOn(parted, first, step);
      const second = make();
      second.loadData(first.toData());
      for (let step = 3; step < 6; step++) stepOn(parted, second, step);
      expect(valuesOf(parted, 'x')).toEqual(valuesOf(whole, 'x'));
    }
  });
});

describe('rejections', () => {
  const store = () => {
    const params = new ParamStore();
    params.set('w', [1, 2]);
    return params;
  };
  it('a gradient that is not finite, leaving all parameters as they are', () => {
    const params = store();
    params.set('a', [1]);
    const gradients = new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([1])],
      ['w', tf.tensor1d([0, Number.NaN])],
    ]);
    expect(() => new SGD().step(params, gradients)).toThrow(
      'The gradient of parameter "w" is not finite (entry 1 is NaN). Nothing was updated.',
    );
    expect(valuesOf(params, 'a')).toEqual([1]);
  });
  it.each<[string, () => unknown, string]>([
    [
      'an unknown option',
      () => new Adam({ learningRate: 1 } as never),
      'Adam (for every parameter) has no option "learningRate".',
    ],
    ['an unknown option of clipping', () => new Adam({}, { clipnorm: 1 } as never), 'Did you mean "clipNorm"?'],
    ['a learning rate below 0', () => new SGD({ lr: -1 }), 'SGD: lr must be a number of at least 0, not -1.'],
    ['a rate of another name', () => new AdagradRMSProp({ eta: Number.NaN }), 'AdagradRMSProp: eta must be'],
    ['a bound of 0', () => new SGD({}, { clipNorm: 0 }), 'SGD: clipNorm must be a number above 0, not 0.'],
    [
      'the state of another optimiser',
      () => new Adam().loadData(new Map([['w', { steps: 1, slots: { velocity: new Float32Array(2) } }]])),
      'The saved optimiser state of "w" lacks "mean": it was saved by another optimiser.',
    ],
  ])('%s', (_, body, message) => {
    expect(body).toThrow(message);
  });
  it('a state of another size', () => {
    const sgd = new SGD();
    sgd.loadData(new Map([['w', { steps: 1, slots: { velocity: new Float32Array(3) } }]]));
    expect(() => sgd.step(store(), new Map([['w', tf.tensor1d([1, 1])]]))).toThrow(
      'The optimiser\'s state of parameter "w" is not for 2 entries',
    );
  });
});
