/** What one asks a semi-supervised model, and the pieces that one can put into a model. */
import * as tf from '@tensorflow/tfjs';
import { RandomStream, replay, seed, trace } from 'pyro-ts';
import {
  type ClassifierNet,
  type DecoderNet,
  IVAE,
  imageAt,
  imageSet,
  loadParams,
  modelFromConfig,
  type SemiSupervisedOptions,
  SSIVAE,
  saveParams,
  UnsupervisedTrainer,
} from 'pyroved-ts';
import { circularMeans } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';

const widths = { hiddenEncoder: [8], hiddenDecoder: [8], hiddenClassifier: [8] };
const options: SemiSupervisedOptions = { shape: [6, 6], numClasses: 3, invariances: ['r', 't'], ...widths };
const stream = new RandomStream('images');
const values = Float32Array.from({ length: 70 * 36 }, () => stream.next());
const labels = Int32Array.from({ length: 70 }, (_, i) => i % 3);
const set = imageSet({ images: values, labels, shape: [6, 6] });
const close = (a: ArrayLike<number>, b: ArrayLike<number>, digits = 5): void => {
  expect(a.length).toBe(b.length);
  Array.from(b).forEach((v, i) => void expect(a[i]).toBeCloseTo(v, digits));
};

describe('a model', () => {
  const vae = new SSIVAE(options);

  test('classifies with probabilities that add to 1', () => {
    const { probabilities, classes } = vae.classify(set);
    expect([probabilities.length, classes.length]).toEqual([210, 70]);
    classes.forEach((k, i) => {
      const row = probabilities.subarray(3 * i, 3 * i + 3);
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(row[k]).toBe(Math.max(...row));
    });
  });

  test('encodes given the likeliest classes unless it is told others', () => {
    const { classes } = vae.classify(set);
    expect(vae.encode(set).classes).toEqual(classes);
    close(vae.encode(set, classes).content, vae.encode(set).content);
    expect(vae.encode(set, labels).content).not.toEqual(vae.encode(set, classes).content);
    expect(() => vae.encode(set, [0, 1])).toThrow(/Expected one class for each of the 70 images; got 2/);
    expect(() =>
      vae.encode(
        set,
        labels.map(() => 3),
      ),
    ).toThrow(/Image 0 has label 3; one-hot rows need 0 to 2/);
  });

  test('decodes a class for all images or one for each, and spans each with a manifold', () => {
    const content = [0.3, -0.2, 0.3, -0.2];
    const both = vae.decode(content, { classes: [1, 2] });
    close(imageAt(both, 0), imageAt(vae.decode(content, { classes: 1 }), 1));
    close(imageAt(vae.manifold({ classes: 2, size: 3 }).images, 4), vae.decode([0, 0], { classes: 2 }).images);
  });

  test("reports each class's own upright angle, by circular means", () => {
    const means = circularMeans(Float32Array.from([3, -3, 0.2, 0.4, 1]), [0, 0, 1, 1, -1], 3);
    close(means.subarray(0, 2), [Math.PI, 0.3]);
    expect(means[2]).toBeNaN();
    // The angles of a triangle have three peaks, whose mean would be between them: that of the highest peak is taken.
    const lobes = [0.1, 0.2, 0.3, 0.2 + (2 * Math.PI) / 3, 0.2 - (2 * Math.PI) / 3, 0.25 - (2 * Math.PI) / 3];
    close(circularMeans(Float32Array.from(lobes), [0, 0, 0, 0, 0, 0], 1), [0.2]);
    const { angle = new Float32Array() } = vae.encode(set, labels);
    close(vae.classAngles(set), circularMeans(angle, labels, 3));
    const { labels: _, ...unlabelled } = set;
    expect(() => vae.classAngles(unlabelled)).toThrow(
      /requires a model that is invariant to rotation, and labelled images/,
    );
  });

  test('straightens: with the inferred angle as the reference, nothing but the shift is undone', () => {
    const still = new SSIVAE({ ...options, invariances: ['r'] });
    const reference = still.encode(set).angle as Float32Array;
    close(still.straighten(set, { reference }).images, set.images);
    expect(still.straighten(set).labels).toBe(labels);
  });

  test('comes back from its configuration and its parameters', () => {
    const again = modelFromConfig({ kind: 'ssiVAE', ...options, seed: 77 }) as SSIVAE;
    loadParams(again.params, saveParams(vae.params));
    close(again.classify(set).probabilities, vae.classify(set).probabilities, 7);
    expect(() => modelFromConfig({ ...options, kind: 'ssVAE' } as never)).toThrow(
      /no kind of model "ssVAE"\. Did you mean "ssiVAE"\?/,
    );
  });
});

test('a class prior shifts the labelled loss by its log', () => {
  const x = tf.tensor2d(values.slice(0, 4 * 36), [4, 36]);
  const y = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1], [4, 3]);
  const loss = (classPrior?: number[]): number => {
    const vae = new SSIVAE({ ...options, ...(classPrior && { classPrior }) });
    return tf.tidy(() =>
      vae.params.run(() => {
        const guide = trace(seed(() => vae.guide(x, y), 0)).getTrace();
        const model = trace(replay(() => vae.model(x, y), guide)).getTrace();
        return (guide.logProbSum().dataSync()[0] - model.logProbSum().dataSync()[0]) as never;
      }),
    ) as number;
  };
  const expected = 4 * Math.log(1 / 3) - (Math.log(0.5) + 2 * Math.log(0.3) + Math.log(0.2));
  expect(loss([5, 3, 2]) - loss()).toBeCloseTo(expected, 3);
});

describe('networks and data of other kinds', () => {
  /** One learned logit for each channel. */
  const flatDecoder: DecoderNet = {
    parameters: { logit: { init: [0, 1, -1] } },
    apply: ({ logit }, { parts: [content] }) => tf.add(tf.zeros([...content.shape.slice(0, -1), 16, 3]), logit),
  };

  test("channels come first in images, last in the decoder's output; a custom decoder fits in", async () => {
    const grey = [0.2, 0.9, 0.5];
    const images = Float32Array.from({ length: 6 * 48 }, (_, i) => grey[Math.floor(i / 16) % 3]);
    const colour = imageSet({ images, shape: [4, 4], channels: 3 });
    const vae = new IVAE({ shape: [4, 4], channels: 3, latentDim: 1, hiddenEncoder: [4], decoder: flatDecoder });
    expect(vae.params.names.filter((name) => name.startsWith('decoder'))).toEqual(['decoder.logit']);
    await new UnsupervisedTrainer(
      vae,
      { images: colour },
      { epochs: 150, batchSize: 6, lr: 0.1, compile: true },
    ).train();
    close(vae.reconstruct(colour).images, images, 1);
    const fc = new IVAE({
      shape: [4, 4],
      channels: 3,
      invariances: ['r'],
      ...{ hiddenEncoder: [4], hiddenDecoder: [4] },
    });
    expect(fc.decode([0, 0]).images.length).toBe(48);
  });

  test('a custom classifier fits in', () => {
    const constant: ClassifierNet = {
      parameters: { logits: { init: [0, 0, Math.log(2)] } },
      apply: ({ logits }, x) => tf.add(tf.zeros([x.shape[0], 3]), logits),
    };
    const vae = new SSIVAE({ ...options, classifier: constant });
    close(vae.classify(set).probabilities.subarray(0, 3), [0.25, 0.25, 0.5]);
    expect(vae.params.names).toContain('encoder_y.logits');
  });

  test('a shift-VAE finds how far a peak is moved', async () => {
    const rng = new RandomStream('peaks');
    const at = Array.from({ length: 120 }, () => 0.5 * (2 * rng.next() - 1));
    const length = 24;
    const position = (i: number) => (2 * i) / (length - 1) - 1;
    const peak = (m: number, i: number) =>
      Math.exp(-((position(i) - m) ** 2) / 0.02) + 0.5 * Math.exp(-((position(i) - m - 0.4) ** 2) / 0.02);
    const images = Float32Array.from({ length: 120 * length }, (_, i) =>
      Math.min(1, peak(at[Math.floor(i / length)], i % length)),
    );
    const signals = imageSet({ images, shape: [length] });
    const vae = new IVAE({
      shape: [length],
      latentDim: 1,
      invariances: ['t'],
      shiftPrior: 0.3,
      hiddenEncoder: [32],
      hiddenDecoder: [16],
    });
    await new UnsupervisedTrainer(
      vae,
      { images: signals },
      { epochs: 40, batchSize: 20, lr: 1e-2, compile: true },
    ).train();
    const { shift = new Float32Array() } = vae.encode(signals);
    const mean = (v: ArrayLike<number>) => Array.from(v).reduce((a, b) => a + b, 0) / v.length;
    const [ma, ms] = [mean(at), mean(shift)];
    const dot = at.reduce((n, a, i) => n + (a - ma) * (shift[i] - ms), 0);
    const norm = Math.sqrt(at.reduce((n, a) => n + (a - ma) ** 2, 0) * shift.reduce((n, s) => n + (s - ms) ** 2, 0));
    expect(dot / norm).toBeGreaterThan(0.95);
    // Straightened, all peaks lie in one place.
    const straight = vae.straighten(signals);
    const places = Array.from({ length: 120 }, (_, i) => imageAt(straight, i)).map((s) => s.indexOf(Math.max(...s)));
    const spread = Math.sqrt(mean(places.map((p) => (p - mean(places)) ** 2)));
    expect(spread).toBeLessThan(1);
  });
});
