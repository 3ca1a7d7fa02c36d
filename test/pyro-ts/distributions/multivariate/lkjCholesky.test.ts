/** The LKJ distribution: against PyTorch's log density, the marginal spread of correlations, and an autoguide through its transform. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoNormal,
  lkjCholesky,
  multivariateNormal,
  plate,
  RandomStream,
  SVI,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../../numbers.js';

/** `torch.distributions.LKJCholesky(d, c).log_prob(CorrCholeskyTransform()(x))` of PyTorch 2.15 in float64. */
const figures: [dim: number, concentration: number, factor: number[], logProb: number][] = [
  [2, 0.7, [1, 0, 0.3799489622552249, 0.9250074519057551], -0.871834188226983],
  [
    3,
    2.5,
    [1, 0, 0, 0.2913126124515909, 0.9566279119002483, 0, -0.8336546070121552, 0.36673831415055014, 0.41294431239747265],
    -3.1236683505837703,
  ],
  [
    4,
    1,
    [
      ...[1, 0, 0, 0, 0.2913126124515909, 0.9566279119002483, 0, 0],
      ...[-0.8336546070121552, 0.36673831415055014, 0.41294431239747265, 0],
      ...[0.09966799462495582, 0.9592274447386058, -0.10048842006894716, 0.24464479871791966],
    ],
    -3.4324828802684766,
  ],
];

describe('lkjCholesky', () => {
  test.each(figures)('log density in %s dimensions, concentration %s', (dim, concentration, factor, logProb) => {
    expectClose(lkjCholesky(dim, concentration).logProb(tf.tensor(factor, [dim, dim])), [logProb], 1e-5);
  });

  test('gradients in the concentration and in the factor', () => {
    const [dim, concentration, factor] = figures[1];
    const at = tf.tensor(factor, [dim, dim]);
    const inConcentration = (c: tf.Tensor) => lkjCholesky(dim, c).logProb(at);
    expectClose(
      gradOf(inConcentration, tf.scalar(concentration)),
      numericGradient(inConcentration, tf.scalar(concentration), 1e-2),
      1e-3,
    );
    // d/dL_ii = (dim - 1 - i + 2 (c - 1)) / L_ii.
    const slope = gradOf((l) => lkjCholesky(dim, concentration).logProb(l), at).dataSync();
    expect(slope[4]).toBeCloseTo(4 / factor[4], 4);
    expect(slope[8]).toBeCloseTo(3 / factor[8], 4);
  });

  test.each([0.7, 1, 4])('each correlation has the variance 1 / (2 c + dim - 1): concentration %s', (concentration) => {
    const dim = 4;
    const draws = lkjCholesky(dim, concentration).sample(new RandomStream('lkj'), [8000]);
    const correlations = tf.matMul(draws, draws, false, true);
    const variance = tf.mean(tf.square(correlations), 0).arraySync() as number[][];
    const expected = 1 / (2 * concentration + dim - 1);
    for (let i = 0; i < dim; i++) {
      expect(variance[i][i]).toBeCloseTo(1, 5);
      for (let j = 0; j < i; j++) expect(Math.abs(variance[i][j] / expected - 1)).toBeLessThan(0.08);
    }
  });

  test('an autoguide finds the correlation of data', () => {
    const rng = new RandomStream('data');
    const data = multivariateNormal([0, 0], {
      covariance: [
        [1, 0.8],
        [0.8, 1],
      ],
    }).sample(rng, [200]);
    const model = () => {
      const l = sample('L', lkjCholesky(2, 1));
      plate('data', 200, () => sample('x', multivariateNormal([0, 0], { scaleTril: l }), { obs: data }));
    };
    const guide = new AutoNormal(model);
    const svi = new SVI(model, guide.guide, new Adam({ lr: 0.05 }), new TraceELBO(), { seed: 1 });
    for (let step = 0; step < 150; step++) svi.step();
    const { L } = guide.median(svi.params);
    expect(Math.abs(L.dataSync()[2] - 0.8)).toBeLessThan(0.06);
  });

  test('dim is an integer of at least 2', () => {
    expect(() => lkjCholesky(1, 1)).toThrow(/integer of at least 2; got 1/);
  });
});
