/** What is exported of a model with templates: recognition's classifier and the pictures of the classes. */
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-web';
import { RandomStream } from 'pyro-ts';
import { encodeOnnx, modelGraphs, ssiVAE, TemplateSSIVAE } from 'pyroved-ts';
import { expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';

test('a classifier and the pictures, as ONNX Runtime runs them', async () => {
  ort.env.wasm.numThreads = 1;
  const model = ssiVAE({
    ...{ shape: [8, 7], numClasses: 3, invariances: ['r', 't'], decoder: 'template' },
    recognition: { body: 'dense', features: 4, views: 3 },
  }) as TemplateSSIVAE;
  expect(model).toBeInstanceOf(TemplateSSIVAE);
  const rng = new RandomStream('pictures');
  const pictures = Float32Array.from({ length: 3 * 56 }, () => rng.next());
  model.setPictures(pictures);
  const graphs = await modelGraphs({ model });
  expect(graphs.map(({ name }) => name)).toEqual(['classifier', 'pictures']);
  const [classifier, drawn] = await Promise.all(graphs.map((graph) => ort.InferenceSession.create(encodeOnnx(graph))));
  const classes = Float32Array.of(0, 1, 0, 1, 0, 0);
  const shown = await drawn.run({ class: new ort.Tensor('float32', classes, [2, 3]) });
  expect(shown.image.dims).toEqual([2, 1, 8, 7]);
  expectClose(shown.image.data as Float32Array, [...pictures.subarray(56, 112), ...pictures.subarray(0, 56)]);
  const x = Float32Array.from({ length: 2 * 56 }, () => rng.next());
  const { probabilities } = await classifier.run({ image: new ort.Tensor('float32', x, [2, 1, 8, 7]) });
  const own = tf.tidy(() =>
    model.params.run(() => Array.from(tf.softmax(model.classLogits(tf.tensor2d(x, [2, 56]))).dataSync()) as never),
  ) as number[];
  expectClose(probabilities.data as Float32Array, own, 1e-4, 1e-5);
  model.dispose();
});
