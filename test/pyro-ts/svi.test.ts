/** SVI with TraceELBO: a conjugate posterior, seeds, sharing, rejections, and memory. */

import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AdamW,
  constraints,
  normal,
  ParamStore,
  param,
  plate,
  RMSprop,
  SGD,
  SVI,
  sample,
  scale,
  TraceELBO,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const data = [1.2, 0.7, 1.9, 1.4];
const model = () => {
  const mu = sample('mu', normal(0, 2));
  plate('data', data.length, () => sample('x', normal(mu, 0.8), { obs: data }));
};
const guide = () => {
  sample('mu', normal(param('loc', 0), param('scale', 1, { constraint: constraints.positive })));
};
const precision = 1 / 4 + data.length / 0.64;
const posterior = { mean: data.reduce((a, b) => a + b) / 0.64 / precision, sd: precision ** -0.5 };

const learn = (seed: number, steps: number) => {
  const svi = new SVI(
    model,
    guide,
    new Adam({ lr: 0.02 }),
    new TraceELBO({ numParticles: 4, vectorizeParticles: true }),
    { seed },
  );
  const losses = Array.from({ length: steps }, () => svi.step());
  return { svi, losses };
};
const paramValue = (store: ParamStore, name: string) => tf.tidy(() => store.get(name).dataSync()[0]);

describe('SVI', () => {
  it('finds the conjugate posterior of a normal mean', () => {
    const { svi } = learn(0, 800);
    expect(paramValue(svi.params, 'loc')).toBeCloseTo(posterior.mean, 1);
    expect(paramValue(svi.params, 'scale') / posterior.sd).toBeCloseTo(1, 0);
    expect(Math.abs(paramValue(svi.params, 'scale') / posterior.sd - 1)).toBeLessThan(0.15);
  });
  it('repeats with the same seed, and not with another', () => {
    expect(learn(1, 20).losses).toEqual(learn(1, 20).losses);
    expect(learn(1, 20).losses).not.toEqual(learn(2, 20).losses);
  });
  it('trains two models side by side without touching each other', () => {
    const alone = learn(1, 20).losses;
    const [a, b] = [1, 2].map(
      (seed) =>
        new SVI(model, guide, new Adam({ lr: 0.02 }), new TraceELBO({ numParticles: 4, vectorizeParticles: true }), {
          seed,
        }),
    );
    const interleaved = alone.map(() => [b.step(), a.step()][1]);
    expect(interleaved).toEqual(alone);
  });
  it('evaluateLoss learns nothing', () => {
    const { svi } = learn(0, 5);
    const before = svi.params.toData();
    svi.evaluateLoss();
    expect(svi.params.toData()).toEqual(before);
  });
  it('leaks no tensor', () => {
    const { svi } = learn(0, 3);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 50; i++) svi.step();
    svi.evaluateLoss();
    expect(tf.memory().numTensors).toBe(before);
  });
  it('goes on from saved parameters and optimiser state as if never interrupted', () => {
    const whole = learn(3, 30);
    const first = learn(3, 12);
    const optimizer = new Adam({ lr: 0.02 });
    const store = new ParamStore();
    store.loadData(first.svi.params.toData());
    optimizer.loadData(first.svi.optimizer.toData());
    const second = new SVI(model, guide, optimizer, first.svi.elbo, { seed: 3, params: store });
    second.steps = 12;
    expect(Array.from({ length: 18 }, () => second.step())).toEqual(whole.losses.slice(12));
  });
});

describe('score-function gradients', () => {
  it('meet the pathwise gradient in the mean, and loss does not change', () => {
    class Unreparameterised extends (normal(0, 1).constructor as typeof import('pyro-ts').Normal) {
      override get hasRsample() {
        return false;
      }
    }
    const gradientOf = (make: (loc: tf.Tensor, s: number) => import('pyro-ts').Distribution, numParticles: number) => {
      const store = new ParamStore();
      let seen = 0;
      const probe = new (class extends Adam {
        override step(_: ParamStore, g: ReadonlyMap<string, tf.Tensor>) {
          seen = (g.get('loc') as tf.Tensor).dataSync()[0];
        }
      })();
      const g = () => {
        sample('mu', make(param('loc', 0.3), 0.5));
      };
      const svi = new SVI(
        model,
        g,
        probe,
        new TraceELBO({ numParticles, vectorizeParticles: true, maxPlateNesting: 1 }),
        { seed: 0, params: store },
      );
      svi.step();
      return seen;
    };
    // d/dloc of E_q[log q - log p] for q = N(loc, s^2): loc * prior precision + sum (loc - x) / variance.
    const exact = 0.3 / 4 + data.reduce((s, x) => s + (0.3 - x) / 0.64, 0);
    expect(gradientOf((loc, s) => normal(loc, s), 20_000) / exact).toBeCloseTo(1, 1);
    expect(gradientOf((loc, s) => new Unreparameterised(loc, s), 200_000) / exact).toBeCloseTo(1, 1);
  });
});

describe('rejections', () => {
  const svi = (m: () => unknown, g: () => unknown, options = {}) =>
    new SVI(m, g, new Adam({ lr: 0.1 }), new TraceELBO(), { seed: 0, ...options });
  it('a guide site that the model lacks', () => {
    expect(() => svi(model, () => sample('nu', normal(0, 1))).step()).toThrow(
      'The guide has a sample site "nu" that the model lacks. The model\'s latent sites: mu.',
    );
  });
  it('a guide site that the model observes', () => {
    expect(() =>
      svi(
        () => sample('x', normal(0, 1), { obs: 1 }),
        () => sample('x', normal(0, 1)),
      ).step(),
    ).toThrow('latent in the guide and observed in the model');
  });
  it('draws of different shape', () => {
    const wide = () => sample('mu', normal(0, 1).expand([2]).toEvent(1));
    expect(() => svi(model, wide).step()).toThrow(/site "mu"/);
  });
  it('a dimension without a plate, with the three mends', () => {
    const broken = () => sample('x', normal(tf.zeros([3]), 1), { obs: [1, 2, 3] });
    expect(() => svi(broken, () => 0).step()).toThrow(
      /size 3 at dim -1, where there is no plate[\s\S]*enclose the site in a plate[\s\S]*toEvent[\s\S]*permute/,
    );
  });
  it('a loss that is not finite, naming the site and its parameter', () => {
    const broken = () => sample('x', normal(param('m', Number.NaN), 1), { obs: 1 });
    expect(() => svi(broken, () => 0).step()).toThrow(/"m"/);
    const overflow = () => sample('x', normal(tf.scalar(0).log(), 1), { obs: 1 });
    expect(() => svi(overflow, () => 0).step()).toThrow('At site "x": parameter loc of Normal is infinite');
    expect(svi(overflow, () => 0, { onNonFinite: 'skip' }).step()).toBeNaN();
  });
  it('a parameter outside its constraint', () => {
    const bad = () => sample('mu', normal(0, param('s', -1, { constraint: constraints.positive })));
    expect(() => svi(model, bad).step()).toThrow('Parameter "s": its value must be positive');
  });
  it('unknown options', () => {
    expect(() => new TraceELBO({ numParticle: 2 } as never)).toThrow(
      'TraceELBO has no option "numParticle". Did you mean "numParticles"?',
    );
    expect(() => new Adam({ learningRate: 1 } as never)).toThrow('has no option "learningRate"');
  });
});

it('a KL weight through scale, 0 included, changes the loss as it should', () => {
  const weighted = (weight: number) => {
    const m = () => {
      const mu = scale.with(weight, () => sample('mu', normal(0, 2)));
      sample('x', normal(mu, 1), { obs: 1 });
    };
    const g = () => {
      scale.with(weight, () => sample('mu', normal(0.5, 0.7)));
    };
    return new SVI(m, g, new Adam(), new TraceELBO(), { seed: 0 }).evaluateLoss();
  };
  const [zero, one, two] = [0, 1, 2].map(weighted);
  expect(two - one).toBeCloseTo(one - zero, 4);
  expect(one - zero).not.toBeCloseTo(0, 3);
});

describe('a parameter that a step meets only through stopGradient', () => {
  // torch.optim skips a parameter whose gradient is None, which is what detach leaves.
  it.each([
    ['Adam', () => new Adam({ lr: 0.1 })],
    ['AdamW', () => new AdamW({ lr: 0.1, weightDecay: 0.5 })],
    ['SGD', () => new SGD({ lr: 0.1, momentum: 0.9 })],
    ['RMSprop', () => new RMSprop({ lr: 0.1, momentum: 0.9 })],
  ])('stays as it is, whatever earlier steps have left in %s', (_, optimizer) => {
    const params = new ParamStore();
    const shared = optimizer();
    const model = (isFixed: boolean) => {
      const w = param('w', 1);
      sample('x', normal(tf.add(param('b', 0), isFixed ? stopGradient(w) : w), 1), { obs: 5 });
    };
    const svi = new SVI(model, () => {}, shared, new TraceELBO(), { params });
    for (let i = 0; i < 3; i++) svi.step(false);
    const [w, b] = [paramValue(params, 'w'), paramValue(params, 'b')];
    expect(w).not.toBe(1);
    for (let i = 0; i < 3; i++) svi.step(true);
    expect(paramValue(params, 'w')).toBe(w);
    expect(paramValue(params, 'b')).not.toBe(b);
    expect(shared.toData().get('w')?.steps).toBe(3);
    svi.step(false);
    expect(paramValue(params, 'w')).not.toBe(w);
  });
});
