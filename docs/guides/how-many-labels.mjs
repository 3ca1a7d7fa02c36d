/**
 * Accuracy against the number of labels, the measurement of docs/guides/how-many-labels.md: handwritten digits that are
 * rotated by up to 60 degrees, with 1 to 50 upright labelled images per class, three seeds each.
 *   node docs/guides/how-many-labels.mjs RESULTS.csv
 * trains what the table does not have yet (half a minute of CPU time each), prints the table of the guide, and draws
 * docs/guides/pictures/how-many-labels.svg.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { lineChart } from 'pyroved';
import { digits } from 'pyroved-data';
import { accuracyOf, KnownPoseTrainer, RecognitionSSIVAE } from 'pyroved-ts';

const file = process.argv[2];
if (file === undefined) {
  console.error('Usage: node docs/guides/how-many-labels.mjs RESULTS.csv');
  process.exit(1);
}
const [counts, seeds, classes] = [
  [1, 2, 5, 10, 20, 50],
  [1, 2, 3],
  [0, 1, 2, 3, 4],
];

async function accuracyWith(labelledPerClass, seed, kernel) {
  const numbers = { labelledPerClass, unlabelledPerClass: 60, validationPerClass: 200 };
  const sets = await digits({ digits: classes, angle: 60, seed, ...numbers });
  const widths = { hiddenEncoder: [16], hiddenDecoder: [16], pixels: 50 };
  const model = new RecognitionSSIVAE({
    ...{ shape: [28, 28], numClasses: classes.length, invariances: ['r', 't'], recognition: {} },
    ...{ ...widths, kernel, seed },
  });
  await new KnownPoseTrainer(model, sets, { epochs: 1, recognitionSteps: 200, seed }).train();
  const { accuracy } = accuracyOf(model, sets.validation);
  model.dispose();
  return accuracy;
}

if (!existsSync(file)) writeFileSync(file, 'labels,seed,accuracy\n');
const known = () => {
  const [, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  return new Map(
    rows.map((row) => row.split(',')).map(([labels, seed, value]) => [`${labels},${seed}`, Number(value)]),
  );
};
await selectEngine();
const kernel = await selectKernel({ threads: 1 });
for (const seed of seeds) {
  for (const count of counts) {
    if (known().has(`${count},${seed}`)) continue;
    appendFileSync(file, `${count},${seed},${(await accuracyWith(count, seed, kernel)).toFixed(3)}\n`);
  }
}
kernel.dispose();

const accuracies = new Map(counts.map((count) => [count, seeds.map((seed) => known().get(`${count},${seed}`))]));
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
console.log(`| labels per class | ${seeds.map((seed) => `seed ${seed}`).join(' | ')} | mean |`);
console.log(`|---|${seeds.map(() => '---|').join('')}---|`);
for (const [count, values] of accuracies) {
  console.log(`| ${count} | ${[...values, mean(values)].map((v) => v.toFixed(3).replace(/^0/, '')).join(' | ')} |`);
}
const line = (name, pick) => ({
  name,
  points: [...accuracies].map(([count, values]) => ({ x: Math.log2(count), y: pick(values) })),
});
const picture = lineChart({
  series: [line('mean', mean), ...seeds.map((seed, i) => line(`seed ${seed}`, (values) => values[i]))],
  title: 'Accuracy on 1,000 rotated digits',
  xTitle: 'log2 of the labels per class',
  yFormat: 'percent',
  width: 560,
  height: 320,
});
const folder = dirname(fileURLToPath(import.meta.url));
writeFileSync(join(folder, 'pictures', 'how-many-labels.svg'), picture);
