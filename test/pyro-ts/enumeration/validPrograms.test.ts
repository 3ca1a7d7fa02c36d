/** Programs that are right and were once rejected: variables of unrelated plates, plates of one element, plates without a site, one class. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  categorical,
  configEnumerate,
  inferDiscrete,
  mask,
  normal,
  onWarning,
  ParamStore,
  param,
  plate,
  SVI,
  sample,
  seed,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
  trace,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import { enumerated, expectSame, nothing, parallel } from './helpers.js';

test('two unrelated variables in two plates have posterior values', () => {
  const shapes: Record<string, number[]> = {};
  const program = () => {
    plate('rows', 3, { dim: -2 }, () => {
      const a = sample('a', bernoulli(0.3), parallel);
      sample('x', normal(a.mul(8), 1), { obs: [[0], [8], [0]] });
      shapes.a = a.shape;
    });
    plate('columns', 2, { dim: -1 }, () => {
      const b = sample('b', bernoulli(0.3), parallel);
      sample('y', normal(b.mul(8), 1), { obs: [8, 0] });
      shapes.b = b.shape;
    });
  };
  const likeliest = trace(seed(inferDiscrete(program, { firstAvailableDim: -3, temperature: 0 }), 0)).getTrace();
  expect([...likeliest.get('a').value.dataSync()]).toEqual([0, 1, 0]);
  expect([...likeliest.get('b').value.dataSync()]).toEqual([1, 0]);
  expect(shapes).toEqual({ a: [3, 1], b: [2] });
  new ParamStore().run(() =>
    seed.with(0, () => new TraceEnumELBO({ maxPlateNesting: 2 }).samplePosterior(program, nothing)),
  );
  expect(shapes).toEqual({ a: [3, 1], b: [2] });
});

test.each([1, 2])('a plate of %i keeps its dimension in posterior values and marginals', (size) => {
  const program = () =>
    plate('rows', size, { dim: -2 }, () =>
      plate('data', size, { dim: -1 }, () => {
        const z = sample('z', categorical([0.4, 0.6]));
        sample('x', normal(z, 1), { obs: tf.zeros([size, size]) });
        return z;
      }),
    );
  const model = configEnumerate(program);
  const elbo = new TraceEnumELBO({ maxPlateNesting: 2 });
  const run = <R>(body: () => R): R => new ParamStore().run(() => seed.with(0, body));
  expect(run(inferDiscrete(model, { firstAvailableDim: -3 })).shape).toEqual([size, size]);
  expect(run(() => elbo.samplePosterior(model, nothing)).shape).toEqual([size, size]);
  expect(run(() => elbo.computeMarginals(model, nothing)).get('z')?.batchShape).toEqual([size, size]);
});

test('a plate without a sample site is found where maxPlateNesting is not given', () => {
  const model = (isVectorised: boolean) => () => {
    const inner = () => param('w', [1, 2], { eventDim: 0 });
    const w = isVectorised ? plate('weights', 2, inner) : inner();
    const z = sample('z', bernoulli(0.3), parallel);
    sample('x', normal(z.mul(w.sum()), 1), { obs: 1 });
  };
  const [withPlate, without] = [true, false].map((is) =>
    new SVI(model(is), nothing, new Adam(), new TraceEnumELBO()).step(),
  );
  expect(withPlate).toBeCloseTo(without, 6);
});

test('a mixture of one component has a gradient', () => {
  const mixture = (numComponents: number) => () => {
    const means = param('means');
    plate('data', 2, () => {
      const z = sample('z', categorical(tf.ones([numComponents])), parallel);
      sample('x', normal(take(means, z), 1), { obs: [0.3, 1.1] });
    });
  };
  const plain = () => {
    const means = param('means');
    plate('data', 2, () => sample('x', normal(means, 1), { obs: [0.3, 1.1] }));
  };
  expectSame(enumerated({ means: [0.2] }, 1, mixture(1)), enumerated({ means: [0.2] }, 1, plain));
});

test('equal masks that model and guide build by themselves leave the divergence in closed form', () => {
  const known = () => tf.tensor1d([true, false, true], 'bool');
  const program = (makeMask: () => tf.Tensor) => {
    const model = () => mask.with(makeMask(), () => void plate('data', 3, () => sample('z', normal(0, 1))));
    const guide = () => mask.with(makeMask(), () => void plate('data', 3, () => sample('z', normal(0.5, 2))));
    return new SVI(model, guide, new Adam(), new TraceMeanFieldELBO());
  };
  const shared = known();
  const exact = 2 * (-Math.log(2) + (4 + 0.25) / 2 - 0.5);
  expect(program(() => shared).evaluateLoss()).toBeCloseTo(exact, 5);
  expect(program(known).evaluateLoss()).toBeCloseTo(exact, 5);
});

test('each program has its own warnings, once', () => {
  const shown: string[] = [];
  const before = onWarning((text) => shown.push(text));
  try {
    const make = () => {
      const model = () => {
        sample('z', normal(0, 1));
        sample('x', normal(0, 1), { obs: 1 });
      };
      return new SVI(model, nothing, new Adam(), new TraceELBO());
    };
    const [first, second] = [make(), make()];
    for (let i = 0; i < 3; i++) first.step();
    expect(shown).toEqual([expect.stringContaining('latent site "z" that the guide lacks')]);
    second.step();
    second.evaluateLoss();
    expect(shown.length).toBe(2);
  } finally {
    onWarning(before);
  }
});
