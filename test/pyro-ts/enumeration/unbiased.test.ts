/** Estimates that draw: the mean of many meets the exact loss and every exact gradient within its standard error. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  configEnumerate,
  factor,
  type InferConfig,
  normal,
  oneHotCategorical,
  param,
  plate,
  RandomStream,
  sample,
  sequentialPlate,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { sumAndSample } from '../../../packages/pyro-ts/dist/handlers/enumeration/sumAndSample.js';
import { at, enumerated, expectUnbiased, type Outcome, parallel, softmax } from './helpers.js';

const parameters = {
  p: [0.3, -0.4, 0.2, 0, -1],
  q: [
    [0.1, 0.6, -0.5, 0.2, -0.8],
    [0.9, -0.2, 0.3, -1.5, 0.4],
  ],
  w_a: [0.3, -0.2],
  qa: [-0.4, 0.5],
  r: [
    [0.4, -0.3, 0.1, 0.6, -0.2],
    [0.2, 0.8, -0.4, 0, 0.3],
  ],
  locs: [-1, 0.3, 1.7, 0.8, -2],
  shift: [0.4, -0.7],
  shapes: [
    [0.5, -0.3, 1.1, 0.2, -0.9, 0.7],
    [-0.6, 0.9, 0.1, -1.2, 0.4, 0],
    [1.4, 0.2, -0.7, 0.6, 0.3, -0.1],
    [0, 0.8, -0.2, -0.5, 1.6, -1],
    [-1.3, -0.4, 0.6, 0.9, -0.8, 0.1],
  ],
  w_u: [0.2, -0.4],
};
const data = [0.4, -1.2];
const x = (): tf.Tensor => tf.tensor1d(data);
const logits = (name: string, ...index: tf.Tensor[]) =>
  categorical({ logits: index.length > 0 ? at(param(name), ...index) : param(name) });

/** Many estimates, each the mean of some particles. */
function draws(nesting: number, model: () => void, guide: () => void, runs = 30, numParticles = 100): Outcome[] {
  return Array.from({ length: runs }, (_, seed) =>
    enumerated(parameters, nesting, model, guide, { numParticles, vectorizeParticles: true, seed: `draw ${seed}` }),
  );
}
const withConfig = (program: () => void, config: InferConfig) =>
  configEnumerate(program, {
    default: config.enumerate,
    ...(config.exactClasses ? { exactClasses: config.exactClasses } : {}),
  });

/** A class in a plate, drawn per element, and a mean that depends on it. */
const mixture = (): void =>
  plate('n', 2, () => {
    const z = sample('z', logits('p'));
    sample('x', normal(at(param('locs'), z), 1), { obs: x() });
  });
const classGuide = (): void => void plate('n', 2, () => sample('z', logits('q')));

describe('sum and sample', () => {
  test.each([1, 2, 3])('of a categorical in a plate, %d exact', (exactClasses) => {
    const exact = enumerated(parameters, 1, mixture, configEnumerate(classGuide));
    const guide = withConfig(classGuide, { enumerate: 'sum-and-sample', exactClasses });
    expectUnbiased(draws(1, mixture, guide), exact);
  });

  test('of a one-hot class with a continuous variable after it', () => {
    // The likelihood is quadratic, so that the continuous variable can be averaged by hand: E (x - m - u)^2 = (x - m - mean)^2 + variance.
    const deviation = 0.5;
    const model = (): void =>
      plate('n', 2, () => {
        const z = sample('z', oneHotCategorical({ logits: param('p') }));
        const u = sample('u', normal(0, 1));
        sample('x', normal(z.mul(param('locs')).sum(-1).add(u), 1), { obs: x() });
      });
    const guide = (): void =>
      plate('n', 2, () => {
        const z = sample('z', oneHotCategorical({ logits: param('q') }));
        sample('u', normal(z.mul(param('locs')).sum(-1).mul(0.1), deviation));
      });
    const byHand = (): void =>
      plate('n', 2, () => {
        const z = sample('z', logits('p'));
        const mean = at(param('locs'), z);
        // log p(u) + log p(x | u) - log q(u), averaged over u.
        const m = mean.mul(0.1);
        const v = deviation ** 2;
        const prior = m.square().add(v).mul(-0.5);
        const likelihood = tf.sub(x(), mean.add(m)).square().add(v).mul(-0.5);
        const entropy = 0.5 + Math.log(deviation);
        factor('bound', prior.add(likelihood).add(entropy - 0.5 * Math.log(2 * Math.PI)));
      });
    const exact = enumerated(parameters, 1, byHand, configEnumerate(classGuide));
    const sampled = configEnumerate(guide, { default: 'sum-and-sample', exactClasses: 2 });
    expectUnbiased(draws(1, model, sampled), exact);
    expectUnbiased(draws(1, model, configEnumerate(guide)), exact);
  });

  test('of two classes, one on the other, both drawn', () => {
    const model = (): void => {
      const a = sample('a', logits('r', tf.scalar(0)));
      plate('n', 2, () => {
        const z = sample('z', categorical({ logits: param('p').mul(tf.expandDims(a.add(1), -1)) }));
        sample('x', normal(at(param('locs'), z).add(at(param('locs'), a)), 1), { obs: x() });
      });
    };
    const guide = (): void => {
      const a = sample('a', logits('r', tf.scalar(1)));
      plate('n', 2, () =>
        sample('z', categorical({ logits: param('q').add(tf.expandDims(a, -1).mul(tf.range(0, 5).mul(0.2))) })),
      );
    };
    const exact = enumerated(parameters, 1, model, configEnumerate(guide));
    expectUnbiased(draws(1, model, configEnumerate(guide, { default: 'sum-and-sample' })), exact);
  });

  test('with all but one class exact there is nothing left to chance', () => {
    const exact = enumerated(parameters, 1, mixture, configEnumerate(classGuide));
    const guide = withConfig(classGuide, { enumerate: 'sum-and-sample', exactClasses: 4 });
    for (const seed of [0, 1]) expect(enumerated(parameters, 1, mixture, guide, { seed }).loss).toBe(exact.loss);
  });

  test('has less variance than drawing the class', () => {
    const spread = (outcomes: Outcome[]): number => {
      const entries = outcomes.map((o) => o.gradients.get('q')?.[1] ?? 0);
      const mean = entries.reduce((a, b) => a + b) / entries.length;
      return entries.reduce((s, g) => s + (g - mean) ** 2, 0) / entries.length;
    };
    const summed = draws(1, mixture, withConfig(classGuide, { enumerate: 'sum-and-sample', exactClasses: 2 }), 40, 1);
    expect(spread(summed)).toBeLessThan(0.5 * spread(draws(1, mixture, classGuide, 40, 1)));
  });

  test('chooses the likeliest for each element, and draws the rest in proportion', () => {
    const fn = categorical({ logits: parameters.q });
    const rng = new RandomStream(3);
    const counts = [new Array<number>(5).fill(0), new Array<number>(5).fill(0)];
    const runs = 1500;
    for (let i = 0; i < runs; i++) {
      const values = tf.tidy(() => sumAndSample(fn, 2, rng).values.arraySync() as number[][]);
      expect(values.slice(0, 2)).toEqual([
        [1, 0],
        [3, 4],
      ]);
      values[2].forEach((value, n) => {
        counts[n][value]++;
      });
    }
    parameters.q.forEach((row, n) => {
      const probs = softmax(row);
      const exact = [
        [1, 3],
        [0, 4],
      ][n];
      const rest = probs.reduce((sum, p, k) => (exact.includes(k) ? sum : sum + p), 0);
      probs.forEach((p, k) => {
        const wanted = exact.includes(k) ? 0 : p / rest;
        expect(Math.abs(counts[n][k] / runs - wanted)).toBeLessThan(
          4.5 * Math.sqrt((wanted * (1 - wanted)) / runs) + 1e-9,
        );
      });
    });
  });

  test('a cost that all classes share moves nothing, in any draw: the likeliest class is the baseline', () => {
    const rng = new RandomStream(5);
    const total = (exact: number) => (logits: tf.Tensor) =>
      tf
        .exp(sumAndSample(categorical({ logits }), exact, rng).logWeight)
        .mul(7)
        .sum() as tf.Scalar;
    for (const exact of [1, 2, 3]) {
      for (let i = 0; i < 5; i++) {
        const { value, grad } = tf.valueAndGrad(total(exact))(tf.tensor2d(parameters.q));
        expect(value.dataSync()[0]).toBeCloseTo(14, 4);
        expect(Math.max(...Array.from(grad.abs().dataSync()))).toBeLessThan(1e-5);
      }
    }
  });

  test('a class that takes all the probability leaves no NaN', () => {
    const given = {
      ...parameters,
      q: [
        [200, 0, 0, 0, 0],
        [0, 0, 0, Number.MAX_VALUE ** 0.1, 0],
      ],
    };
    const guide = withConfig(classGuide, { enumerate: 'sum-and-sample', exactClasses: 2 });
    const { loss, gradients } = enumerated(given, 1, mixture, guide);
    expect(Number.isFinite(loss)).toBe(true);
    for (const values of gradients.values()) for (const value of values) expect(Number.isFinite(value)).toBe(true);
  });
});

describe('some pixels of each element', () => {
  const images = tf.tensor2d([
    [0.2, 1.3, -0.5, 0.8, -1.1, 0.4],
    [-0.7, 0.1, 0.9, -0.2, 1.5, -0.6],
  ]);
  /** Elements at dim -2, their pixels at dim -1; the element's class says what every pixel is near to. */
  const model = (subsampleSize: number) => (): void =>
    plate('n', 2, { dim: -2 }, () => {
      const z = sample('z', logits('p'));
      plate('pixels', 6, { subsampleSize, dim: -1 }, (pixels) => {
        sample('x', normal(at(param('shapes'), z, pixels), 0.8), { obs: take(images, pixels, 1) });
      });
    });
  const guide = (): void =>
    void plate('n', 2, { dim: -2 }, () => sample('z', categorical({ logits: tf.expandDims(param('q'), 1) })));
  const exact = () => enumerated(parameters, 2, model(6), configEnumerate(guide));

  test.each<[string, InferConfig]>([
    ['all classes', { enumerate: 'parallel' }],
    ['two exact classes and one drawn', { enumerate: 'sum-and-sample', exactClasses: 2 }],
    ['a drawn class', {}],
  ])('%s', (_, config) => {
    for (const size of [1, 4]) expectUnbiased(draws(2, model(size), withConfig(guide, config), 200, 4), exact());
  });
});

describe('drawn sites with a score function', () => {
  test('a class that is drawn', () => {
    const exact = enumerated(parameters, 1, mixture, configEnumerate(classGuide));
    expectUnbiased(draws(1, mixture, classGuide), exact);
  });

  test('a drawn class below an enumerated one, and above one', () => {
    const model = (): void => {
      const a = sample('a', logits('w_a'));
      plate('n', 2, () => {
        const z = sample('z', logits('r', a));
        sample('x', normal(at(param('locs'), z).add(at(param('shift'), a)), 1), { obs: x() });
      });
    };
    const guide = (first: boolean, second: boolean) => () => {
      const a = sample('a', logits('qa'), first ? parallel : {});
      plate('n', 2, () =>
        sample('z', categorical({ logits: param('q').add(tf.expandDims(a, -1).mul(0.3)) }), second ? parallel : {}),
      );
    };
    const exact = enumerated(parameters, 1, model, guide(true, true));
    expectUnbiased(draws(1, model, guide(true, false)), exact);
    expectUnbiased(draws(1, model, guide(false, true)), exact);
  });

  test('a drawn class in a plate, below a variable that the model sums out over that plate', () => {
    // The cost of the summed variable lives outside the plate and depends on every draw inside it.
    const model = (): void => {
      const a = sample('a', logits('w_a'), parallel);
      plate('n', 2, () => {
        const z = sample('z', logits('p'));
        sample('x', normal(at(param('locs'), z).add(at(param('shift'), a)), 1), { obs: x() });
      });
    };
    const inALoop = (): void => {
      const a = sample('a', logits('w_a'), parallel);
      sequentialPlate('n', 2, (i) => {
        const z = sample(`z${i}`, logits('p'));
        sample(`x${i}`, normal(at(param('locs'), z).add(at(param('shift'), a)), 1), { obs: data[i] });
      });
    };
    const loopGuide = (): void =>
      void sequentialPlate('n', 2, (i) => sample(`z${i}`, logits('q', tf.scalar(i)), parallel));
    const exact = enumerated(parameters, 0, inALoop, loopGuide);
    expectUnbiased(draws(1, model, classGuide, 40), exact);
  });

  test('a drawn class below an enumerated one in a plate, beside a variable that the model sums out', () => {
    const model = (): void => {
      const a = sample('a', logits('w_a'), parallel);
      plate('n', 2, () => {
        const b = sample('b', logits('w_a'));
        const z = sample('z', logits('r', b));
        sample('y', normal(at(param('locs'), z).add(b), 1), { obs: tf.tensor1d([1, 0.2]) });
        sample('x', normal(at(param('shift'), a), 1), { obs: x() });
      });
    };
    const guide = (drawn: boolean) => (): void =>
      void plate('n', 2, () => {
        const b = sample('b', logits('qa'), parallel);
        sample('z', categorical({ logits: param('q').add(tf.expandDims(b, -1).mul(0.3)) }), drawn ? {} : parallel);
      });
    const exact = enumerated(parameters, 1, model, guide(false));
    expectUnbiased(draws(1, model, guide(true)), exact);
  });
});

describe('several draws of a site at once', () => {
  test('of a class', () => {
    const exact = enumerated(parameters, 1, mixture, configEnumerate(classGuide));
    expectUnbiased(draws(1, mixture, configEnumerate(classGuide, { numSamples: 30 }), 40, 5), exact);
  });

  test('of a class and of a continuous variable that depends on it', () => {
    const model = (): void =>
      plate('n', 2, () => {
        const b = sample('b', bernoulli({ logits: at(param('w_a'), 0) }));
        const u = sample('u', normal(b, 1));
        sample('x', normal(u, 1), { obs: x() });
      });
    const guide = (): void =>
      plate('n', 2, () => {
        const b = sample('b', bernoulli({ logits: param('w_u') }));
        sample('u', normal(b.mul(param('shift')), 0.6));
      });
    const exact = draws(1, model, configEnumerate(guide), 40, 400);
    const mean: Outcome = {
      loss: exact.reduce((s, o) => s + o.loss, 0) / exact.length,
      gradients: new Map(
        [...exact[0].gradients].map(([name, g]) => [
          name,
          g.map((_, i) => exact.reduce((s, o) => s + (o.gradients.get(name)?.[i] ?? 0), 0) / exact.length),
        ]),
      ),
    };
    const sampled = draws(1, model, configEnumerate(guide, { numSamples: 5 }), 40, 20);
    expectUnbiased(sampled, mean);
  });
});
