/**
 * Trains a small ss-rVAE on turned card suits, of which upright ones are labelled, with angle priors and guides:
 *   node docs/guides/compare-angle-priors-with-labels.mjs
 * prints the last table of docs/guides/angle-priors.md; 5 seeds each, four minutes.
 */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { cards } from 'pyroved-data';
import { accuracyOf, SemiSupervisedTrainer, SSIVAE } from 'pyroved-ts';

const choices = {
  normal: {},
  'normal, binned': { angleGuide: 'binned' },
  uniform: { anglePrior: 'uniform' },
  'uniform, binned': { anglePrior: 'uniform', angleGuide: 'binned' },
};
const simple = { size: 10, labelledAngle: 2, shear: 0, scale: [1, 1], translation: 0 };
const counts = { labelledPerClass: 20, unlabelledPerClass: 60, validationPerClass: 100 };
const sizes = {
  shape: [10, 10],
  numClasses: 4,
  latentDim: 1,
  hiddenEncoder: [64],
  hiddenDecoder: [32],
  hiddenClassifier: [64],
};
const options = { epochs: 30, batchSize: 20, lr: 5e-3 };

await selectEngine();
const kernel = await selectKernel({ threads: 1 });
console.log('| turned by up to | prior and guide | accuracy of each seed |\n|---|---|---|');
for (const angle of [60, 180]) {
  for (const [name, choice] of Object.entries(choices)) {
    const accuracies = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      const sets = cards({ ...simple, ...counts, angle, seed });
      const vae = new SSIVAE({ ...sizes, invariances: ['r'], kernel, seed, ...choice });
      await new SemiSupervisedTrainer(vae, sets, { ...options, seed }).train();
      accuracies.push(accuracyOf(vae, sets.validation).accuracy.toFixed(3));
      vae.dispose();
    }
    console.log(`| ${angle} degrees | ${name} | ${accuracies.join(', ')} |`);
  }
}
kernel.dispose();
