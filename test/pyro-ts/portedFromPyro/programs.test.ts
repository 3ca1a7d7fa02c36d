/** Pyro's own cases of programs that must run, warn or be rejected, after `tests/infer/test_valid_models.py`. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  beta,
  configEnumerate,
  constraints,
  type ELBO,
  factor,
  type InferenceProgram,
  logNormal,
  mask,
  multivariateNormal,
  normal,
  onWarning,
  ParamStore,
  param,
  plate,
  plateStack,
  RenyiELBO,
  SVI,
  sample,
  scale,
  sequentialPlate,
  subsample,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { lossAndGradients } from '../replayed.js';

type Programs = [model: () => unknown, guide: () => unknown];

/** The warnings of one step; a step that throws, throws. */
function warningsOf([model, guide]: Programs, elbo: ELBO): string[] {
  const warnings: string[] = [];
  const before = onWarning((message) => warnings.push(message));
  try {
    const svi = new SVI(model as InferenceProgram<[]>, guide as InferenceProgram<[]>, new Adam({ lr: 1e-6 }), elbo);
    const loss = svi.step();
    expect(Number.isNaN(loss)).toBe(false);
    svi.evaluateLoss();
  } finally {
    onWarning(before);
  }
  return warnings;
}
const plain: [string, () => ELBO, (guide: () => unknown) => () => unknown] = [
  'TraceELBO',
  () => new TraceELBO(),
  (guide) => guide,
];
const enumerating: typeof plain = ['TraceEnumELBO', () => new TraceEnumELBO(), (guide) => configEnumerate(guide)];
const sampling: typeof plain = [
  'TraceEnumELBO with several draws',
  () => new TraceEnumELBO(),
  (guide) => configEnumerate(guide, { numSamples: 2 }),
];
const objectives = [plain, enumerating, sampling];

const q = () => param('q', 0.5);
const x = (size?: number) => (size === undefined ? bernoulli(q()) : bernoulli(q()).expand([size]));

/** Programs that must run without a warning, on each objective. */
const fine: [string, Programs][] = [
  [
    'a plate of the full size and of a subsample',
    [0, 1].map(() => () => {
      plate('whole', 4, () => sample('a', x()));
      plate('part', 10, { subsampleSize: 5 }, (i) => sample('b', bernoulli(0.5).expand([i.size])));
    }) as Programs,
  ],
  [
    'a sequential plate of a subsample',
    [0, 1].map(() => () => sequentialPlate('p', 4, { subsampleSize: 2 }, (i) => sample(`x${i}`, x()))) as Programs,
  ],
  [
    'sequential plates that are nested the other way round in the guide',
    [
      () => sequentialPlate('a', 2, (i) => sequentialPlate('b', 2, (j) => sample(`x${i}${j}`, bernoulli(0.5)))),
      () => sequentialPlate('b', 2, (j) => sequentialPlate('a', 2, (i) => sample(`x${i}${j}`, x()))),
    ],
  ],
  [
    'parameters and data of which a plate takes a part',
    [
      () => plate('p', 10, { subsampleSize: 5 }, () => sample('x', bernoulli(0.5))),
      () =>
        plate('p', 10, { subsampleSize: 5 }, (i) => {
          expect(param('one', 0, { eventDim: 0 }).shape).toEqual([]);
          const local = param('local', tf.fill([10], 0.5), { eventDim: 0 });
          expect([local.shape, subsample(tf.zeros([10])).shape]).toEqual([i.shape, i.shape]);
          expect(subsample(tf.zeros([10, 3]), 1).shape).toEqual([5, 3]);
          sample('x', bernoulli(local));
        }),
    ],
  ],
  [
    'parameters in nested plates of which each takes a part',
    [
      () =>
        plate('outer', 10, { subsampleSize: 5 }, () => {
          sample('x', bernoulli(0.2));
          plate('inner', 11, { subsampleSize: 6 }, () => sample('y', bernoulli(0.2)));
        }),
      () => {
        expect(param('p0', tf.fill([4, 5], 0.5), { eventDim: 2 }).shape).toEqual([4, 5]);
        plate('outer', 10, { subsampleSize: 5 }, () => {
          expect(param('p1', tf.fill([10, 3], 0.5), { eventDim: 1 }).shape).toEqual([5, 3]);
          sample('x', bernoulli(param('px', tf.fill([10], 0.5), { eventDim: 0 })));
          plate('inner', 11, { subsampleSize: 6 }, () => {
            const py = param('py', tf.fill([11, 10], 0.5), { eventDim: 0 });
            expect(py.shape).toEqual([6, 5]);
            sample('y', bernoulli(py));
          });
        });
      },
    ],
  ],
  [
    'a plate without a size',
    [0, 1].map(() => () => plate('p', undefined, () => sample('x', bernoulli(q()).expand([10])))) as Programs,
  ],
  [
    'a sequential plate without sites, in the model only',
    [
      () => {
        sequentialPlate('p', 10, () => {});
        sample('x', bernoulli(0.5));
      },
      () => sample('x', x()),
    ],
  ],
  [
    'plates in sequential plates, and the other way round',
    [0, 1].map(() => () => {
      plate('v', 3, { subsampleSize: 2 }, () => sequentialPlate('s', 3, (i) => sample(`x${i}`, x())));
      sequentialPlate('t', 2, (i) => plate('w', 3, { subsampleSize: 2 }, () => sample(`y${i}`, x())));
    }) as Programs,
  ],
  [
    'a stack of plates around another plate',
    [0, 1].map(() => () => plateStack('stack', [2, 3, 4], () => plate('more', 2, () => sample('x', x())))) as Programs,
  ],
  [
    'plates that open again at their dims, alone and together',
    [0, 1].map(() => () => {
      const outer = (body: () => unknown) => plate('outer', 10, { subsampleSize: 5, dim: -1 }, body);
      const inner = (body: () => unknown) => plate('inner', 11, { subsampleSize: 6, dim: -2 }, body);
      outer(() => sample('x', x(5)));
      inner(() => sample('y', bernoulli(q()).expand([6, 1])));
      inner(() => outer(() => sample('z', bernoulli(q()).expand([6, 5]))));
    }) as Programs,
  ],
  [
    'plates beside each other',
    [0, 1].map(() => () => {
      plate('p', 10, { subsampleSize: 5 }, () => sample('x', x(5)));
      plate('r', 11, { subsampleSize: 6 }, () => sample('y', x(6)));
    }) as Programs,
  ],
  ['a factor', [() => factor('f', 0), () => {}]],
];

describe.each(objectives)('%s runs', (_, elbo, wrap) => {
  test.each(fine)('%s', (name, [model, guide]) => {
    const ownElbo = name === 'a factor' ? new TraceEnumELBO({ strictEnumerationWarning: false }) : elbo();
    expect(warningsOf([model, wrap(guide)], ownElbo)).toEqual([]);
  });
});

describe('shapes inside plates', () => {
  test('of dims chosen around one that is given', () => {
    const shapes: Record<string, number[]> = {};
    const program = () =>
      plate('outer', 3, { dim: -3 }, () =>
        plate('first', 4, () => {
          shapes.y = sample('y', bernoulli(0.5)).shape;
          plate('second', 5, () => {
            shapes.z = sample('z', bernoulli(0.5)).shape;
            plate('third', 2, () => {
              shapes.w = sample('w', bernoulli(0.5)).shape;
            });
          });
        }),
      );
    program();
    expect(shapes).toEqual({ y: [3, 1, 4], z: [3, 5, 4], w: [2, 3, 5, 4] });
  });
  test.each([[[3]], [[3, 4]], [[3, 4, 5]]])('of a stack of %o', (sizes) => {
    const drawn = plateStack('p', sizes, () => sample('x', bernoulli([0.5, 0.5, 0.5]).toEvent(1)));
    expect(drawn.shape).toEqual([...sizes, 3]);
  });
});

describe.each(objectives)('%s rejects', (_, elbo, wrap) => {
  const rejected =
    (model: () => unknown, guide: () => unknown = model) =>
    () =>
      warningsOf([model, wrap(guide)], elbo());
  test('a name that is used twice', () => {
    const twice = () => [sample('x', x()), sample('x', x())];
    const once = () => sample('x', x());
    expect(rejected(twice, once)).toThrow('two sample sites called "x"');
    expect(rejected(once, twice)).toThrow('two sample sites called "x"');
    expect(rejected(() => sequentialPlate('p', 2, () => sample('x', x())))).toThrow('put the index into the name');
  });
  test('a site with the name of a plate', () => {
    expect(rejected(() => plate('p', 2, () => sample('p', x())))).toThrow(
      'There are a plate and a sample site called "p".',
    );
  });
  test('draws of different shapes in model and guide', () => {
    const one = () => sample('x', normal([0, 0], 1).toEvent(1));
    const two = () => sample('x', normal([[0], [0]], 1).toEvent(2));
    const row = () => sample('x', normal([[0, 0]], 1).toEvent(2));
    expect(rejected(one, two)).toThrow('Model and guide disagree at site "x"');
    expect(rejected(row, two)).toThrow('one draw has shape [1, 2] in the model and [2, 1]');
  });
  test('a parameter whose size is not the plate’s', () => {
    for (const [shape, isFine] of [
      [[], true],
      [[1], true],
      [[10], true],
      [[3, 1], true],
      [[3, 10], true],
      [[5], false],
      [[3, 5], false],
    ] as const) {
      for (const subsampleSize of [10, 5]) {
        const model = () => plate('p', 10, { subsampleSize }, () => sample('x', bernoulli(0.5)));
        const guide = () =>
          plate('p', 10, { subsampleSize }, () => {
            param('q0', tf.ones([...shape]), { eventDim: 0 });
            sample('x', bernoulli(param('q', tf.fill([10], 0.5), { eventDim: 0 })));
          });
        if (isFine) expect(rejected(model, guide), `${shape}`).not.toThrow();
        else expect(rejected(model, guide), `${shape}`).toThrow('In plate "p"');
      }
    }
  });
  test('a batch of another size than the plate', () => {
    expect(rejected(() => plate('p', 10, { subsampleSize: 5 }, () => sample('x', bernoulli(0.5).expand([2]))))).toThrow(
      'At site "x" inside plate "p" (dim -1, size 5)',
    );
    expect(
      rejected(() => plate('p', 10, { subsampleSize: 5 }, (i) => sample('x', bernoulli(0.5).expand([i.size + 1])))),
    ).toThrow('which has size 6 at dim -1');
  });
  test('batches of nested plates at the wrong dim', () => {
    const nested = (inner: number[]) => () =>
      plate('outer', 10, { subsampleSize: 5 }, () => {
        sample('x', bernoulli([0.5]).expand([5]));
        plate('inner', 11, { subsampleSize: 6 }, () => sample('z', bernoulli([0.5]).expand(inner)));
      });
    expect(rejected(nested([5, 6]))).toThrow('At site "z" inside plate');
    expect(rejected(nested([6]))).toThrow('At site "z" inside plate');
    expect(rejected(nested([6, 1]))).not.toThrow();
  });
  test('plates at one dim', () => {
    expect(
      rejected(() =>
        plate('outer', 10, { dim: -2 }, () =>
          plate('first', 11, () => plate('second', 12, { dim: -1 }, () => sample('z', bernoulli(0.5)))),
        ),
      ),
    ).toThrow('plates "first" and "second" collide at dim -1');
  });
});

describe('warnings', () => {
  const latent = () => sample('x', bernoulli(0.5));
  test('a latent variable that the guide lacks', () => {
    const [warning] = warningsOf([latent, () => {}], new TraceELBO());
    expect(warning).toContain('latent site "x" that the guide lacks');
  });
  test.each(['parallel', 'sequential'] as const)('enumeration (%s) in the guide of an objective that draws', (how) => {
    const guide = () => sample('x', x(), { infer: { enumerate: how } });
    for (const elbo of [new TraceELBO(), new RenyiELBO()]) {
      const [warning] = warningsOf([latent, guide], elbo);
      expect(warning).toContain('site "x" is marked for enumeration');
    }
    expect(warningsOf([latent, guide], new TraceEnumELBO())).toEqual([]);
  });
  test('a plate of the guide that the model lacks, where it chooses data', () => {
    const guide = () => {
      plate('bacth', 10, { subsampleSize: 5 }, () => {});
      plate('batch', 10, { subsampleSize: 5 }, () => sample('x', x()));
    };
    const model = () => plate('batch', 10, { subsampleSize: 5 }, () => sample('x', bernoulli(0.5)));
    const [warning] = warningsOf([model, guide], new TraceELBO());
    expect(warning).toContain('The guide has a plate "bacth" that the model lacks');
    expect(warning).toContain('Did you mean "batch"?');
  });
  test('nothing to enumerate', () => {
    const continuous = () => sample('x', normal(0, 1));
    const guide = configEnumerate(() => sample('x', normal(param('loc', 1), 2)), { default: 'sequential' });
    expect(warningsOf([continuous, guide], new TraceEnumELBO())).toHaveLength(1);
    expect(warningsOf([continuous, guide], new TraceEnumELBO({ strictEnumerationWarning: false }))).toEqual([]);
  });
});

describe.each(objectives)('%s: a factor in the guide', (_, elbo) => {
  const model = () => sample('x', normal(0, 1), { obs: 0.3 });
  test('counts against the bound, with the gradient that it says', () => {
    const lossOf = (guide: () => void) => {
      const store = new ParamStore();
      return { ...lossAndGradients(store, () => elbo().estimate(model, guide, [])) };
    };
    const without = lossOf(() => {});
    for (const hasRsample of [true, false]) {
      const found = lossOf(() => factor('f', param('w', 0.7), { hasRsample }));
      expect(found.loss - without.loss).toBeCloseTo(0.7, 5);
      // Pathwise, the loss rises with the factor; a score function has the loss itself as its weight (and may add its mean of 0).
      if (hasRsample) expect(found.gradients.w[0]).toBeCloseTo(1, 5);
      else expect([found.loss, found.loss + 1].some((g) => Math.abs(g - found.gradients.w[0]) < 1e-4)).toBe(true);
    }
  });
  test('must say which', () => {
    expect(() => warningsOf([model, () => factor('f', 0)], elbo())).toThrow(
      'The factor "f" of the guide must say how the draws that it belongs to were made: factor(name, value, { hasRsample: true })',
    );
  });
});

describe('partly observed sites', () => {
  const data = [7, 7, 7];
  const masks: [string, tf.Tensor | boolean][] = [
    ['true', true],
    ['false', false],
    ['[true]', tf.tensor1d([true], 'bool')],
    ['[false, true, false]', tf.tensor1d([false, true, false], 'bool')],
  ];
  test.each(masks)('of mask %s, on each objective', (_, obsMask) => {
    const known = typeof obsMask === 'boolean' ? tf.scalar(obsMask, 'bool') : obsMask;
    const model = () => {
      const loc = sample('x', normal(0, 1));
      plate('p', 3, () => {
        const y = sample('y', normal(loc, 1), { obs: data, obsMask });
        const isData = [...tf.equal(y, 7).dataSync()].map(Boolean);
        const wanted = [...known.dataSync()].map(Boolean);
        expect(isData.slice(-3)).toEqual(data.map((_, i) => wanted[i] ?? wanted[0]));
      });
    };
    const guide = () => {
      const loc = sample('x', normal(param('loc', 0), param('sd', 1, { constraint: constraints.positive })));
      plate('p', 3, () => mask.with(tf.logicalNot(known), () => sample('y_unobserved', normal(loc, 1))));
    };
    for (const numParticles of [1, 2]) {
      const options = { numParticles, vectorizeParticles: true };
      for (const elbo of [
        new TraceELBO(options),
        new TraceEnumELBO({ ...options, strictEnumerationWarning: false }),
        new TraceMeanFieldELBO(options),
      ]) {
        expect(warningsOf([model, guide], elbo)).toEqual([]);
      }
    }
  });
  test('a mask with the shape of the events is rejected', () => {
    const program = () =>
      plate('p', 3, () =>
        sample('y', multivariateNormal([0, 0], { covariance: tf.eye(2) }), {
          obs: tf.fill([3, 2], 7),
          obsMask: tf.zeros([3, 2], 'bool'),
        }),
      );
    expect(() => warningsOf([program, () => {}], new TraceELBO())).toThrow('At site "y": obsMask has shape [3, 2]');
  });
});

describe('weights of a plate', () => {
  const data = tf.tensor2d([
    [0.2, 0.3, 0.5],
    [0.6, 0.1, 0.3],
  ]);
  const guide = () =>
    sample(
      'c',
      logNormal(param('loc', [0, 0, 0]), param('sd', [1, 1, 1], { constraint: constraints.positive })).toEvent(1),
    );
  test.each([1, 0.1, tf.scalar(0.5), tf.tensor1d([0.1, 0.9])])('scale %#', (factorOf) => {
    const model = () => {
      const c = sample('c', logNormal(0, 1).expand([3]).toEvent(1));
      plate('data', 2, () => scale.with(factorOf, () => sample('obs', normal(c, 1).toEvent(1), { obs: data })));
    };
    for (const elbo of [new TraceELBO(), new TraceMeanFieldELBO()])
      expect(warningsOf([model, guide], elbo)).toEqual([]);
  });
});

test('plates of components and of data, each in one dim of the data', () => {
  const data = tf.ones([20, 2]);
  const model = () =>
    plate('particles', 10, { dim: -3 }, () => {
      const p = plate('components', 2, { dim: -1 }, () => {
        const drawn = sample('p', beta(1.1, 1.1));
        expect(drawn.shape).toEqual([10, 1, 2]);
        return drawn;
      });
      plate('data', 20, { dim: -2 }, () =>
        plate('components', 2, { dim: -1 }, () => sample('obs', bernoulli(p), { obs: data })),
      );
    });
  const guide = () =>
    plate('particles', 10, { dim: -3 }, () => plate('components', 2, { dim: -1 }, () => sample('p', beta(1.1, 1.1))));
  expect(warningsOf([model, guide], new TraceELBO())).toEqual([]);
});
