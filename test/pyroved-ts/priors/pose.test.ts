/** Priors of the pose inside the models: where they are drawn, what they cost, and a custom prior. */
import * as tf from '@tensorflow/tfjs';
import { laplace, normal, RandomStream, replay, seed, type Trace, trace } from 'pyro-ts';
import {
  directionOf,
  IVAE,
  imageSet,
  type PosePart,
  type SemiSupervisedOptions,
  SemiSupervisedTrainer,
  SSIVAE,
  UnsupervisedTrainer,
} from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import { bar, ell, turned } from '../shapes.js';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8] };
const stream = new RandomStream('images');
const values = Float32Array.from({ length: 5 * 36 }, () => stream.next());
const x = tf.tensor2d(values, [5, 36]);
const set = imageSet({ images: values, shape: [6, 6] });

/** Guide and model of one step, replayed. */
function traces(vae: IVAE): { guide: Trace; model: Trace } {
  return vae.params.run(() => {
    const guide = trace(seed(() => vae.guide(x), 0)).getTrace();
    return { guide, model: trace(replay(() => vae.model(x), guide)).getTrace() };
  });
}
const numbers = (t: tf.Tensor): number[] => Array.from(t.dataSync());

describe('a projected normal angle', () => {
  const vae = new IVAE({ shape: [6, 6], invariances: ['r', 't'], anglePrior: 'projected-normal', ...widths });
  const { guide, model } = traces(vae);

  test('has a site of its own, whose draws are unit vectors, uniform a priori', () => {
    expect(vae.latents.columnNames).toEqual(['shift 1', 'shift 2', 'z1', 'z2']);
    expect(guide.get('latent').value.shape).toEqual([5, 4]);
    expect(guide.get('angle').value.shape).toEqual([5, 2]);
    for (const length of numbers(tf.norm(guide.get('angle').value, 'euclidean', -1))) expect(length).toBeCloseTo(1, 6);
    for (const logProb of numbers(model.get('angle').logProb)) expect(logProb).toBeCloseTo(-Math.log(2 * Math.PI), 6);
  });

  test("turns the decoder's coordinates by the drawn unit vector itself", () => {
    const [content, shift, v] = [
      tf.slice(guide.get('latent').value, [0, 2]),
      tf.mul(tf.slice(guide.get('latent').value, [0, 0], [5, 2]), 0.1),
      guide.get('angle').value.arraySync() as number[][],
    ];
    const angle = v.map(([cos, sin]) => Math.atan2(sin, cos));
    const decoded = vae.decode(numbers(content), { angle, shift: numbers(shift) });
    const mean = numbers(model.get('obs').fn.mean());
    decoded.images.forEach((value, i) => void expect(value).toBeCloseTo(mean[i], 5));
  });

  test("encode gives the direction of the guide's concentration", () => {
    const concentration = guide.get('angle').fn.parameters.concentration.arraySync() as number[][];
    const { angle = [] } = vae.encode(set);
    concentration.forEach(([a, b], i) => void expect(angle[i]).toBeCloseTo(Math.atan2(b, a), 5));
  });
});

test('a normal angle with a scale is that many radians for a latent of 1', () => {
  const vae = new IVAE({ shape: [6, 6], invariances: ['r'], anglePrior: { name: 'normal', scale: 0.5 }, ...widths });
  const { guide } = traces(vae);
  const loc = guide.get('latent').fn.parameters.loc.arraySync() as number[][];
  const { angle = [] } = vae.encode(set);
  loc.forEach(([z], i) => void expect(angle[i]).toBeCloseTo(0.5 * z, 6));
});

test('shift and scale take a width for each axis', () => {
  const vae = new IVAE({
    shape: [6, 6],
    invariances: ['s', 't'],
    shiftPrior: [0.1, 0.3],
    scalePrior: [0.2, 0.4],
    ...widths,
  });
  expect(vae.latents.columnNames).toEqual(['shift 1', 'shift 2', 'scale 1', 'scale 2', 'z1', 'z2']);
  const loc = traces(vae).guide.get('latent').fn.parameters.loc.arraySync() as number[][];
  const { shift = [], scale = [] } = vae.encode(set);
  loc.forEach(([tx, ty, sx, sy], i) => {
    const found = [shift[2 * i], shift[2 * i + 1], scale[2 * i], scale[2 * i + 1]];
    [0.1 * tx, 0.3 * ty, 1 + 0.2 * sx, 1 + 0.4 * sy].forEach((v, k) => void expect(found[k]).toBeCloseTo(v, 6));
  });
  expect(vae.straighten(set).images.every((v) => v >= 0 && v <= 1)).toBe(true);
});

/** Angles near upright, on a site of its own with draws that are numbers. */
const nearUpright: PosePart = {
  kind: 'angle',
  name: 'near-upright',
  source: {
    site: 'own',
    encoded: 2,
    prior: () => normal(0, 0.2),
    guide: (encoded) => {
      const [loc, spread] = tf.unstack(encoded, -1);
      return normal(loc, tf.softplus(spread));
    },
    centre: (encoded) => tf.unstack(encoded, -1)[0],
  },
  toPose: directionOf,
};

describe.each<[string, Partial<SemiSupervisedOptions>]>([
  ['all pixels', {}],
  ['some pixels', { pixels: 20 }],
  ['some pixels, sum and sample', { pixels: 20, enumerate: 'sum-and-sample' }],
])('a custom prior, in a semi-supervised model with %s', (_, extra) => {
  test('is drawn for each class, weighted, trained and reported', async () => {
    const vae = new SSIVAE({
      shape: [8, 8],
      numClasses: 2,
      invariances: ['r'],
      anglePrior: nearUpright,
      ...widths,
      ...extra,
    });
    const unlabelled = turned([ell, bar], 20, 8, 0.3, 'own');
    const labelled = turned([ell, bar], 10, 8, 0.3, 'own labelled');
    const trainer = new SemiSupervisedTrainer(vae, { unlabelled, labelled }, { epochs: 15, batchSize: 10, lr: 1e-2 });
    const { history } = await trainer.train();
    expect(history[14].loss).toBeLessThan(0.8 * history[0].loss);
    expect(vae.encode(unlabelled).angle?.length).toBe(20);
  });
});

test('shift and scale take custom priors, on sites of their own or in the joint latent', async () => {
  /** Heavier tails than the normal prior has. */
  const laplaceShift: PosePart = {
    kind: 'shift',
    name: 'laplace',
    source: {
      site: 'own',
      encoded: 4,
      prior: () => laplace(0, 0.1).expand([2]).toEvent(1),
      guide: (encoded) => {
        const [loc, spread] = tf.split(encoded, 2, -1);
        return laplace(tf.mul(loc, 0.1), tf.mul(tf.softplus(spread), 0.1)).toEvent(1);
      },
      centre: (encoded) => tf.mul(tf.split(encoded, 2, -1)[0], 0.1),
    },
    toPose: (shift) => shift,
  };
  /** Never 0 or below. */
  const logNormalScale: PosePart = {
    kind: 'scale',
    name: 'log-normal',
    source: { site: 'joint', columns: 1 },
    toPose: (z) => tf.exp(tf.mul(z, 0.2)),
  };
  const vae = new IVAE({
    shape: [6, 6],
    invariances: ['r', 't', 's'],
    shiftPrior: laplaceShift,
    scalePrior: logNormalScale,
    ...widths,
  });
  expect(vae.latents.columnNames).toEqual(['angle', 'scale', 'z1', 'z2']);
  const { guide, model } = traces(vae);
  const drawn = guide.get('shift').value.arraySync() as number[][];
  numbers(model.get('shift').logProb).forEach((logProb, i) => {
    const expected = drawn[i].reduce((sum, v) => sum - Math.abs(v) / 0.1 - Math.log(0.2), 0);
    expect(logProb).toBeCloseTo(expected, 4);
  });
  const loc = guide.get('latent').fn.parameters.loc.arraySync() as number[][];
  const { scale = [], shift } = vae.encode(set);
  loc.forEach(([, z], i) => void expect(scale[i]).toBeCloseTo(Math.exp(0.2 * z), 6));
  expect(shift).toEqual(guide.get('shift').fn.mean().dataSync());
  const images = turned([ell], 20, 6, 0.5, 'shifted');
  const { history } = await new UnsupervisedTrainer(vae, { images }, { epochs: 12, batchSize: 10, lr: 1e-2 }).train();
  expect(history[11].loss).toBeLessThan(history[0].loss);
  const wrong = { shape: [6, 6], invariances: ['t', 's'] as const };
  expect(() => new IVAE({ ...wrong, shiftPrior: logNormalScale })).toThrow(
    /shiftPrior: "log-normal" must be a prior of the shift; got one of the scale/,
  );
  expect(() => new IVAE({ ...wrong, scalePrior: laplaceShift })).toThrow(
    /scalePrior: "laplace" must be a prior of the scale; got one of the shift/,
  );
});

test('a prior of another part is rejected as an angle prior', () => {
  const wrong: PosePart = { ...nearUpright, kind: 'shift' };
  expect(() => new IVAE({ shape: [6, 6], invariances: ['r'], anglePrior: wrong })).toThrow(
    /anglePrior: "near-upright" must be a prior of the angle; got one of the shift/,
  );
});
