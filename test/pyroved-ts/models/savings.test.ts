/** Asking the decoder about some pixels and summing over some classes: the same loss and gradient on average. */
import { broadcastShapes, sizeOf } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Handler, type Message, RandomStream, SeedHandler, valueAndGradients } from 'pyro-ts';
import { type DecoderNet, type SemiSupervisedOptions, SSIVAE } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8], hiddenClassifier: [8] };
const base: SemiSupervisedOptions = { shape: [6, 6], numClasses: 4, invariances: ['r', 't'], ...widths };

/** No noise at all: the latent is the guide's mean, so that only the choice of pixels and classes is random. */
class ZeroNoise extends RandomStream {
  override normal(shape: readonly number[]): tf.Tensor {
    return tf.zeros([...shape]);
  }
}
class NoiseFree extends Handler {
  override process(message: Message): void {
    if (message.type === 'sample' && ['z', 'angle'].includes(message.name)) message.rng = new ZeroNoise(0);
  }
}

const images = new RandomStream('images');
const x = tf.tensor2d(
  Float32Array.from({ length: 3 * 36 }, () => images.next()),
  [3, 36],
);

/** The loss of an unlabelled step, and its gradient along one direction that mixes all parameters. */
function lossAndSlope(vae: SSIVAE, seed: number): { loss: number; slope: number } {
  return tf.tidy(() => {
    let loss = Number.NaN;
    const { gradients } = valueAndGradients(vae.params, () => {
      const run = () => vae.elbo().estimate(vae.model, vae.guide, [x, undefined, { scaleFactor: 0.5 }]);
      const estimate = new NoiseFree().run(() => new SeedHandler(seed).run(run));
      loss = estimate.loss.dataSync()[0];
      return estimate.surrogate;
    });
    let slope = 0;
    for (const [name, gradient] of gradients) {
      const direction = new RandomStream(name);
      for (const g of gradient.dataSync()) slope += g * direction.nextNormal();
    }
    return { loss, slope } as never;
  }) as { loss: number; slope: number };
}

/** How many standard errors the mean of `values` lies from `expected`. */
function deviation(values: readonly number[], expected: number): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((n, v) => n + (v - mean) ** 2, 0) / (values.length - 1);
  return Math.abs(mean - expected) / Math.sqrt(variance / values.length);
}

describe.each<[string, Partial<SemiSupervisedOptions>]>([
  ['a quarter of the pixels', { pixels: 9 }],
  ['two exact classes and one drawn', { enumerate: 'sum-and-sample', exactClasses: 2 }],
  ['one exact class and one drawn, a third of the pixels', { enumerate: 'sum-and-sample', pixels: 12 }],
  ['the same without coordinates', { enumerate: 'sum-and-sample', pixels: 12, invariances: [] }],
  ['two exact bins of the angle and one drawn', { angleGuide: 'binned', angleBins: 5, exactBins: 2 }],
  [
    'one exact pair of class and bin, the others drawn',
    { angleGuide: 'binned', angleBins: 5, enumerate: 'sum-and-sample', pixels: 12 },
  ],
])('%s', (_, extra) => {
  test('loss and gradient meet the exact ones within their standard error', () => {
    const { enumerate: __, exactClasses: ___, pixels: ____, exactBins: _____, ...same } = extra;
    const exact = lossAndSlope(new SSIVAE({ ...base, ...same }), 0);
    const vae = new SSIVAE({ ...base, ...extra });
    const draws = Array.from({ length: 120 }, (_unused, i) => lossAndSlope(vae, i));
    // 4 standard errors: a right estimator fails once in 16,000 seeds, and this seed is fixed.
    expect(
      deviation(
        draws.map((d) => d.loss),
        exact.loss,
      ),
    ).toBeLessThan(4);
    expect(
      deviation(
        draws.map((d) => d.slope),
        exact.slope,
      ),
    ).toBeLessThan(4);
    expect(new Set(draws.map((d) => d.loss)).size).toBeGreaterThan(3);
  });
});

test('all pixels and all classes, asked for by number, are the exact program', () => {
  const exact = lossAndSlope(new SSIVAE(base), 0);
  const asked = lossAndSlope(new SSIVAE({ ...base, pixels: 36, enumerate: 'sum-and-sample', exactClasses: 4 }), 0);
  expect(asked.loss).toBeCloseTo(exact.loss, 3);
  expect(asked.slope).toBeCloseTo(exact.slope, 3);
});

test('where classes and bins are sampled, the decoder is asked about four of their pairs', () => {
  const asked = (extra: Partial<SemiSupervisedOptions>): number => {
    let rows = 0;
    const decoder: DecoderNet = {
      parameters: { logit: { init: 0 } },
      apply: ({ logit }, { parts, transform }) => {
        const lead = broadcastShapes(
          ...parts.map(({ shape }) => shape.slice(0, -1)),
          (transform.matrix as tf.Tensor).shape.slice(0, -2),
        ) as number[];
        rows = sizeOf(lead);
        return tf.add(tf.zeros([...lead, 36, 1]), logit);
      },
    };
    lossAndSlope(new SSIVAE({ ...base, angleGuide: 'binned', decoder, ...extra }), 0);
    return rows / 3;
  };
  expect(asked({})).toBe(4 * 8);
  expect(asked({ enumerate: 'sum-and-sample' })).toBe(2 * 2);
  expect(asked({ enumerate: 'sum-and-sample', exactClasses: 2, exactBins: 8 })).toBe(3 * 8);
});
