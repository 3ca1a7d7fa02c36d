/**
 * Template models on cards whose unlabelled and test images vary in a way that the labelled ones never show: accuracy by evidence and by recognition, angle
 * error, outliers. One training and one line of JSON for each seed.
 *
 *     node bench/templates.mjs --shift strong --labels 5 --unlabelled 750 --seeds 1,2,3
 */
import { parseArgs } from 'node:util';
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { cardSet, imageSet, loadTemplates, ssrVAE, TemplateTrainer, withNoise, withoutLabels } from 'pyroved-ts';

const help = `Usage: node bench/templates.mjs [options]
  --shift <name>      scale and shear of unlabelled and test images: none, moderate (1 to 1.3, 15 deg) or strong (0.7 to 1.4, 30 deg) (default: strong)
  --labels <n>        labelled images per class (default: 5)
  --unlabelled <n>    unlabelled images per class (default: 750)
  --test <n>          test images per class (default: 250)
  --noise <sigma>     standard deviation of pixel noise (default: 0)
  --star <how>        a fifth shape: test (outliers among the test images), unlabelled (and among the unlabelled ones), extra (and declared as a class)
  --templates <file>  class images in place of the library's own suits
  --seeds <list>      images and training are drawn anew for each (default: 1)
  --threads <n>       of the kernel (default: all cores)`;
const { values: given } = parseArgs({
  options: Object.fromEntries(
    ['shift', 'labels', 'unlabelled', 'test', 'noise', 'star', 'templates', 'seeds', 'threads']
      .map((name) => [name, { type: 'string' }])
      .concat([['help', { type: 'boolean' }]]),
  ),
});
if (given.help) {
  console.log(help);
  process.exit();
}
const number = (name, usual) => (given[name] === undefined ? usual : Number(given[name]));
const shifts = {
  none: { scale: [1, 1], shear: 0 },
  moderate: { scale: [1, 1.3], shear: 15 },
  strong: { scale: [0.7, 1.4], shear: 30 },
};
const shift = shifts[given.shift ?? 'strong'];
if (!shift) throw new Error(`--shift is none, moderate or strong, not ${given.shift}.`);
const ranges = { angle: 180, translation: 0.1, axes: 'both', ...shift };
const upright = { angle: 5, translation: 0, axes: 'both', ...shifts.none };
const templates = given.templates === undefined ? undefined : loadTemplates(given.templates);
const [SIZE, FULL] = [48, 64];

/** A five-pointed star, 64 x 64, like the suits. */
function star() {
  const out = new Float32Array(FULL * FULL);
  const [tip, notch, half] = [0.62, 0.27, Math.PI / 5];
  const [x1, y1] = [notch * Math.cos(half), notch * Math.sin(half)];
  for (let i = 0; i < 4 * FULL; i++) {
    for (let j = 0; j < 4 * FULL; j++) {
      const [x, y] = [((j + 0.5) / 4 - FULL / 2) / (SIZE / 2), ((i + 0.5) / 4 - FULL / 2) / (SIZE / 2)];
      const turn = (((Math.atan2(x, -y) % (2 * half)) + 2 * half) % (2 * half)) - half;
      const angle = half - Math.abs(turn);
      const r = Math.hypot(x, y);
      const outside = (r * Math.cos(angle) - tip) * y1 + r * Math.sin(angle) * (tip - x1) > 0;
      if (!outside) out[(i >> 2) * FULL + (j >> 2)] += 1 / 16;
    }
  }
  return { names: ['star'], size: FULL, images: [out] };
}

function concatenated(a, b) {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

const joined = (a, b) =>
  imageSet({
    images: concatenated(a.images, b.images),
    shape: a.shape,
    labels: Int32Array.of(...a.labels, ...b.labels.map(() => a.classNames.length)),
    classNames: [...a.classNames, 'star'],
    factors: { poseAngle: Float32Array.of(...a.factors.poseAngle, ...b.factors.poseAngle) },
  });

function imagesOf(seed) {
  const make = (part, perClass, drawn, shapes = templates) => {
    const set = cardSet({
      perClass,
      ranges: drawn,
      size: SIZE,
      seed: `${seed}/${part}`,
      ...(shapes && { templates: shapes }),
    });
    return withNoise(set, number('noise', 0), `${seed}/${part}/noise`);
  };
  const [unlabelledCount, testCount] = [number('unlabelled', 750), number('test', 250)];
  const unlabelled = make('unlabelled', unlabelledCount, ranges);
  const stars = make('test star', testCount, ranges, star());
  const test = make('test', testCount, ranges);
  return {
    labelled: make('labelled', number('labels', 5), upright),
    unlabelled: withoutLabels(
      ['unlabelled', 'extra'].includes(given.star)
        ? joined(unlabelled, make('unlabelled star', unlabelledCount, ranges, star()))
        : unlabelled,
    ),
    test: given.star === 'extra' ? joined(test, stars) : test,
    ...(given.star && given.star !== 'extra' && { stars }),
  };
}

const rounded = (x, digits = 4) => Number(x.toFixed(digits));
const quantile = (values, p) => Float64Array.from(values).sort()[Math.floor(p * (values.length - 1))];

await selectEngine();
const kernel = await selectKernel(given.threads === undefined ? {} : { threads: number('threads') });
for (const seed of (given.seeds ?? '1').split(',').map(Number)) {
  const { labelled, unlabelled, test, stars } = imagesOf(seed);
  const model = ssrVAE({
    shape: [SIZE, SIZE],
    numClasses: test.classNames.length,
    decoder: 'template',
    kernel,
    seed,
    // Recognition expects no scale and no shear either.
    recognition: { ranges: { angle: Math.PI, shift: 0.2, scale: [1, 1], shear: 0 } },
  });
  const started = performance.now();
  await new TemplateTrainer(model, { unlabelled, labelled }, { seed }).train();
  const trained = performance.now();
  const found = model.explainImages(test);
  const seconds = [trained - started, performance.now() - trained].map((ms) => rounded(ms / 1000, 1));
  const { numClasses } = model;
  const classOf = (scores, i) => {
    const row = Array.from(scores.subarray(i * numClasses, (i + 1) * numClasses));
    return row.indexOf(Math.max(...row));
  };
  const accuracy = (scores) =>
    rounded(test.labels.reduce((n, label, i) => n + (classOf(scores, i) === label ? 1 : 0), 0) / test.count);
  const errors = Array.from(test.labels.keys())
    .filter((i) => classOf(found.evidence, i) === test.labels[i] && test.classNames[test.labels[i]] !== 'star')
    .map((i) => {
      const at = (i * numClasses + test.labels[i]) * (3 + model.options.latentDim);
      const difference = found.theta[at] - test.factors.poseAngle[i];
      const error = Math.abs((Math.atan2(Math.sin(difference), Math.cos(difference)) * 180) / Math.PI);
      return test.classNames[test.labels[i]].startsWith('diamond') ? Math.min(error, 180 - error) : error;
    });
  const line = {
    seed,
    evidence: accuracy(found.evidence),
    recognition: accuracy(found.recognised),
    gated: accuracy(model.probabilitiesOf(found)),
    gate: model.gate,
    angle: [0.5, 0.9].map((p) => rounded(quantile(errors, p), 1)),
    seconds,
  };
  if (stars) {
    const [own, others] = [model.evidenceOf(test), model.evidenceOf(stars)];
    const lowest = model.outlierThreshold(0.05);
    const share = (values) => rounded(values.filter((e) => e < lowest).length / values.length);
    const wins = others.reduce((sum, o) => sum + own.reduce((n, e) => n + (o < e ? 1 : o === e ? 0.5 : 0), 0), 0);
    Object.assign(line, {
      auroc: rounded(wins / (own.length * others.length)),
      falseAlarms: share(own),
      detected: share(others),
    });
  }
  console.log(JSON.stringify(line));
  model.dispose();
}
