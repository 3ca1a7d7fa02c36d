/** The library in a page: models are trained there, and an exported one is loaded from a URL. */
import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { exportedFiles, ssrVAE } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserProgram, chromium, type Message, Site, where } from './chromium.js';

/** Starts the engine as docs/engines.md says, trains an rVAE on bars at any angle, and asks an exported classifier. */
const script = `${browserProgram}
  import * as tf from '@tensorflow/tfjs';
  import { imageSet, rVAE, UnsupervisedTrainer } from 'pyroved-ts';

  const side = 12;
  const images = Float32Array.from({ length: 80 * side * side }, (_, i) => {
    const angle = Math.floor(i / (side * side)) * 0.7;
    const [row, column] = [Math.floor(i / side) % side, i % side];
    const across = (row - 5.5) * Math.cos(angle) + (column - 5.5) * Math.sin(angle);
    return Math.abs(across) < 1.5 ? 1 : 0;
  });
  const set = imageSet({ images, shape: [side, side] });
  const model = rVAE({ shape: [side, side], hiddenEncoder: [16], hiddenDecoder: [16], seed: 1 });
  const trainer = new UnsupervisedTrainer(model, { images: set }, { epochs: 4, batchSize: 16, seed: 1, lr: 3e-3 });
  const before = tf.memory().numTensors;
  await trainer.train();
  const { step, history } = trainer;
  const latents = model.encode(set);

  const classifier = await tf.loadGraphModel('/model/classifier/model.json');
  const given = tf.tensor4d(images.subarray(0, 3 * side * side), [3, 1, side, side]);
  const probabilities = classifier.execute({ image: given }, 'probabilities').arraySync();
  tell({
    engine: tf.getBackend(), step, probabilities,
    losses: history.map(({ loss }) => loss),
    finite: [...latents.content, ...latents.angle].every(Number.isFinite),
    leaked: tf.memory().numTensors - before,
    images: Array.from(images.subarray(0, 3 * side * side)),
  });`;

interface Answer extends Message {
  readonly engine: string;
  readonly step: number;
  readonly losses: readonly number[];
  readonly finite: boolean;
  readonly probabilities: readonly (readonly number[])[];
  readonly images: readonly number[];
}

describe.skipIf(chromium === undefined)(where, () => {
  let site: Site<Answer>;
  const model = ssrVAE({ shape: [12, 12], numClasses: 2, recognition: {}, seed: 3 });

  beforeAll(async () => {
    await selectEngine();
    const files = await exportedFiles({ model, classNames: ['bar', 'cross'] }, 'tfjs');
    site = await Site.open({
      script,
      files: new Map(files.map(({ name, content }) => [`/model/${name}`, content])),
      exclude: ['@pyro-ts/engine', '@pyro-ts/spatial-decoder', '@pyro-ts/compile', 'pyro-ts', 'pyroved-ts'],
      include: ['mathjs', 'fflate', 'protobufjs/light.js', 'seedrandom', 'fastest-levenshtein'],
    });
  });
  afterAll(() => {
    model.dispose();
    return site?.close();
  });

  it('trains an rVAE, and asks a classifier that Node exported', async () => {
    const answer = await site.visit(true);
    expect(answer.error).toBeUndefined();
    expect(answer).toMatchObject({ engine: 'wasm', step: 20, finite: true });
    const { losses = [], probabilities = [], images = [] } = answer;
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(losses[0]);
    const expected = tf.tidy(() =>
      model.params.run(() => tf.softmax(model.classLogits(tf.tensor2d([...images], [3, 144])))).dataSync(),
    );
    expect(probabilities.flat()).toHaveLength(6);
    for (const [i, p] of probabilities.flat().entries()) expect(p).toBeCloseTo(expected[i], 4);
  });
});
