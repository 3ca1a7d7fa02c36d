/** Shear as a latent: what the models return and decode, the ELBO without it, every kernel, and a shear that is learned without labels. */
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { Adam, normal, RandomStream, SVI } from 'pyro-ts';
import {
  drawPoses,
  type ImageSet,
  IVAE,
  imageSet,
  latentPoint,
  type PosePart,
  posedImages,
  RecognitionSSIVAE,
  SSIVAE,
  UnsupervisedTrainer,
  undoPose,
} from 'pyroved-ts';
import { polarShears } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';
import { kernels } from '../../spatial-decoder/kernels.js';
import { draw, ell } from '../shapes.js';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8] };
const stream = new RandomStream('images');
const values = Float32Array.from({ length: 5 * 36 }, () => stream.next());
const x = tf.tensor2d(values, [5, 36]);
const set = imageSet({ images: values, shape: [6, 6] });

function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 5): void {
  expect(actual.length).toBe(expected.length);
  Array.from(expected).forEach((v, i) => void expect(actual[i]).toBeCloseTo(v, digits));
}

describe('a model with a latent shear', () => {
  const vae = new IVAE({
    shape: [6, 6],
    invariances: ['h', 's', 'r', 't'],
    shearPrior: [0.1, 0.3],
    seed: 3,
    ...widths,
  });
  const encoding = vae.encode(set);
  const { content, angle, shift, scale, shear = new Float32Array(0) } = encoding;

  test('has two columns for it, after the scale', () => {
    expect(vae.latents.columnNames).toEqual([
      ...['angle', 'shift 1', 'shift 2', 'scale', 'shear 1', 'shear 2'],
      ...['z1', 'z2'],
    ]);
    expect(shear.length).toBe(10);
  });

  test('decodes, reconstructs and interpolates at a shear', () => {
    const whole = vae.reconstruct(set);
    closeTo(vae.decode(content, { angle, shift, scale, shear }).images, whole.images);
    const way = vae.interpolate(latentPoint(encoding, 0), latentPoint(encoding, 3), { steps: 2 });
    closeTo(way.images.subarray(0, 36), whole.images.subarray(0, 36));
    closeTo(way.images.subarray(36), whole.images.subarray(3 * 36, 4 * 36));
    const point = [0.2, -0.4];
    const upright = vae.decode(point);
    expect(vae.decode(point, { shear: [0, 0] }).images).toEqual(upright.images);
    expect(vae.decode(point, { shear: [0.3, 0] }).images).not.toEqual(upright.images);
    expect(vae.manifold({ size: 2, shear: [0.3, 0] }).images.images).not.toEqual(
      vae.manifold({ size: 2 }).images.images,
    );
    expect(vae.traverse({ size: 2, shear: [0, 0.3] }).images.count).toBe(4);
    expect(() => vae.decode(point, { shear: [1] })).toThrow(/shear must have 2 values for 1 image\(s\); got 1/);
  });

  test('straightens images by the whole pose', () => {
    const straight = vae.straighten(set).images;
    for (let i = 0; i < 5; i++) {
      const size = [scale?.[i] ?? 1, scale?.[i] ?? 1];
      const pose = {
        ...{ angle: angle?.[i], shift: Array.from(shift?.subarray(2 * i, 2 * i + 2) ?? []) },
        ...{ scale: size, shear: Array.from(shear.subarray(2 * i, 2 * i + 2)) },
      };
      closeTo(straight.subarray(36 * i, 36 * i + 36), undoPose(values.subarray(36 * i, 36 * i + 36), [6, 6], pose));
    }
  });

  test('shows a smooth picture that undoPose puts upright', () => {
    const smooth = new IVAE({ shape: [33, 33], invariances: ['r', 't', 's', 'h'], hiddenDecoder: [8], seed: 5 });
    const pose = { angle: 0.4, shift: [0.1, -0.2], scale: [1.2, 1.2], shear: [0.2, -0.25] };
    const back = undoPose(smooth.decode([0.4, -1.1], { ...pose, scale: 1.2 }).images, [33, 33], pose);
    const original = smooth.decode([0.4, -1.1]).images;
    for (let r = 12; r < 21; r++) {
      for (let c = 12; c < 21; c++) expect(back[r * 33 + c]).toBeCloseTo(original[r * 33 + c], 2);
    }
  });
});

test('signals have no shear', () => {
  const vae = new IVAE({ shape: [12], invariances: ['t'], ...widths });
  expect(() => vae.decode([0, 0], { shear: [0.1, 0] })).toThrow('A signal has no angle, scale or shear.');
});

/** A shear that is drawn and scored but always 0: prior and guide are one, so that it costs nothing. */
const noShear: PosePart = {
  kind: 'shear',
  name: 'none',
  source: {
    site: 'own',
    encoded: 1,
    prior: () => normal(0, 1).expand([2]).toEvent(1),
    guide: (encoded) => normal(tf.mul(tf.concat([encoded, encoded], -1), 0), 1).toEvent(1),
    centre: (encoded) => tf.mul(tf.concat([encoded, encoded], -1), 0),
  },
  toPose: (draw) => tf.mul(draw, 0),
};

describe('a shear fixed at 0', () => {
  const loss = (vae: IVAE) => {
    const svi = new SVI(vae.model, vae.guide, new Adam({}), vae.elbo(), { params: vae.params, seed: 7 });
    return tf.tidy(() => svi.evaluateLoss(x) as never) as unknown as number;
  };

  test.each([{}, { pixels: 20 }])('leaves the ELBO as it is without one (%j)', (extra) => {
    const without = new IVAE({ shape: [6, 6], invariances: ['r', 't', 's'], ...widths, ...extra });
    const fixed = new IVAE({
      ...{ shape: [6, 6], invariances: ['r', 't', 's', 'h'], shearPrior: noShear },
      ...{ ...widths, ...extra },
    });
    for (const name of without.params.names) fixed.params.set(name, without.params.get(name).clone());
    expect(loss(fixed)).toBeCloseTo(loss(without), 3);
    expect(loss(without)).not.toBeCloseTo(0, 0);
  });

  test('leaves the log-likelihood of posed images as it is', () => {
    const options = {
      shape: [6, 6],
      numClasses: 2,
      latentDim: 1,
      ...widths,
      recognition: { body: 'dense', features: 4 },
    };
    const parts = options as ConstructorParameters<typeof RecognitionSSIVAE>[0];
    const without = new RecognitionSSIVAE({ ...parts, invariances: ['r', 't'] });
    const fixed = new RecognitionSSIVAE({ ...parts, invariances: ['r', 't', 'h'] });
    for (const name of without.params.names) fixed.params.set(name, without.params.get(name).clone());
    const posed = (model: RecognitionSSIVAE, shear?: tf.Tensor) => {
      const y = tf.tensor2d([1, 0, 0, 1, 1, 0, 0, 1, 1, 0], [5, 2]);
      const pose = {
        ...{ angle: tf.tensor1d([0.1, -2, 1, 3, 0]), shift: tf.fill([5, 2], 0.1) },
        ...(shear && { shear }),
      };
      const svi = new SVI(model.posedModel, model.posedGuide, new Adam({}), model.elbo(), {
        ...{ params: model.params, seed: 7 },
      });
      return tf.tidy(() => svi.evaluateLoss(x, y, pose) as never) as unknown as number;
    };
    // A shear of 0 adds its prior and, at the encoder's starting point, its posterior: both are densities at 0 of known widths.
    const { params } = fixed;
    const density = (width: number) => -Math.log(width * Math.sqrt(2 * Math.PI));
    const prior = 10 * density(0.1);
    const found = posed(without) - posed(fixed, tf.zeros([5, 2]));
    expect(params.names).toContain('encoder_z.fc_shear.weight');
    expect(Number.isFinite(found)).toBe(true);
    params.set('encoder_z.fc_shear.weight', tf.zeros(params.get('encoder_z.fc_shear.weight').shape));
    params.set('encoder_z.fc_shear.bias', tf.zeros([4]));
    const width = 0.05 * Math.log(2) + 1e-3;
    const corrected = 10 * density(width);
    expect(posed(without) - posed(fixed, tf.zeros([5, 2]))).toBeCloseTo(prior + corrected, 2);
  });
});

describe('every kernel', () => {
  test.each(kernels)('$name gives the numbers of plain operations, and their gradients', async ({ load }) => {
    const kernel = await load();
    const options = { shape: [6, 6], numClasses: 3, invariances: ['r', 't', 's', 'h'], seed: 4, ...widths } as const;
    const [plain, fast] = [new SSIVAE(options), new SSIVAE({ ...options, kernel: onHost(kernel) })];
    const trained = (vae: SSIVAE): Float32Array[] => {
      const svi = new SVI(vae.model, vae.guide, new Adam({ lr: 1e-2 }), vae.elbo(), { params: vae.params, seed: 1 });
      const losses = Float32Array.from([0, 1, 2], () => tf.tidy(() => svi.step(x) as never) as unknown as number);
      return [losses, vae.decode([0.1, 0.2], { classes: 1, angle: 0.3, scale: 1.1, shear: [0.2, -0.3] }).images];
    };
    const [expected, found] = [trained(plain), trained(fast)];
    closeTo(found[0], expected[0], 3);
    closeTo(found[1], expected[1], 4);
    plain.dispose();
    fast.dispose();
    kernel.dispose();
  });
});

test('training leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const vae = new IVAE({ shape: [6, 6], invariances: ['r', 't', 's', 'h'], ...widths });
  const seen: number[] = [];
  await new UnsupervisedTrainer(vae, { images: set }, { epochs: 6, batchSize: 5 }).train({
    onStep: () => seen.push(tf.memory().numTensors),
  });
  expect(new Set(seen.slice(2)).size).toBe(1);
  vae.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('images of a sheared object are explained by the shear, without labels', async () => {
  const side = 12;
  const count = 60;
  const poses = drawPoses(count, { shear: 0.6 }, new RandomStream('sheared'));
  const upright = draw(ell, side, 0);
  const many = Float32Array.from({ length: count * side * side }, (_, i) => upright[i % (side * side)]);
  const images: ImageSet = imageSet({ images: posedImages(many, [side, side], 1, poses), shape: [side, side] });
  const vae = new IVAE({
    ...{ shape: [side, side], invariances: ['h'], latentDim: 1, shearPrior: 0.2, seed: 2 },
    ...{ hiddenEncoder: [32], hiddenDecoder: [32] },
  });
  await new UnsupervisedTrainer(vae, { images }, { epochs: 80, batchSize: 20, lr: 1e-2, compile: true }).train();
  const { shear = [] } = vae.encode(images);
  const known = polarShears(poses);
  // Which shear counts as upright is the model's choice, so that a line is fitted to the two numbers.
  expect(explainedByLine(shear, known, 1)).toBeGreaterThan(0.9);
  vae.dispose();
});

/** Fraction of the variance of column `k` of `known` that a linear regression on both columns of `found` explains. */
function explainedByLine(found: ArrayLike<number>, known: ArrayLike<number>, k: number): number {
  const column = (rows: ArrayLike<number>, j: number) => {
    const values = Array.from(rows).filter((_, i) => i % 2 === j);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return values.map((v) => v - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const [p, q, y] = [column(found, 0), column(found, 1), column(known, k)];
  const [pp, pq, qq, py, qy, yy] = [dot(p, p), dot(p, q), dot(q, q), dot(p, y), dot(q, y), dot(y, y)];
  const determinant = pp * qq - pq * pq;
  const [u, v] = [(qq * py - pq * qy) / determinant, (pp * qy - pq * py) / determinant];
  return (u * py + v * qy) / yy;
}
