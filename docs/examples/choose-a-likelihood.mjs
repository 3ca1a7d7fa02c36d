/** Noisy images under four likelihoods: how near each reconstruction comes to the image without noise. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { RandomStream } from 'pyro-ts';
import { nanorods } from 'pyroved-data';
import { IVAE, imageSet, UnsupervisedTrainer } from 'pyroved-ts';

await selectEngine();
const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
const [size, noise] = [16, 0.2];
const clean = nanorods({ train: 200, test: 1, size }).train.images;
const rng = new RandomStream('noise');
const noisy = clean.images.map((value) => value + noise * rng.nextNormal());
const clipped = noisy.map((value) => Math.min(1, Math.max(0, value)));

const choices = {
  bernoulli: [clipped, { likelihood: 'bernoulli' }],
  'continuous-bernoulli': [clipped, { likelihood: 'continuous-bernoulli' }],
  'gaussian, 0.5': [noisy, { likelihood: 'gaussian', decoderSigma: 0.5 }],
  'gaussian, learned': [noisy, { likelihood: 'gaussian', decoderSigma: 'learned' }],
};
for (const [name, [values, choice]] of Object.entries(choices)) {
  const widths = { latentDim: 2, hiddenEncoder: [32], hiddenDecoder: [24] };
  const model = new IVAE({ shape: [size, size], invariances: ['r'], ...widths, ...choice, kernel, seed: 1 });
  const images = imageSet({ images: values, shape: [size, size] });
  const options = { epochs: 25, batchSize: 25, lr: 1e-2, seed: 1, compile: true };
  await new UnsupervisedTrainer(model, { images }, options).train();
  const found = model.reconstruct(images).images;
  const rms = Math.sqrt(found.reduce((sum, value, i) => sum + (value - clean.images[i]) ** 2, 0) / found.length);
  const sigma = model.params.has('likelihood.sigma') ? model.params.get('likelihood.sigma').dataSync()[0] : undefined;
  console.log(
    `${name}: error ${rms.toFixed(2)}${sigma === undefined ? '' : `, standard deviation ${sigma.toFixed(2)}`}`,
  );
  model.dispose();
}
kernel.dispose();
