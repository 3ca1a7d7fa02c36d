/** Compiled steps of the image models against the engine's: loss and every gradient, on every kernel that runs here. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { type ELBO, type ParamStore, RandomStream, TraceELBO } from 'pyro-ts';
import { convNet, iVAE, jiVAE, RecognitionSSIVAE, rVAE, ssRegIVAE, ssrVAE, VED } from 'pyroved-ts';
import { afterAll, describe, it } from 'vitest';
import { expectBothWays } from '../../pyro-ts/compiled/followed.js';
import { all, slow } from '../../slow.js';

const [side, count, numClasses] = [16, 12, 3];
const shape = [side, side] as const;
const kernel = await selectKernel({ threads: 1 });
afterAll(() => kernel.dispose());

const stream = new RandomStream('images');
const drawn = (...size: number[]): tf.Tensor => tf.keep(stream.fill(size, () => stream.next()));
const classOf = tf.tensor1d(
  Array.from({ length: count }, (_, i) => i % numClasses),
  'int32',
);
const classes = tf.keep(tf.cast(tf.oneHot(classOf, numClasses), 'float32'));
const batches = [0, 1, 2].map(() => drawn(count, side ** 2));
const terms = [0, 1, 1.5].map((w) => ({ klWeight: tf.keep(tf.scalar(w)) }));
const pose = { angle: drawn(count), shift: drawn(count, 2) };

const small = { shape, latentDim: 2, hiddenEncoder: [24, 16], hiddenDecoder: [16, 16], kernel };
const known = { ...small, numClasses, hiddenClassifier: [16] };
const convolutional = convNet({ blocks: [[4], [8, 8]] });

/** A model whose programs take images, what is known of them, and weights. */
interface ImageModel<Y> {
  readonly model: (x: tf.Tensor, y: Y, terms: { klWeight?: number | tf.Scalar }) => void;
  readonly guide: (x: tf.Tensor, y: Y, terms: { klWeight?: number | tf.Scalar }) => void;
  readonly params: ParamStore;
  elbo(): ELBO;
}

/** Three steps, each on images of its own. */
function expectCompiled<Y>(make: () => ImageModel<Y>, y: Y, tolerance?: number): void {
  const programs = () => {
    const made = make();
    return { model: made.model, guide: made.guide, params: made.params, elbo: () => made.elbo() };
  };
  const args = batches.map((x, i): [tf.Tensor, Y, (typeof terms)[0]] => [x, y, terms[i]]);
  expectBothWays(programs, { args, tolerance });
}

// Probabilities of classes and bins come from log-probabilities of some 170 nats, which float32 holds to 1e-5: the engines differ by as much among themselves.
const OF_CLASSES = 1e-4;

// A rounding at a kink of a ReLU moves gradients by the share of one image in them; the engines differ by as much.
const AT_A_KINK = 2e-2;

describe('unsupervised models', () => {
  const daily = ['rotation and translation', 'scale and shear', 'convolutional encoder and decoder'];
  const models: [string, () => ImageModel<tf.Tensor | undefined>][] = [
    ['without a pose', () => iVAE(small)],
    ['rotation and translation', () => rVAE(small)],
    ['scale and shear', () => rVAE({ ...small, invariances: ['r', 't', 's', 'h'] })],
    ['a convolutional encoder', () => rVAE({ ...small, encoder: convolutional })],
    ['convolutional encoder and decoder', () => iVAE({ ...small, encoder: convolutional, decoder: convolutional })],
    ['a normal likelihood', () => rVAE({ ...small, likelihood: 'gaussian' })],
    ['a subset of the pixels', () => rVAE({ ...small, pixels: 40 })],
  ];
  it.each(all ? models : models.filter(([name]) => daily.includes(name)))('%s', (_, make) => {
    expectCompiled<tf.Tensor | undefined>(make, undefined);
  });

  it.each([
    ['the joint model', () => jiVAE({ ...small, numClasses })],
    ['binned angles', () => rVAE({ ...small, angleGuide: 'binned', angleBins: 4 })],
  ])('%s', (_, make) => {
    expectCompiled<tf.Tensor | undefined>(make, undefined, OF_CLASSES);
  });
});

describe('semi-supervised models', () => {
  it.each([
    ['unlabelled', undefined],
    ['labelled', classes],
  ])("the paper's model, %s", (_, y) => {
    expectCompiled<tf.Tensor | undefined>(() => ssrVAE(known), y, OF_CLASSES);
    const joint = () => {
      const model = ssrVAE(known);
      return { model: model.jointModel, guide: model.guide, params: model.params, elbo: () => model.elbo() };
    };
    expectCompiled<tf.Tensor | undefined>(joint, y, OF_CLASSES);
  });

  it('regression', () => {
    const make = () => ssRegIVAE({ ...small, targets: ['a', 'b'] });
    for (const y of [undefined, drawn(count, 2)]) expectCompiled<tf.Tensor | undefined>(make, y);
  });

  const recognising = () =>
    new RecognitionSSIVAE({ ...small, numClasses, invariances: ['r', 't'], recognition: { views: 6 } });

  it.each([
    ['unlabelled', undefined],
    ['labelled', classes],
  ])('with recognition, %s', (_, y) => {
    expectCompiled<tf.Tensor | undefined>(recognising, y);
  });

  it('with recognition, images of known pose', () => {
    const make = () => {
      const { posedModel: model, posedGuide: guide, params, plateNesting: maxPlateNesting } = recognising();
      return { model, guide, params, elbo: () => new TraceELBO({ maxPlateNesting }) };
    };
    const args = batches.map((x, i): Parameters<RecognitionSSIVAE['posedModel']> => [x, classes, pose, terms[i]]);
    expectBothWays(make, { args });
  });

  slow('training of recognition', () => {
    const make = () => {
      const { recognitionModel: model, params } = recognising();
      return { model, params };
    };
    const further = { x: batches[1], y: classes, weights: drawn(count) as tf.Tensor1D };
    const args = batches.flatMap((x): Parameters<RecognitionSSIVAE['recognitionModel']>[] => [
      [x, classes, pose, {}, undefined],
      [x, classes, pose, {}, further],
    ]);
    expectBothWays(make, { args, worst: AT_A_KINK });
  });
});

it('an encoder-decoder', () => {
  const make = () =>
    new VED({ inputShape: [side, side], outputShape: [12], hiddenEncoder: [[4], [8, 8]], hiddenDecoder: [[8], [4]] });
  const make2 = () => {
    const made = make();
    return { model: made.model, guide: made.guide, params: made.params, elbo: () => made.elbo() };
  };
  const args = batches.map((x, i): [tf.Tensor, tf.Tensor, object] => [x, drawn(count, 12), terms[i]]);
  expectBothWays(make2, { args });
});
