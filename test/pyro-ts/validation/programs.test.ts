/** Rejections of programs, plates and shapes, and their words. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  block,
  exponential,
  mask,
  normal,
  OptionError,
  ParamStore,
  PlateError,
  PyroError,
  param,
  plate,
  ShapeError,
  SiteError,
  SupportError,
  sample,
  scale,
  sequentialPlate,
  subsample,
  TraceELBO,
  trace,
  withValidation,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

import { rejects, step, traced } from './rejections.js';

describe('a program', () => {
  rejects([
    ['a site without a name', () => sample('', normal(0, 1)), SiteError, 'sample: the first argument is the name'],
    [
      'a site without a distribution',
      () => sample('x', 3 as never),
      SiteError,
      'At site "x": the second argument of sample must be a Distribution, e.g. normal(0, 1).',
    ],
    [
      'an unknown option',
      () => sample('x', normal(0, 1), { observed: 1 } as never),
      OptionError,
      'sample has no option "observed".',
    ],
    [
      'an unknown hint',
      () => sample('x', normal(0, 1), { infer: { enumerat: 'parallel' } as never }),
      OptionError,
      'infer of site "x" has no option "enumerat". Did you mean "enumerate"?',
    ],
    [
      'an unknown way to enumerate',
      () => sample('x', bernoulli(0.5), { infer: { enumerate: 'all' as never } }),
      OptionError,
      'At site "x": infer.enumerate is "all"; it must be "parallel", "sequential" or "sum-and-sample".',
    ],
    [
      'a mask of observations without observations',
      () => sample('x', normal(0, 1), { obsMask: true }),
      SiteError,
      'At site "x": obsMask is given without obs. Give both, or neither.',
    ],
    ['a parameter without a name', () => param(''), SiteError, 'param: the first argument is the name'],
    [
      'an observation outside the support',
      () => traced(() => sample('x', exponential(1), { obs: [1, -2] })),
      SupportError,
      'At site "x": a value lies outside the support of Exponential',
    ],
    [
      'a parameter and a site of one name',
      () => new ParamStore().run(() => traced(() => [param('x', 1), sample('x', normal(0, 1))])),
      SiteError,
      'There are a param site and a sample site called "x". Every name must be unique in a program',
    ],
    ['a block that hides and exposes', () => block(() => 0, { hide: ['a'], expose: ['b'] })(), OptionError, 'not both'],
    [
      'masks that do not broadcast',
      () => mask.with(tf.ones([2], 'bool'), () => mask.with(tf.ones([3], 'bool'), () => sample('x', normal(0, 1)))),
      ShapeError,
      'masks of shapes [3] and [2] do not broadcast together.',
    ],
    [
      'a promise',
      () => trace(async () => 1).getTrace(),
      PyroError,
      'The program returned a promise, but programs are synchronous. Await the data before, and pass them as arguments.',
    ],
  ]);
});

describe('a plate', () => {
  rejects([
    ['without a name', () => plate('', 2, () => 0), OptionError, 'plate: the first argument is the name of the plate'],
    [
      'of a broken size',
      () => plate('a', 2.5, () => 0),
      PlateError,
      'plate "a": the size must be a non-negative integer, not 2.5.',
    ],
    [
      'with two sizes of a subsample',
      () => plate('a', 9, { subsampleSize: 2, subsample: [1, 2, 3] }, () => 0),
      PlateError,
      'plate "a": subsampleSize 2 does not match the 3 indices in subsample. Leave subsampleSize out.',
    ],
    [
      'a tensor that fits neither the plate nor its subsample',
      () => plate('a', 6, { subsample: [0, 1] }, () => subsample(tf.zeros([5]))),
      ShapeError,
      'In plate "a": the tensor to take a subsample of has shape [5], with size 5 at dim -1; the plate has 6 elements. Give it one entry for each',
    ],
    [
      'in turn, without a body',
      () => sequentialPlate('a', 2, {} as never),
      OptionError,
      'takes its body as a function',
    ],
  ]);
});

describe('shapes against plates', () => {
  rejects([
    [
      'a dimension that no plate owns, with three mends',
      () => step(() => sample('x', normal(tf.zeros([2, 3]), 1), { obs: tf.zeros([2, 3]) })),
      ShapeError,
      [
        'At site "x": the log-probability has shape [2, 3], with size 3 at dim -1, where there is no plate.',
        '  distribution: Normal, batchShape [2, 3], eventShape []',
        '  value: [2, 3]',
        '  plates: none',
        'Mend one of:',
        '  - enclose the site in a plate of size 3 at dim -1;',
        '  - if the dimension is part of one draw, call .toEvent(n) on the distribution;',
        '  - if the data have it in another place, permute or reshape them.',
      ].join('\n'),
    ],
    [
      'a silent N x N broadcast',
      () => step(() => plate('data', 3, () => sample('x', normal(tf.zeros([3, 1]), 1), { obs: [1, 2, 3] }))),
      ShapeError,
      'At site "x": the log-probability has shape [3, 3], with size 3 at dim -2, where there is no plate.',
    ],
    [
      'a mask that would multiply a site',
      () => step(() => mask.with(tf.ones([3], 'bool'), () => sample('x', normal(0, 1), { obs: 1 }))),
      ShapeError,
      'At site "x": the mask of shape [3] has size 3 at dim -1, where there is no plate, and the log-probability has shape []: it would count 3 times.',
    ],
    [
      'a scale that would',
      () =>
        step(() =>
          scale.with(tf.ones([2, 1]), () => plate('data', 3, () => sample('x', normal(0, 1), { obs: [1, 2, 3] }))),
        ),
      ShapeError,
      'At site "x": the scale of shape [2, 1] has size 2 at dim -2, where there is no plate, and the log-probability has shape [3]',
    ],
    [
      'a mask that does not broadcast',
      () =>
        step(() =>
          mask.with(tf.ones([2], 'bool'), () => plate('data', 3, () => sample('x', normal(0, 1), { obs: [1, 2, 3] }))),
        ),
      ShapeError,
      'At site "x": the mask has shape [2], which does not broadcast against the log-probability\'s shape [3].',
    ],
    [
      'a plate left of maxPlateNesting',
      () =>
        step(
          () => plate('a', 2, { dim: -2 }, () => sample('x', normal(0, 1), { obs: tf.zeros([2, 1]) })),
          () => {},
          new TraceELBO({ maxPlateNesting: 1 }),
        ),
      PlateError,
      'At site "x": plate "a" sits at dim -2, but maxPlateNesting is 1. Make maxPlateNesting at least 2.',
    ],
  ]);
  it('is not checked inside withValidation(false)', () => {
    const model = () => sample('x', normal(tf.zeros([3]), 1), { obs: [0, 0, 0] });
    expect(withValidation(false, () => step(model))).toBeCloseTo(1.5 * Math.log(2 * Math.PI), 4);
    expect(() => step(model)).toThrow(ShapeError);
  });
});
