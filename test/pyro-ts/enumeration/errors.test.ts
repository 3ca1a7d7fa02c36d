/** Misuse of enumeration: a typed error that names the site and says what to do, or a warning. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  condition,
  configEnumerate,
  EnumerationError,
  enumerate,
  type InferConfig,
  inferDiscrete,
  ModelGuideError,
  markov,
  NonFiniteError,
  normal,
  OptionError,
  onWarning,
  PlateError,
  param,
  plate,
  sample,
  scale,
  sequentialPlate,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { at, enumerated, nothing, parallel } from './helpers.js';

/** The error that `run` throws is of this class and names all of these. */
function expectError(run: () => unknown, kind: new (...args: never[]) => Error, ...words: (string | RegExp)[]): void {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(kind);
  for (const word of words) expect((caught as Error).message).toMatch(word);
}
const uniform = (k: number) => categorical({ logits: tf.zeros([k]) });
const one = (config: InferConfig) => () => void sample('z', uniform(3), { infer: config });

describe('plates and maxPlateNesting', () => {
  test('too small, in the model and in the guide', () => {
    const inPlate = () => void plate('n', 3, () => sample('z', uniform(3), parallel));
    expectError(() => enumerated({}, 0, inPlate), PlateError, 'plate "n"', 'dim -1', 'maxPlateNesting at least 1');
    expectError(() => enumerated({}, 0, inPlate, inPlate), PlateError, 'maxPlateNesting at least 1');
  });

  test('too small is said before any broadcasting goes wrong', () => {
    const model = () => {
      const z = sample('z', uniform(3), parallel);
      plate('n', 4, () => sample('x', normal(z, 1), { obs: tf.zeros([4]) }));
    };
    expectError(() => enumerated({}, 0, model), PlateError, 'maxPlateNesting at least 1');
  });

  test('a batch that no plate owns', () => {
    const model = () => void sample('x', bernoulli(tf.fill([5], 0.5)));
    expectError(
      () => enumerated({}, 1, model, configEnumerate(model)),
      Error,
      'site "x"',
      'size 5 at dim -1',
      'toEvent',
    );
  });

  test('a shape that is neither a plate nor a variable', () => {
    const model = () => {
      sample('z', uniform(3), parallel);
      sample('x', normal(tf.zeros([2, 1]), 1), { obs: 0 });
    };
    expectError(() => enumerated({}, 1, model), EnumerationError, 'site "x"', 'size 2 at dim -2');
    const other = () => {
      sample('z', uniform(3), parallel);
      sample('x', normal(tf.zeros([2, 1, 1]), 1), { obs: 0 });
    };
    expectError(
      () => enumerated({}, 1, other),
      EnumerationError,
      'size 2 at dim -3',
      'no enumerated variable that it can see',
    );
  });

  test('plates that cross', () => {
    const model = () => {
      const a = sample('a', uniform(2), parallel);
      const b = plate('b_axis', 2, { dim: -1 }, () => sample('b', categorical({ logits: at(tf.eye(2), a) }), parallel));
      const c = plate('c_axis', 2, { dim: -2 }, () => sample('c', categorical({ logits: at(tf.eye(2), a) }), parallel));
      plate('b_axis', 2, { dim: -1 }, () =>
        plate('c_axis', 2, { dim: -2 }, () =>
          sample('d', bernoulli({ logits: b.add(c) }), {
            obs: [
              [0, 1],
              [0, 0],
            ],
          }),
        ),
      );
    };
    expectError(
      () => enumerated({}, 2, model),
      PlateError,
      'tree-structured plate nesting',
      'b_axis',
      'c_axis',
      'sequentialPlate',
    );
  });
});

describe('what can be enumerated', () => {
  test('a distribution without a finite support', () => {
    const model = () => void sample('x', normal(0, 1), parallel);
    expectError(() => enumerated({}, 0, model), EnumerationError, 'site "x"', 'Normal', 'Sample it');
    expectError(
      () => enumerated({}, 0, model, () => void sample('x', normal(0, 1), { infer: { enumerate: 'sequential' } })),
      EnumerationError,
      'site "x"',
    );
  });

  test('several draws made into one event', () => {
    const model = () => void sample('x', bernoulli(tf.fill([3], 0.5)).toEvent(1), parallel);
    expectError(() => enumerated({}, 0, model), EnumerationError, 'site "x"', 'plate');
  });

  test('in a model only in parallel and exactly', () => {
    const cases: [InferConfig, string][] = [
      [{ enumerate: 'sequential' }, 'model-side sequential enumeration'],
      [{ enumerate: 'sum-and-sample' }, 'sum-and-sample'],
      [{ enumerate: 'parallel', numSamples: 3 }, 'numSamples'],
    ];
    for (const [config, words] of cases)
      expectError(() => enumerated({}, 0, one(config)), EnumerationError, 'site "z"', words);
  });

  test('options that make no sense', () => {
    const guide = (config: InferConfig) => () => enumerated({}, 0, one({}), one(config));
    expectError(guide({ enumerate: 'sum-and-sample', exactClasses: 0 }), OptionError, 'site "z"', 'exactClasses');
    expectError(guide({ enumerate: 'parallel', numSamples: 1.5 }), OptionError, 'site "z"', 'numSamples');
    expectError(guide({ enumerate: 'sequential', numSamples: 3 }), OptionError, 'site "z"', 'numSamples');
    expectError(() => configEnumerate(nothing, { default: 'sequential', numSamples: 2 }), OptionError, 'numSamples');
    expectError(
      () => configEnumerate(nothing, { defualt: 'parallel' } as never),
      OptionError,
      'Did you mean "default"',
    );
    expectError(() => configEnumerate(nothing, { default: 'all' as never }), OptionError, '"all"', '"parallel"');
    expectError(
      () => new TraceEnumELBO({ maxPlateNestings: 1 } as never),
      OptionError,
      'Did you mean "maxPlateNesting"',
    );
    expectError(() => enumerate(nothing, { firstAvailableDim: 0 })(), OptionError, 'negative');
    expectError(() => inferDiscrete(nothing, undefined as never), OptionError, 'firstAvailableDim');
    expectError(
      () => inferDiscrete(nothing, { firstAvailableDim: -1, temperature: 2 as never }),
      OptionError,
      'temperature',
    );
    expectError(() => markov(-1, nothing), OptionError, 'markov');
    expectError(() => markov(2, { history: -1 }, nothing), OptionError, 'history');
    expectError(() => markov(2, { histroy: 1 } as never, nothing), OptionError, 'Did you mean "history"');
    expectError(() => markov(2, undefined as never), OptionError, 'body');
  });
});

describe('model and guide together', () => {
  test('scales that differ within one sum', () => {
    const model = () => {
      const x = sample('x', bernoulli(0.3), parallel);
      scale.with(2, () => sample('y', bernoulli(x.mul(0.6).add(0.2)), { obs: 0 }));
    };
    expectError(() => enumerated({}, 0, model), EnumerationError, 'share a common scale', '"x" 1', '"y" 2');
    const subsampled = () => {
      const x = sample('x', bernoulli(0.3), parallel);
      plate('n', 10, { subsampleSize: 5 }, () => sample('y', bernoulli(x.mul(0.6).add(0.2)), { obs: tf.zeros([5]) }));
    };
    expectError(() => enumerated({}, 1, subsampled), EnumerationError, 'share a common scale', 'guide');
  });

  test('a scale that is not one number', () => {
    const model = () =>
      scale.with(tf.tensor1d([1, 2]), () =>
        plate('n', 2, () => {
          const x = sample('x', bernoulli(0.3), parallel);
          sample('y', bernoulli(x.mul(0.6).add(0.2)), { obs: tf.zeros([2]) });
        }),
      );
    expectError(() => enumerated({}, 1, model), EnumerationError, 'scale', '[2]');
  });

  const joint = (b: tf.Tensor, a: tf.Tensor) => bernoulli({ logits: a.add(b).sub(1) });
  const model = () => {
    const a = sample('a', bernoulli(0.4), parallel);
    plate('n', 2, () => {
      const b = sample('b', bernoulli(0.3));
      sample('c', joint(b, a), { obs: [0, 1] });
    });
  };
  test.each<InferConfig['enumerate']>(['parallel', 'sequential', 'sum-and-sample'])(
    'a variable of the model above one of the guide (%s) in a plate',
    (mode) => {
      const guide = () => void plate('n', 2, () => sample('b', bernoulli(0.5), { infer: { enumerate: mode } }));
      expectError(
        () => enumerated({}, 1, model, guide),
        EnumerationError,
        'Expected model enumeration to be no more global than guide enumeration',
        'site "b"',
        'plate "n"',
      );
    },
  );

  test('also where a variable of the model lies between', () => {
    const between = () => {
      const a = sample('a', bernoulli(0.4), parallel);
      plate('n', 2, () => {
        const b = sample('b', bernoulli(0.3));
        const c = sample('c', joint(b, a), parallel);
        sample('d', bernoulli(c.mul(0.5).add(0.2)), { obs: [0, 1] });
      });
    };
    const guide = () => void plate('n', 2, () => sample('b', bernoulli(0.5), parallel));
    expectError(() => enumerated({}, 1, between, guide), EnumerationError, 'no more global', 'site "b"');
  });

  test('which is no error where they have nothing to do with each other', () => {
    const apart = () => {
      const a = sample('a', bernoulli(0.4), parallel);
      sample('d', bernoulli(a.mul(0.5).add(0.2)), { obs: 1 });
      plate('n', 2, () => {
        const b = sample('b', bernoulli(0.3));
        sample('c', bernoulli(b.mul(0.5).add(0.2)), { obs: [0, 1] });
      });
    };
    const guide = () => void plate('n', 2, () => sample('b', bernoulli(0.5), parallel));
    // P(d = 1) = 0.4 0.7 + 0.6 0.2.
    const bound = 2 * (0.5 * Math.log(0.3 / 0.5) + 0.5 * Math.log(0.7 / 0.5));
    const c = 0.5 * (Math.log(0.3) + Math.log(0.8) + Math.log(0.7) + Math.log(0.2));
    expect(enumerated({}, 1, apart, guide).loss).toBeCloseTo(-(Math.log(0.4) + bound + c), 5);
  });

  test('a guide site that the model lacks', () => {
    expectError(() => enumerated({}, 0, nothing, one({ enumerate: 'parallel' })), ModelGuideError, 'site "z"');
  });

  test('an impossible observation is named', () => {
    const impossible = () => {
      const z = sample('z', uniform(2), parallel);
      sample('x', normal(z.mul(Number.NaN), 1), { obs: 0 });
    };
    expectError(() => enumerated({}, 0, impossible), NonFiniteError, 'site "x"');
  });
});

describe('queries', () => {
  const twoDraws: [string, ConstructorParameters<typeof TraceEnumELBO>[0], InferConfig][] = [
    ['particles', { numParticles: 2 }, {}],
    ['particles', { numParticles: 2, vectorizeParticles: true }, {}],
    ['guide enumeration', {}, { enumerate: 'parallel' }],
    ['guide enumeration', {}, { enumerate: 'sequential' }],
  ];
  test.each(twoDraws)('are rejected with %s', (words, options, config) => {
    const model = () => {
      const w = sample('w', bernoulli(0.1));
      sample('x', bernoulli(w.mul(0.1).add(0.2)), parallel);
    };
    const guide = () => void sample('w', bernoulli(0.4), { infer: config });
    const elbo = new TraceEnumELBO({ maxPlateNesting: 0, ...options });
    expectError(() => elbo.computeMarginals(model, guide), EnumerationError, 'computeMarginals', words);
    expectError(() => elbo.samplePosterior(model, guide), EnumerationError, 'samplePosterior', words);
  });
});

describe('warnings', () => {
  let warnings: string[] = [];
  let before: (message: string) => void = nothing;
  beforeEach(() => {
    warnings = [];
    before = onWarning((message) => void warnings.push(message));
  });
  afterEach(() => void onWarning(before));
  const strict = (model: () => void, guide: () => void, on = true) =>
    enumerated({ p: 0 }, 1, model, guide, { strictEnumerationWarning: on });

  test('where nothing is marked for enumeration', () => {
    const program = () => void sample('z', bernoulli({ logits: param('p') }));
    strict(program, program);
    expect(warnings.join()).toMatch(/no sample sites that are marked for enumeration/);
    warnings.length = 0;
    strict(program, program, false);
    strict(program, configEnumerate(program));
    expect(warnings).toEqual([]);
    inferDiscrete(program, { firstAvailableDim: -1 });
    trace(inferDiscrete(() => sample('z', bernoulli(0.5)), { firstAvailableDim: -1 })).getTrace();
    expect(warnings.join()).toMatch(/inferDiscrete found no sample sites/);
  });

  // As Pyro's test_enum_discrete_plate_dependency_warning and its neighbours.
  test.each<InferConfig['enumerate']>([undefined, 'parallel', 'sequential'])(
    'a site after a plate of an enumerated one (%s)',
    (mode) => {
      const program = () => {
        sample('w', bernoulli(0.5), parallel);
        plate('n', 10, { subsampleSize: 5 }, () => void sample('x', bernoulli(0.5), { infer: { enumerate: mode } }));
        sample('y', bernoulli(0.5));
      };
      strict(program, program);
      if (mode === undefined) expect(warnings).toEqual([]);
      else expect(warnings[0]).toMatch(/model site "y", possibly invalid dependency.*before "x".*plate n/);
    },
  );

  test('not from turn to turn of a sequential plate', () => {
    const program = () => {
      sample('w', bernoulli(0.5), parallel);
      sequentialPlate('turns', 3, (i) => {
        sample(`y${i}`, bernoulli(0.5));
        plate('n', 5, () => void sample(`x${i}`, bernoulli(0.5), parallel));
      });
    };
    strict(program, program);
    expect(warnings).toEqual([]);
  });

  test('a variable that the model enumerates is not missing from the guide', () => {
    strict(() => void sample('z', bernoulli(0.5), parallel), nothing);
    expect(warnings).toEqual([]);
    strict(() => {
      sample('z', bernoulli(0.5), parallel);
      sample('u', normal(0, 1));
    }, nothing);
    expect(warnings.join()).toMatch(/latent site "u"/);
  });
});

test('an observed site is not enumerated, whoever observes it', () => {
  const model = () => {
    const z = sample('z', bernoulli(0.3), parallel);
    sample('x', bernoulli(z.mul(0.5).add(0.2)), { obs: 1 });
  };
  const observed = enumerated({}, 0, condition(model, { z: 1 }), nothing);
  expect(observed.loss).toBeCloseTo(-Math.log(0.3 * 0.7), 5);
});
