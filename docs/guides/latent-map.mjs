/**
 * Trains an rVAE on rods, and asks its latents what they tell of each known factor and where the long rods are:
 *   node docs/guides/latent-map.mjs
 * prints the second table of docs/guides/latents.md and draws its picture.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { asSvgFile, heatmapChart } from 'pyroved';
import { nanorods } from 'pyroved-data';
import { disentanglementOf, IVAE, latentMap, UnsupervisedTrainer } from 'pyroved-ts';

await selectEngine();
const kernel = await selectKernel();
const rods = nanorods({ size: 24, train: 600, test: 300, seed: 1 });
const vae = new IVAE({ shape: [24, 24], invariances: ['r'], hiddenEncoder: [64, 64], hiddenDecoder: [64, 64], kernel });
const options = { epochs: 60, batchSize: 50, lr: 2e-3 };
await new UnsupervisedTrainer(vae, { images: rods.train.images }, options).train();

const { images } = rods.test;
const { length, width, angle } = images.factors;
// A rod looks the same after half a turn.
const shares = disentanglementOf(vae, { ...images, factors: { length, width, angle } }, { symmetry: [2] });
console.log(`| factor | ${shares.variables.join(' | ')} | all together |\n|---|---|---|---|---|`);
for (const { factor, alone, together } of shares.factors)
  console.log(`| ${factor} | ${[...alone, together].map((share) => share.toFixed(2)).join(' | ')} |`);
console.log(`separated attribute predictability ${shares.separation.toFixed(2)}`);

const { mean: values, rows, columns, process: known } = latentMap(vae.encode(images), length);
console.log(`length from both latents: R2 ${known.leaveOneOutR2.toFixed(2)}`);
const titles = { xTitle: 'z2', yTitle: 'z1', valueTitle: 'length (pixels)' };
const svg = heatmapChart({ values, rows, columns, ...titles });
writeFileSync(fileURLToPath(new URL('pictures/latent-map.svg', import.meta.url)), asSvgFile(svg));
kernel.dispose();
