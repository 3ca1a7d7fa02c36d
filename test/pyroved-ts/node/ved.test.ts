/** The encoder-decoder: pyroVED's weights give its outputs, and its exported networks answer the same. */
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-web';
import { importRun, loadVED, predictOutputs } from 'pyroved';
import { encodeOnnx, graphModelArtifacts, imageSet, modelGraphs } from 'pyroved-ts';
import { importPyrovedVED } from 'pyroved-ts/node';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../pyroved/storage/helpers.js';
import { distance } from '../export/models.js';
import { bytesOf, expected, pathOf } from './weights.js';

const flat = (rows: unknown): number[] => (Array.isArray(rows) ? rows.flatMap(flat) : [Number(rows)]);

const cases = {
  ved: { options: {}, sizes: { inputShape: [8, 8], inputChannels: 2, outputShape: [8], outputChannels: 1 } },
  ved_norm: {
    options: { outputShape: [8, 4], activation: 'gelu' as const },
    sizes: { inputShape: [12], inputChannels: 1, outputShape: [8, 4], outputChannels: 2 },
  },
};

describe.each(Object.entries(cases))('%s', (name, { options, sizes }) => {
  const wanted = expected[name];
  const { model, notes } = importPyrovedVED(bytesOf(name), options);
  const set = imageSet({
    images: Float32Array.from(flat(wanted.x)),
    shape: sizes.inputShape,
    channels: sizes.inputChannels,
  });

  it('finds the sizes, and says what it assumed', () => {
    expect(model.options).toMatchObject(sizes);
    const guessed = ['inputShape 8 x 8', 'outputShape 8', 'activation leakyRelu', 'likelihood bernoulli'];
    expect(notes).toEqual(name === 'ved' ? guessed : ['inputShape 12', 'activation gelu', 'likelihood bernoulli']);
  });

  it('encodes and decodes as the original', () => {
    const { content, contentScale } = model.encode(set);
    expect(distance(content, flat(wanted.loc))).toBeLessThan(1e-5);
    expect(distance(contentScale, flat(wanted.scale))).toBeLessThan(1e-5);
    expect(distance(model.decode(flat(wanted.z)).images, flat(wanted.image))).toBeLessThan(1e-5);
  });

  it('as ONNX and as TensorFlow.js models', async () => {
    ort.env.wasm.numThreads = 1;
    const answers: Record<string, { given: number[]; outputs: Record<string, number[]> }> = {
      encoder: { given: flat(wanted.x), outputs: { content: flat(wanted.loc), content_scale: flat(wanted.scale) } },
      decoder: { given: flat(wanted.z), outputs: { target: flat(wanted.image) } },
    };
    for (const graph of await modelGraphs({ model })) {
      const { given, outputs } = answers[graph.name];
      const [{ name: input, shape }] = graph.inputs;
      const dims = [4, ...shape.slice(1)];
      const session = await ort.InferenceSession.create(encodeOnnx(graph), { executionProviders: ['wasm'] });
      const found = await session.run({ [input]: new ort.Tensor('float32', Float32Array.from(given), dims) });
      const loaded = await tf.loadGraphModel(tf.io.fromMemory(graphModelArtifacts(graph)));
      for (const [output, values] of Object.entries(outputs)) {
        expect(distance(found[output].data as Float32Array, values)).toBeLessThan(1e-5);
        const tensor = loaded.execute({ [input]: tf.tensor(given, dims) }, output) as tf.Tensor;
        expect(distance(tensor.dataSync(), values)).toBeLessThan(1e-5);
      }
      loaded.dispose();
    }
  });
});

it('a run of it predicts', () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'run');
  importRun(pathOf('ved'), out, { outputNormalisation: { low: 10, high: 30 } });
  const trained = loadVED(out);
  const set = imageSet({ images: Float32Array.from(flat(expected.ved.x)), shape: [8, 8], channels: 2 });
  const plain = trained.model.predict(set).mean.images;
  expect(
    distance(
      predictOutputs(trained, set).mean.images,
      plain.map((v) => 10 + 20 * v),
    ),
  ).toBeLessThan(1e-4);
  const other = path.join(folder, 'other');
  expect(() => importRun(pathOf('ved'), other, { invariances: ['r'] })).toThrow(
    /invariances is not an option of a VED/,
  );
  expect(() => importRun(pathOf('ivae'), other, { outputShape: [8] })).toThrow(/outputShape is an option of a VED/);
  fs.rmSync(folder, { recursive: true });
});

it('a run of it whose weights do not fit the configuration leaves no tensor', () => {
  const folder = temporaryFolder();
  const { run } = importRun(pathOf('ved'), path.join(folder, 'run'));
  const file = path.join(run.path, 'config.json');
  const config = JSON.parse(fs.readFileSync(file, 'utf8')) as { model: object };
  fs.writeFileSync(file, JSON.stringify({ ...config, model: { ...config.model, latentDim: 3 } }));
  const { numTensors } = tf.memory();
  expect(() => loadVED(run.path)).toThrow(/has \d+ values|shape/);
  expect(tf.memory().numTensors).toBe(numTensors);
  fs.rmSync(folder, { recursive: true });
});

it('other weights are rejected', () => {
  expect(() => importPyrovedVED(bytesOf('ivae'), {}, 'ivae.pt')).toThrow('ivae.pt does not hold the weights of a VED.');
  expect(() => importPyrovedVED(bytesOf('ved'), { inputShape: [16, 16] }, 'ved.pt')).toThrow(
    /^ved\.pt: "encoder_z\.features2latent\.fc_latent\.weight" has the shape \[32, 4\] where the other weights need \[128, 4\]\.$/,
  );
  expect(() => importPyrovedVED(bytesOf('ved_norm'), {}, 'v.pt')).toThrow(
    'v.pt does not tell its outputShape. Give it.',
  );
});
