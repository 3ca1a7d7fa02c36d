/** Rejections of a model and a guide that disagree, of numbers that are not finite, and of options; and their words. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  condition,
  ModelGuideError,
  NonFiniteError,
  normal,
  OptionError,
  PyroError,
  param,
  plate,
  RenyiELBO,
  replay,
  SupportError,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

import { rejects, step, traced, warningsOf } from './rejections.js';

describe('model against guide', () => {
  const z = (n: number) => () => plate('data', n, () => sample('z', normal(0, 1)));
  const latent = () => sample('z', normal(0, 1));
  rejects([
    [
      'plates of different sizes',
      () => step(z(3), z(4)),
      ModelGuideError,
      'Plate "data" has 3 elements here and 4 in the trace that is replayed ([4]): model and guide must use the same size and subsampleSize.',
    ],
    [
      'plates of different names and sizes at one dimension',
      () => step(z(1), () => plate('other', 3, () => sample('z', normal(0, 1)))),
      ModelGuideError,
      'Model and guide disagree at site "z": at dim -1 the model\'s plate has 1 elements and the guide\'s 3.',
    ],
    [
      'draws of different shapes',
      () => step(latent, () => sample('z', normal(0, 1).expand([2]).toEvent(1))),
      ModelGuideError,
      'Model and guide disagree at site "z": one draw has shape [] in the model and [2] in the guide.',
    ],
    [
      'an observation in the guide',
      () => step(latent, () => [latent(), sample('x', normal(0, 1), { obs: 1 })]),
      ModelGuideError,
      'Site "x" is observed in the guide: observations belong in the model.',
    ],
    [
      'a site of the guide that the model lacks, with what the model has',
      () => step(latent, () => [latent(), sample('y', normal(0, 1))]),
      ModelGuideError,
      'The guide has a sample site "y" that the model lacks. The model\'s latent sites: z. Rename it, add it to the model, or mark it with ' +
        'infer: { isAuxiliary: true }.',
    ],
    [
      'a site of the guide that the model observes',
      () => step(() => sample('z', normal(0, 1), { obs: 1 }), latent),
      ModelGuideError,
      'Site "z" is latent in the guide and observed in the model. Drop it from the guide.',
    ],
    [
      'a parameter of the guide under the name of a site',
      () => step(latent, () => param('z', 1)),
      ModelGuideError,
      '"z" is a sample site here and a parameter in the trace that is replayed. Rename one.',
    ],
    [
      'a latent site where the replayed trace observes',
      () => replay(latent, traced(condition(latent, { z: 1 })))(),
      ModelGuideError,
      'Site "z" is latent here but observed in the trace that is replayed. Observe it in the model instead.',
    ],
  ]);
  it('warns, once, of a latent site that the guide lacks', () => {
    const model = () => [latent(), sample('w', normal(0, 1))];
    expect(
      warningsOf(() => {
        step(model, latent);
        step(model, latent);
      }),
    ).toEqual([
      'The model has a latent site "w" that the guide lacks: it is drawn from its prior. Add it to the guide, or enumerate it.',
    ]);
  });
  it('lets auxiliary sites pass', () => {
    const guide = () => [latent(), sample('y', normal(0, 1), { infer: { isAuxiliary: true } })];
    expect(Number.isFinite(step(latent, guide))).toBe(true);
  });
});

describe('numbers that are not finite', () => {
  rejects([
    [
      'a parameter of a distribution, by name',
      () => step(() => sample('x', normal(0, tf.scalar(0).log().neg()), { obs: 1 })),
      NonFiniteError,
      'At site "x": parameter scale of Normal is infinite. Look for a step before it that divides by 0, takes the log of a number below 0 or ' +
        'overflows; a lower learning rate or clipped gradients may help.',
    ],
    [
      'a parameter outside its constraint',
      () => step(() => sample('x', normal(0, -1), { obs: 1 })),
      SupportError,
      'At site "x": parameter scale of Normal must be positive',
    ],
    [
      'a value of a latent site',
      () =>
        step(
          () => sample('z', normal(0, 1)),
          () => sample('z', normal(tf.scalar(3e38), 3e38).expand([])),
        ),
      PyroError,
      /is not finite/,
    ],
    [
      'an impossible value, with finite inputs',
      () => step(() => sample('x', normal(0, 1e-25), { obs: 1e10 })),
      NonFiniteError,
      'its parameters and value are finite, so the value is impossible under the distribution, or overflowed',
    ],
    [
      'a gradient, where the loss is finite',
      () => step(() => sample('x', normal(tf.sqrt(param('s', 0)), 1), { obs: 1 })),
      NonFiniteError,
      'The gradient of parameter "s" is not finite (entry 0 is',
    ],
  ]);
  it('can be skipped: nothing moves, and the run goes on', () => {
    let isBroken = true;
    const model = () => sample('x', normal(param('m', 0), isBroken ? tf.scalar(0).log().neg() : 1), { obs: 1 });
    const svi = new SVI(model, () => {}, new Adam({ lr: 0.1 }), new TraceELBO(), { onNonFinite: 'skip' });
    expect(svi.step()).toBeNaN();
    expect(svi.params.get('m').dataSync()[0]).toBe(0);
    isBroken = false;
    expect(svi.step()).toBeGreaterThan(0);
    expect(svi.params.get('m').dataSync()[0]).toBeCloseTo(0.1, 4);
  });
});

describe('options of inference', () => {
  for (const Elbo of [TraceELBO, TraceMeanFieldELBO, RenyiELBO, TraceEnumELBO]) {
    rejects([
      [
        `${Elbo.name}: an unknown one`,
        () => new Elbo({ numParticle: 1 } as never),
        OptionError,
        `${Elbo.name} has no option "numParticle". Did you mean "numParticles"?`,
      ],
      [
        `${Elbo.name}: no particles`,
        () => new Elbo({ numParticles: 0 }),
        OptionError,
        'numParticles must be a positive integer, not 0.',
      ],
      [
        `${Elbo.name}: a nesting below 0`,
        () => new Elbo({ maxPlateNesting: -1 }),
        OptionError,
        'maxPlateNesting must be a non-negative integer, not -1.',
      ],
    ]);
  }
  rejects([
    [
      'SVI: an unknown reaction',
      () =>
        new SVI(
          () => 0,
          () => 0,
          new Adam(),
          new TraceELBO(),
          { onNonFinite: 'ignore' as never },
        ),
      OptionError,
      'SVI: onNonFinite is "ignore"; it must be "throw" or "skip".',
    ],
    [
      'SVI: an unknown option',
      () =>
        new SVI(
          () => 0,
          () => 0,
          new Adam(),
          new TraceELBO(),
          { sead: 1 } as never,
        ),
      OptionError,
      'SVI has no option "sead". Did you mean "seed"?',
    ],
  ]);
});

it('the nesting is found again where a program opens more plates later', () => {
  let deep = false;
  const draw = () => sample('z', normal(0, 1));
  const model = () => plate('a', 2, () => (deep ? plate('b', 3, draw) : draw()));
  const svi = new SVI(model, model, new Adam(), new TraceELBO({ numParticles: 2, vectorizeParticles: true }));
  expect(svi.step()).toBeCloseTo(0, 5);
  deep = true;
  expect(svi.step()).toBeCloseTo(0, 5);
});
