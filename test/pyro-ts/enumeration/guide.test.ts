/** Enumeration in the guide: against sums by hand, in parallel against in turn, together with variables that the model enumerates. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  configEnumerate,
  type Enumerate,
  factor,
  mask,
  normal,
  param,
  plate,
  sample,
  scale,
  sequentialPlate,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { at, enumerated, expectNear, expectSame, normalLogProb, outcome, parallel, softmax } from './helpers.js';

const parameters = {
  p: [0.3, -0.4, 0.2],
  q: [0.1, 0.6, -0.5],
  qn: [
    [0.1, 0.6, -0.5],
    [0.9, -0.2, 0.3],
  ],
  r: [
    [0.4, -0.3],
    [0.2, 0.8],
    [-0.6, 0.1],
  ],
  qr: [
    [-0.1, 0.3],
    [0.5, 0.5],
    [0.2, -0.9],
  ],
  locs: [-1, 0.3, 1.7],
  shift: [0.4, -0.7],
};
const logits = (name: string, ...index: tf.Tensor[]) =>
  categorical({ logits: index.length > 0 ? at(param(name), ...index) : param(name) });
const data = [0.4, -1.2];
const x = (): tf.Tensor => tf.tensor1d(data);
const ways: Enumerate[] = ['parallel', 'sequential', 'sum-and-sample'];

test('the bound of one variable is the sum over its values', () => {
  const model = (): void => {
    const z = sample('z', logits('p'));
    sample('x', normal(at(param('locs'), z), 1), { obs: 0.4 });
  };
  const guide = (): void => void sample('z', logits('q'), parallel);
  const [p, q] = [softmax(parameters.p), softmax(parameters.q)];
  const cost = q.map((qz, z) => Math.log(p[z]) + normalLogProb(0.4, parameters.locs[z], 1) - Math.log(qz));
  const bound = q.reduce((sum, qz, z) => sum + qz * cost[z], 0);
  const actual = enumerated(parameters, 0, model, guide);
  expect(actual.loss).toBeCloseTo(-bound, 5);
  // d/dlogits: q (cost - mean cost), since the extra -1 from d log q sums to nothing.
  expectNear(
    actual.gradients.get('q') ?? [],
    q.map((qz, z) => -qz * (cost[z] - bound)),
    1e-5,
  );
  expectNear(
    actual.gradients.get('p') ?? [],
    p.map((pz, z) => pz - q[z]),
    1e-5,
  );
  expectNear(
    actual.gradients.get('locs') ?? [],
    q.map((qz, z) => -qz * (0.4 - parameters.locs[z])),
    1e-5,
  );
});

describe('in turn as in parallel', () => {
  const programs: Record<string, [number, () => void, () => void]> = {
    'two variables, one on the other': [
      0,
      () => {
        const z = sample('z', logits('p'));
        const w = sample('w', logits('r', z));
        sample('x', normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: 0.4 });
      },
      () => {
        const z = sample('z', logits('q'));
        sample('w', logits('qr', z));
      },
    ],
    'a variable in a plate': [
      1,
      () =>
        void plate('n', 2, () => {
          const z = sample('z', logits('p'));
          sample('x', normal(at(param('locs'), z), 1), { obs: x() });
        }),
      () => void plate('n', 2, () => sample('z', logits('qn'))),
    ],
    'a variable outside and one inside': [
      1,
      () => {
        const z = sample('z', logits('p'));
        sample('y', normal(at(param('locs'), z), 2), { obs: 1 });
        plate('n', 2, () => {
          const w = sample('w', logits('r', z));
          sample('x', normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: x() });
        });
      },
      () => {
        const z = sample('z', logits('q'));
        plate('n', 2, () => sample('w', logits('qr', z)));
      },
    ],
    'variables in plates beside each other': [
      1,
      () => {
        sample('v', normal(at(param('locs'), 1), 1), { obs: 0.2 });
        plate('n', 2, () => {
          const z = sample('z', logits('p'));
          sample('x', normal(at(param('locs'), z), 1), { obs: x() });
        });
        plate('m', 3, () => {
          const w = sample('w', bernoulli({ logits: at(param('p'), 1) }));
          sample('y', normal(at(param('shift'), w), 1), { obs: tf.tensor1d([1, 2, 3]) });
        });
      },
      () => {
        plate('n', 2, () => sample('z', logits('qn')));
        plate('m', 3, () => sample('w', bernoulli({ logits: at(param('q'), 1) })));
      },
    ],
    'a scale on one variable, a mask on another': [
      1,
      () => {
        const z = scale.with(0.5, () => sample('z', logits('p')));
        plate('n', 2, () => {
          const w = mask.with(tf.tensor1d([true, false], 'bool'), () => sample('w', logits('r', z)));
          sample('x', normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: x() });
        });
      },
      () => {
        const z = scale.with(0.5, () => sample('z', logits('q')));
        plate('n', 2, () => mask.with(tf.tensor1d([true, false], 'bool'), () => sample('w', logits('qr', z))));
      },
    ],
    'a continuous variable before': [
      0,
      () => {
        const u = sample('u', normal(0, 1));
        const z = sample('z', logits('p'));
        sample('x', normal(at(param('locs'), z).add(u), 1), { obs: 0.4 });
      },
      () => {
        const u = sample('u', normal(at(param('shift'), 0), 0.6));
        sample('z', categorical({ logits: param('q').mul(u) }));
      },
    ],
  };
  for (const [name, [nesting, model, guide]] of Object.entries(programs)) {
    test(name, () => {
      const inParallel = enumerated(parameters, nesting, model, configEnumerate(guide));
      for (const expand of [false, true]) {
        const inTurn = configEnumerate(guide, { default: 'sequential', expand });
        expectSame(enumerated(parameters, nesting, model, inTurn), inParallel);
        expectSame(enumerated(parameters, nesting, model, configEnumerate(guide, { expand })), inParallel);
      }
      const all = configEnumerate(guide, { default: 'sum-and-sample', exactClasses: 2 });
      expectSame(enumerated(parameters, nesting, model, all), inParallel);
    });
  }
});

test('one variable in turn and one in parallel', () => {
  const model = (): void => {
    const z = sample('z', logits('p'));
    const w = sample('w', logits('r', z));
    sample('x', normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: 0.4 });
  };
  const guide = (first: Enumerate, second: Enumerate) => () => {
    const z = sample('z', logits('q'), { infer: { enumerate: first } });
    sample('w', logits('qr', z), { infer: { enumerate: second } });
  };
  const both = enumerated(parameters, 0, model, guide('parallel', 'parallel'));
  expectSame(enumerated(parameters, 0, model, guide('parallel', 'sequential')), both);
  expectSame(enumerated(parameters, 0, model, guide('sequential', 'parallel')), both);
});

test('vectorised and sequential plates', () => {
  const vectorised = enumerated(
    parameters,
    1,
    () => {
      const z = sample('z', logits('p'));
      plate('n', 2, () => {
        const w = sample('w', logits('r', z));
        sample('x', normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: x() });
      });
    },
    configEnumerate(() => {
      const z = sample('z', logits('q'));
      plate('n', 2, () => sample('w', logits('qr', z)));
    }),
  );
  const sequential = enumerated(
    parameters,
    0,
    () => {
      const z = sample('z', logits('p'));
      sequentialPlate('n', 2, (i) => {
        const w = sample(`w${i}`, logits('r', z));
        sample(`x${i}`, normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: data[i] });
      });
    },
    configEnumerate(() => {
      const z = sample('z', logits('q'));
      sequentialPlate('n', 2, (i) => sample(`w${i}`, logits('qr', z)));
    }),
  );
  expectSame(vectorised, sequential);
});

describe.each(ways)('a guide variable (%s) and variables that the model enumerates', (way) => {
  const guide = (): void => void sample('z', logits('q'), { infer: { enumerate: way, exactClasses: 2 } });

  test('below it', () => {
    const model = (): void => {
      const z = sample('z', logits('p'));
      plate('n', 2, () => {
        const w = sample('w', logits('r', z), parallel);
        sample('x', normal(at(param('locs'), z).add(at(param('shift'), w)), 1), { obs: x() });
      });
    };
    const byHand = (): void => {
      const z = sample('z', logits('p'));
      const means = tf.add(tf.expandDims(at(param('locs'), z), -1), param('shift'));
      const each = data.map((value) =>
        tf.logSumExp(
          normal(means, 1)
            .logProb(tf.scalar(value))
            .add(tf.logSoftmax(at(param('r'), z))),
          -1,
        ),
      );
      factor('x', each[0].add(each[1]));
    };
    expectSame(enumerated(parameters, 1, model, guide), enumerated(parameters, 0, byHand, guide));
  });

  test('above the plate that both reach into', () => {
    const model = (): void => {
      const z = sample('z', logits('p'));
      const a = sample('a', logits('r', tf.scalar(0)), parallel);
      plate('n', 2, () => sample('x', normal(at(param('locs'), z).add(at(param('shift'), a)), 1), { obs: x() }));
    };
    const inALoop = (): void => {
      const z = sample('z', logits('p'));
      const a = sample('a', logits('r', tf.scalar(0)), parallel);
      sequentialPlate('n', 2, (i) =>
        sample(`x${i}`, normal(at(param('locs'), z).add(at(param('shift'), a)), 1), { obs: data[i] }),
      );
    };
    expectSame(enumerated(parameters, 1, model, guide), enumerated(parameters, 0, inALoop, guide));
  });
});

test('without enumerated or scored sites it is the plain bound', () => {
  const model = (): void => {
    const u = sample('u', normal(0, 1));
    plate('n', 2, () => {
      const v = sample('v', normal(u, at(param('locs'), 2)));
      sample('x', normal(v, 1), { obs: x() });
    });
  };
  const guide = (): void => {
    const u = sample('u', normal(at(param('shift'), 0), 0.5));
    plate('n', 2, () => sample('v', normal(u.add(param('shift')), 0.7)));
  };
  for (const particles of [1, 3]) {
    for (const vectorizeParticles of [false, true]) {
      const options = { numParticles: particles, vectorizeParticles, maxPlateNesting: 1 };
      const plain = outcome(parameters, new TraceELBO(options), model, guide, []);
      const actual = outcome(
        parameters,
        new TraceEnumELBO({ ...options, strictEnumerationWarning: false }),
        model,
        guide,
        [],
      );
      expectSame(actual, plain, 1e-6);
    }
  }
});

test('particles, in turn and at once, average the same exact sum', () => {
  const model = (): void =>
    plate('n', 2, () => {
      const z = sample('z', logits('p'));
      sample('x', normal(at(param('locs'), z), 1), { obs: x() });
    });
  const guide = configEnumerate(() => plate('n', 2, () => sample('z', logits('qn'))));
  const one = enumerated(parameters, 1, model, guide);
  expectSame(enumerated(parameters, 1, model, guide, { numParticles: 3 }), one);
  expectSame(enumerated(parameters, 1, model, guide, { numParticles: 3, vectorizeParticles: true }), one);
});

test('the nesting of plates is found, and found again when a program opens more plates', () => {
  const elbo = new TraceEnumELBO();
  const model = (deep: boolean): void => {
    const body = () => {
      const z = sample('z', logits('p'));
      sample('x', normal(at(param('locs'), z), 1), { obs: 0.4 });
    };
    if (deep) plate('m', 3, { dim: -2 }, () => plate('n', 2, { dim: -1 }, body));
    else body();
  };
  const guide = configEnumerate((deep: boolean): void => {
    const body = () => void sample('z', logits('q'));
    if (deep) plate('m', 3, { dim: -2 }, () => plate('n', 2, { dim: -1 }, body));
    else body();
  });
  const flat = outcome(parameters, elbo, model, guide, [false]);
  const deep = outcome(parameters, elbo, model, guide, [true]);
  expect(deep.loss).toBeCloseTo(6 * flat.loss, 4);
  expect(outcome(parameters, elbo, model, guide, [false]).loss).toBeCloseTo(flat.loss, 5);
});

test('values of probability 0 cost nothing, even if they are impossible in the model', () => {
  const never = tf.tensor1d([0, Number.NEGATIVE_INFINITY, 0]);
  const run = (second: tf.Tensor) =>
    enumerated(
      { q: [0.3, 0.5, 0.1], locs: [-1, 0.3, 1.7] },
      0,
      () => {
        const z = sample('z', categorical({ logits: tf.add([0.2, 0, 0.4], second) }));
        sample('x', normal(at(param('locs'), z), 1), { obs: 0.4 });
      },
      () => void sample('z', categorical({ logits: param('q').add(never) }), parallel),
    );
  const { loss, gradients } = run(never);
  expect(loss).toBeGreaterThan(0);
  for (const [name, values] of gradients) for (const value of values) expect(Number.isFinite(value), name).toBe(true);
  expect(gradients.get('locs')?.[1]).toBe(0);
  // Where it is possible in the model it still costs nothing: only the prior of the others shrinks.
  const others = Math.log((Math.exp(0.2) + Math.exp(0.4) + 1) / (Math.exp(0.2) + Math.exp(0.4)));
  expect(run(tf.zeros([3])).loss - loss).toBeCloseTo(others, 5);
});
