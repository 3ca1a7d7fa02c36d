/** A prior of the scale that is never negative: the logarithm of the magnification is normal. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import { IVAE, imageSet, UnsupervisedTrainer } from 'pyroved-ts';

/** One column of the joint latent, which is standard normal, and what a value of it does to the object. */
const logNormalScale = (spread) => ({
  kind: 'scale',
  name: 'log-normal',
  source: { site: 'joint', columns: 1 },
  toPose: (z) => tf.exp(tf.mul(z, spread)),
});

/** Discs of 8 x 8 pixels, magnified by known factors. */
const size = 8;
const rng = new RandomStream('discs');
const factors = Array.from({ length: 150 }, () => Math.exp(0.3 * rng.nextNormal()));
const coordinate = (i) => (2 * i) / (size - 1) - 1;
const discs = factors.flatMap((factor) =>
  Array.from({ length: size * size }, (_, i) => {
    const distance = Math.hypot(coordinate(i % size), coordinate(Math.floor(i / size)));
    return 1 / (1 + Math.exp((distance / factor - 0.5) * 12));
  }),
);
const images = imageSet({ images: Float32Array.from(discs), shape: [size, size] });

await selectEngine();
const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
for (const [name, scalePrior] of Object.entries({ normal: 0.3, 'log-normal': logNormalScale(0.3) })) {
  const widths = { latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [24] };
  const model = new IVAE({ shape: [size, size], invariances: ['s'], ...widths, scalePrior, kernel, seed: 1 });
  const options = { epochs: 40, batchSize: 25, lr: 1e-2, seed: 1, compile: true };
  const { history } = await new UnsupervisedTrainer(model, { images }, options).train();
  const { scale } = model.encode(images);
  // The zero of the logarithm is the decoder's to choose: only ratios of magnifications are compared.
  const r = correlation(Array.from(scale, Math.log), factors.map(Math.log));
  const loss = history.at(-1).loss.toFixed(0);
  console.log(
    `${name}: loss ${loss} nats, correlation of inferred and true log magnification ${Math.abs(r).toFixed(2)}`,
  );
  model.dispose();
}
kernel.dispose();

function correlation(a, b) {
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const centred = (values) => values.map((v) => v - mean(values));
  const product = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const [x, y] = [centred(a), centred(b)];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}
