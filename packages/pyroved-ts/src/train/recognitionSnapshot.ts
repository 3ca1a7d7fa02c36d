/** Snapshots of recognition in the training of a template model: its class probabilities and its weights. */
import * as tf from '@tensorflow/tfjs';
import { orderedBatches } from '../data/batches.js';
import type { TemplateSSIVAE } from '../models/index.js';
import { softened } from '../models/template.js';
import { tidyHost } from '../tidyHost.js';
import { imageTensor, type TrainingImages } from './data.js';

/** Batch size of recognition. */
const AT_ONCE = 128;

/** Weights of recognition by the names of the parameters. */
export type RecognitionWeights = ReadonlyMap<string, Float32Array>;

/** Log of the softened class probabilities of recognition for each image, [count, K]. */
export function softenedRecognition(model: TemplateSSIVAE, images: TrainingImages): Float32Array {
  const { numClasses } = model;
  const found = new Float32Array(images.count * numClasses);
  for (const indices of orderedBatches(images.count, AT_ONCE)) {
    const probabilities = tidyHost(() =>
      model.params.run(() =>
        tf
          .softmax(model.classLogits(imageTensor(images, indices)), 1)
          .dataSync()
          .slice(),
      ),
    );
    found.set(probabilities, indices[0] * numClasses);
  }
  return found.map((p) => softened(Math.log(p), numClasses));
}

/** The current weights of recognition. */
export function recognitionWeights({ params }: TemplateSSIVAE): RecognitionWeights {
  const names = params.names.filter((name) => name.startsWith('encoder_y.'));
  return new Map(names.map((name) => [name, params.get(name).dataSync<'float32'>().slice()]));
}

/** Sets the weights of recognition. */
export function setRecognitionWeights({ params }: TemplateSSIVAE, weights: RecognitionWeights): void {
  tf.tidy(() => {
    for (const [name, values] of weights) params.set(name, tf.tensor(values, params.get(name).shape));
  });
}
