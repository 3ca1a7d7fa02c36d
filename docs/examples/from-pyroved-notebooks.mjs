/** The steps of pyroVED's notebooks: an rVAE, a joint rVAE that finds classes, and a semi-supervised rVAE. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { cards } from 'pyroved-data';
import { accuracyOf, JIVAE, rVAE, SemiSupervisedTrainer, ssrVAE, UnsupervisedTrainer } from 'pyroved-ts';

await selectEngine();
const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
const simple = { size: 10, angle: 30, labelledAngle: 2, shear: 0, scale: [1, 1], translation: 0 };
const sets = cards({ ...simple, labelledPerClass: 20, unlabelledPerClass: 40, validationPerClass: 25, seed: 1 });
const { labelled, unlabelled, validation } = sets;
const sizes = { shape: [10, 10], latentDim: 2, hiddenEncoder: [32], hiddenDecoder: [16], kernel, seed: 1 };

// rvae = pv.models.iVAE(data_dim, latent_dim=2, invariances=['r']); trainer = pv.trainers.SVItrainer(rvae)
const rvae = rVAE({ ...sizes, invariances: ['r'] });
const options = { epochs: 8, batchSize: 20, lr: 5e-3, seed: 1, compile: true };
const { history } = await new UnsupervisedTrainer(rvae, { images: unlabelled }, options).train();
console.log(
  `rVAE: ${history.length} epochs, loss ${history[0].loss.toFixed(0)} to ${history.at(-1).loss.toFixed(0)} nats`,
);

// z_mean, z_sd = rvae.encode(data); rvae.manifold2d(d=4)
const { content, contentScale, angle } = rvae.encode(validation);
console.log(
  'encode:',
  content.length,
  contentScale.length,
  angle.length,
  'manifold:',
  rvae.manifold({ size: 4 }).images.count,
);

// jrvae = pv.models.jiVAE(data_dim, latent_dim=2, discrete_dim=4, invariances=['r']), with enumerate_parallel=True
const jrvae = new JIVAE({ ...sizes, numClasses: 4, invariances: ['r'] });
const schedule = { klWeight: 'max(3, 40 - 5 * epoch)', discreteKlWeight: 3 };
await new UnsupervisedTrainer(jrvae, { images: unlabelled }, { ...options, epochs: 2, ...schedule }).train();
console.log('jrVAE: probabilities of', jrvae.numClasses, 'classes for', jrvae.encode(validation).count, 'images');

// ssvae = pv.models.ssiVAE(data_dim, latent_dim=2, num_classes=4, invariances=['r']); trainer = pv.trainers.auxSVItrainer(ssvae)
const ssvae = ssrVAE({ ...sizes, numClasses: 4, invariances: ['r'], hiddenClassifier: [64] });
await new SemiSupervisedTrainer(ssvae, { labelled, unlabelled }, options).train();
console.log('ssrVAE: accuracy', accuracyOf(ssvae, validation).accuracy.toFixed(1));
kernel.dispose();
