/** A custom angle prior: rods have no head, so an angle and its half turn are one. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { projectedNormal } from 'pyro-ts';
import { nanorods } from 'pyroved-data';
import { directionOf, IVAE, UnsupervisedTrainer } from 'pyroved-ts';

/** A unit vector that points at twice the angle: uniform a priori, projected normal around what the encoder gives. */
const axis = {
  kind: 'angle',
  name: 'axis',
  source: {
    site: 'own',
    encoded: 2,
    prior: () => projectedNormal([0, 0]),
    guide: (encoded) => projectedNormal(encoded),
    centre: (encoded) => projectedNormal(encoded).mean(),
  },
  toPose: (vector) => {
    const [x, y] = tf.unstack(vector, -1);
    return directionOf(tf.atan2(y, x).div(2));
  },
};

await selectEngine();
const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
const { images } = nanorods({ train: 200, test: 1, size: 16 }).train;
// Whether a rod whose ends are swapped would be turned rightly does not matter: degrees to the nearest way of lying.
const errorsOf = ({ angle }) => {
  const twice = Array.from(angle, (a, i) => 2 * (a - (images.factors.angle[i] * Math.PI) / 180));
  const mean = Math.atan2(
    twice.reduce((n, d) => n + Math.sin(d), 0),
    twice.reduce((n, d) => n + Math.cos(d), 0),
  );
  return twice
    .map((d) => (Math.abs(Math.atan2(Math.sin(d - mean), Math.cos(d - mean))) * 90) / Math.PI)
    .sort((a, b) => a - b);
};
for (const [name, anglePrior] of Object.entries({ 'projected-normal': 'projected-normal', axis })) {
  const widths = { latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [24] };
  const vae = new IVAE({ shape: [16, 16], invariances: ['r'], ...widths, anglePrior, kernel });
  // Not compiled, so that the figures below are the same with every kernel.
  const options = { epochs: 20, batchSize: 20, lr: 1e-2, compile: false };
  const trainer = new UnsupervisedTrainer(vae, { images }, options);
  const { history } = await trainer.train();
  const errors = errorsOf(vae.encode(images));
  console.log(`${name}: loss ${history.at(-1).loss.toFixed(1)} nats, median error ${errors[100].toFixed(0)} degrees`);
}
kernel.dispose();
