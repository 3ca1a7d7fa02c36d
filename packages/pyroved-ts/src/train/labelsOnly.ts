/** Baseline for semi-supervised models: a plain network trained only on the labelled images. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  module,
  oneHotCategorical,
  ParamStore,
  plate,
  RandomStream,
  SVI,
  sample,
  seed as seeded,
  TraceELBO,
} from 'pyro-ts';
import { type AffineRanges, drawPoses, posedImages } from '../coordinates/index.js';
import { orderedBatches } from '../data/batches.js';
import { gather, imageSize, oneHot } from '../data/index.js';
import { fcClassifier } from '../nets/index.js';
import { type OptionTable, positiveInteger, resolveOptions } from '../options.js';
import { imageTensor, type TrainingImages, tidied } from './data.js';

/** Options of `labelsOnlyAccuracy`. */
export interface LabelsOnlyOptions {
  readonly numClasses: number;
  /** Poses at which the labelled images are shown. */
  readonly ranges: AffineRanges;
  /** Number of steps, each on 48 images. @default 1200 */
  readonly steps?: number;
  /** @default 1 */
  readonly seed?: number | string;
}

const table = {
  numClasses: { required: true, ...positiveInteger },
  ranges: { required: true },
  steps: { default: 1200, ...positiveInteger },
  seed: { default: 1 as number | string },
} satisfies OptionTable<LabelsOnlyOptions>;

const [BATCH, RATE] = [48, 1e-3];

/**
 * Accuracy on `test` of a network with two hidden layers of 128 units, trained on the labelled images at random poses.
 * @example labelsOnlyAccuracy(labelled, validation, { numClasses: 4, ranges: { angle: Math.PI, shift: 0.2 } })
 */
export function labelsOnlyAccuracy(labelled: TrainingImages, test: TrainingImages, options: LabelsOnlyOptions): number {
  const { numClasses, ranges, steps, seed } = resolveOptions('labelsOnlyAccuracy', options, table);
  const { shape, channels } = labelled;
  const net = fcClassifier({ input: imageSize(labelled), hidden: [128, 128], activation: 'tanh', numClasses });
  const params = new ParamStore();
  const labels = labelled.labels as Int32Array;
  const logits = (x: tf.Tensor): tf.Tensor => module('classifier', net)(x);
  const model = (x: tf.Tensor, y: tf.Tensor): void => {
    plate('data', x.shape[0], () => sample('y', oneHotCategorical({ logits: logits(x) }), { obs: y }));
  };
  const optimizer = new Adam({ lr: RATE });
  const svi = new SVI(model, () => {}, optimizer, new TraceELBO({ maxPlateNesting: 1 }), { params, seed });
  params.run(() => seeded.with(seed, () => module('classifier', net)));
  for (let step = 0; step < steps; step++) {
    const stream = new RandomStream(seed).fork(`labels only/${step}`);
    const indices = Int32Array.from({ length: BATCH }, () => stream.nextInt(labelled.count));
    const poses = drawPoses(BATCH, ranges, stream, shape.length);
    const images = posedImages(gather(labelled, indices), shape, channels, poses);
    optimizer.lrFactor = 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    tidied(() => {
      const known = oneHot(
        indices.map((i) => labels[i]),
        numClasses,
      );
      return svi.step(tf.tensor2d(images, [BATCH, imageSize(labelled)]), tf.tensor2d(known, [BATCH, numClasses]));
    });
  }
  let right = 0;
  for (const indices of orderedBatches(test.count, 256)) {
    right += tidied(() => {
      const found = params.run(() => tf.argMax(logits(imageTensor(test, indices)), -1)).dataSync<'int32'>();
      return indices.reduce((n, i, k) => n + (found[k] === test.labels?.[i] ? 1 : 0), 0);
    });
  }
  params.dispose();
  return right / test.count;
}
