/** Parts of the pose that recognition proposes: their densities over a grid, known values, and what is rejected. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, OptionError, RandomStream } from 'pyro-ts';
import { type AnglePrior, directionOf } from 'pyroved-ts';
import { refinedParts } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';

const numbers = (t: tf.Tensor): number[] => Array.from(t.dataSync());

/** Midpoints of `n` equal parts of [-half, half]. */
const evenly = (half: number, n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => half * ((2 * i + 1) / n - 1));

/** The integral of a density of angles, which are numbers or unit vectors. */
function massOfAngle(density: Distribution, half: number, n = 4000): number {
  const angle = tf.tensor1d(evenly(half, n));
  const value = density.eventShape.length === 0 ? angle : directionOf(angle);
  return (numbers(tf.sum(tf.exp(density.logProb(value))))[0] * 2 * half) / n;
}

const angleOf = (anglePrior?: AnglePrior) => refinedParts(['r'], [9, 9], anglePrior ? { anglePrior } : {})[0];

const priors: [AnglePrior, half: number][] = [
  ['uniform', Math.PI],
  ['von-mises', Math.PI],
  [{ name: 'von-mises', concentration: 5 }, Math.PI],
  ['projected-normal', Math.PI],
  ['normal', 8],
  [{ name: 'normal', scale: 0.4 }, 8],
];

describe.each(priors)('the angle prior %j', (anglePrior, half) => {
  const part = angleOf(anglePrior);

  test('prior and posterior integrate to 1', () => {
    expect(massOfAngle(part.source.prior(), half)).toBeCloseTo(1, 4);
    for (const [proposal, loc, scale] of [
      [0.4, 0, 0],
      [-2.9, 3, -4],
      [3.1, -40, 8],
    ]) {
      expect(massOfAngle(part.posterior(tf.scalar(proposal), tf.tensor1d([loc, scale])), half)).toBeCloseTo(1, 3);
    }
  });

  test('without a correction the posterior is centred on the proposal', () => {
    const proposal = [-2.8, -0.5, 0, 1.3, 3];
    const centre = part.toPose(part.posterior(tf.tensor1d(proposal), tf.zeros([5, 2])).mean());
    expectClose(centre, directionOf(tf.tensor1d(proposal)), 1e-4, 1e-4);
  });

  test('a correction is small, however large the number of the encoder', () => {
    const at = (loc: number) => {
      const [cos, sin] = numbers(part.toPose(part.posterior(tf.scalar(1), tf.tensor1d([loc, 0])).mean()));
      return Math.atan2(sin, cos) - 1;
    };
    expect(at(1)).toBeCloseTo(0.1, 2);
    expect(at(1e4)).toBeCloseTo(Math.PI / 8, 3);
    expect(at(-1e4)).toBeCloseTo(-Math.PI / 8, 3);
  });

  test('known angles are draws of the prior that mean the same direction, whatever their number of turns', () => {
    const angle = tf.tensor1d([0.3, Math.PI, -Math.PI, 0.3 + 2 * Math.PI, -9, 100]);
    const known = part.known(angle);
    expect(known.shape).toEqual([6, ...part.source.prior().eventShape]);
    expect(numbers(part.source.prior().logProb(known)).every(Number.isFinite)).toBe(true);
    expectClose(part.toPose(known), directionOf(angle), 1e-4, 1e-5);
  });

  test('draws of the prior mean unit vectors', () => {
    const drawn = part.toPose(part.source.prior().expand([7]).sample(new RandomStream(1)));
    expect(drawn.shape).toEqual([7, 2]);
    expectClose(tf.sum(tf.square(drawn), 1), new Array(7).fill(1), 1e-5, 1e-5);
  });
});

test('the uniform prior is the default, and wraps known angles into its support', () => {
  const part = angleOf();
  expect(part.name).toBe('uniform');
  expectClose(part.known(tf.tensor1d([-4, 7])), [2 * Math.PI - 4, 7 - 2 * Math.PI], 1e-5, 1e-5);
});

describe('shift and scale', () => {
  const [shift, scale] = refinedParts(['t', 's'], [9, 9], { shiftPrior: [0.1, 0.3], scalePrior: 0.2 });

  test('a shift is normal around 0 with a width for each axis, a scale around 1', () => {
    const normal = (x: number, loc: number, width: number) =>
      -0.5 * ((x - loc) / width) ** 2 - Math.log(width) - 0.5 * Math.log(2 * Math.PI);
    expectClose(shift.source.prior().logProb(tf.tensor1d([0.05, -0.2])), normal(0.05, 0, 0.1) + normal(-0.2, 0, 0.3));
    expectClose(scale.source.prior().logProb(tf.tensor1d([1.3])), normal(1.3, 1, 0.2));
  });

  test('posteriors integrate to 1, around the proposal and a correction of a tenth of what the encoder gives', () => {
    const posterior = scale.posterior(tf.tensor1d([1.1]), tf.tensor1d([0.7, -1]));
    expectClose(posterior.mean(), [1.17]);
    const grid = evenly(3, 6000);
    const mass = numbers(tf.sum(tf.exp(posterior.logProb(tf.tensor2d(grid, [6000, 1])))))[0] * (6 / 6000);
    expect(mass).toBeCloseTo(1, 3);
    expectClose(shift.posterior(tf.tensor1d([0.2, -0.1]), tf.tensor1d([1, -1, 0, 0])).mean(), [0.3, -0.2]);
  });

  test('known values are the draws themselves', () => {
    expectClose(shift.known(tf.tensor2d([[0.4, 7]])), [0.4, 7], 1e-7);
    expectClose(scale.toPose(scale.known(tf.tensor2d([[1.4]]))), [1.4], 1e-7);
  });
});

test('a shear is normal around 0, with a width of its own for each of its numbers', () => {
  const [shear] = refinedParts(['h'], [9, 9], { shearPrior: [0.1, 0.2] });
  const normal = (x: number, width: number) => -0.5 * (x / width) ** 2 - Math.log(width) - 0.5 * Math.log(2 * Math.PI);
  expectClose(shear.source.prior().logProb(tf.tensor1d([0.05, -0.3])), normal(0.05, 0.1) + normal(-0.3, 0.2));
  expectClose(shear.source.centre(tf.tensor1d([1, -2, 0, 0])), [0.1, -0.2]);
});

test('parts come in the order angle, shift, scale, shear; signals have one shift', () => {
  expect(refinedParts(['h', 's', 't', 'r'], [9, 9], {}).map(({ kind }) => kind)).toEqual([
    ...['angle', 'shift', 'scale', 'shear'],
  ]);
  expect(refinedParts([], [9, 9], {})).toEqual([]);
  const [shift] = refinedParts(['t'], [20], {});
  expect([shift.source.encoded, shift.source.prior().eventShape]).toEqual([2, [1]]);
});

test.each([
  [{ anglePrior: { name: 'normal', scale: -1 } }, /scale must be a positive number/],
  [{ anglePrior: { name: 'von-mises', concentration: 0 } }, /concentration must be a positive number/],
  [{ anglePrior: { name: 'uniform', scale: 1 } }, /no option "scale"/],
  [{ anglePrior: 'uniforn' as 'uniform' }, /got "uniforn".*Did you mean "uniform"\?.*custom priors are supported/],
  [{ shiftPrior: [0.1, 0.1, 0.1] }, /shiftPrior/],
] as const)('%j is rejected', (options, message) => {
  expect(() => refinedParts(['r', 't'], [9, 9], options as never)).toThrow(OptionError);
  expect(() => refinedParts(['r', 't'], [9, 9], options as never)).toThrow(message);
});

test('custom priors of shift and scale are rejected', () => {
  const custom = {
    kind: 'shift',
    name: 'mine',
    toPose: (x: tf.Tensor) => x,
    source: { site: 'joint', columns: 2 },
  } as const;
  expect(() => refinedParts(['t'], [9, 9], { shiftPrior: custom })).toThrow(
    'With recognition, shiftPrior must be a number or a list of 2; got a custom prior.',
  );
});
