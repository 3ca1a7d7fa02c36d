/**
 * Our side of a cell of the tasks for the template model: trains it, or a recognition model without templates, and evaluates it on the test images. The
 * ranges of poses are the task's: recognition is trained without scale and shear, since the labelled images have none.
 */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { expectedCalibrationError, findClasses, KnownPoseTrainer, ssrVAE, TemplateTrainer } from 'pyroved-ts';
import { bestAssignment } from 'pyroved-ts/internal';
import { isMain } from '../../scripts/lib/process.mjs';
import { accuracyAndRecall } from './accuracy.mjs';
import { taskSets } from './arrays.mjs';
import { packClasses } from './cells.mjs';
import { poseErrors } from './poseErrors.mjs';
import { findTask } from './tasks.mjs';

/** The rate of false alarms for which the outlier threshold is set. */
const FALSE_ALARMS = 0.05;

/**
 * @param setting `{ task, method, seed, options, kernel, threads }`: `task` a name (see `findTask`), `method` "ours" (the template model) or "recognition"
 * (without templates)
 */
export async function measureTemplates({ task: name, method, seed, options, ...compute }) {
  const task = findTask(name, options);
  return measureSets(await taskSets(task, seed), { ...task, method, seed, ...compute });
}

/** The same for the given images; see `shiftedSets`. */
export async function measureSets(
  sets,
  { method = 'ours', ranges, symmetry, seed, engine, kernel: kernelName, threads },
) {
  const selected = await selectEngine(engine);
  const kernel = await selectKernel({ ...(kernelName && { kernel: kernelName }), ...(threads && { threads }) });
  const { unlabelled, test } = sets;
  const { shape, classNames } = test;
  const numClasses = classNames.length;
  const labelled = sets.labelled ?? findClasses(unlabelled, { numClasses, seed, kernel }).labelled;
  const [across, down] = ranges.shift;
  const recognition = {
    ranges: {
      angle: (ranges.angle * Math.PI) / 180,
      // In units of the [-1, 1] grid, the vertical axis first.
      shift: [2 * down, 2 * across],
      scale: ranges.scale,
      shear: (ranges.shear * Math.PI) / 180,
    },
  };
  const settings = { shape, numClasses, recognition, kernel, seed };
  const measure = method === 'ours' ? templateModel : recognitionAlone;
  const namesOf = (found) => (sets.labelled ? classNames.map((_, k) => k) : matched(found, test.labels, numClasses));
  const {
    classes: own,
    probabilities: likely,
    ...found
  } = await measure(settings, { ...sets, labelled }, seed, namesOf);
  const names = namesOf(own);
  const classes = own.map((k) => names[k]);
  const probabilities = renamed(likely, names);
  const data = { labelled: labelled.count, unlabelled: unlabelled.count, test: test.count };
  return {
    ...accuracyAndRecall(classes, test.labels, numClasses),
    calibrationError: expectedCalibrationError(probabilities, test.labels),
    // What is upright of a class without labels is arbitrary.
    ...(sets.labelled && poseErrors(test, found.poses, symmetry)),
    ...found.figures,
    data,
    memoryMB: Math.round(process.resourceUsage().maxRSS / 1000),
    engine: selected.name,
    kernel: kernel.name,
    predictions: packClasses(classes),
    truth: packClasses(test.labels),
  };
}

/** The answer of the gate; and beside it those by evidence alone and by the classifier within the model. */
async function templateModel(settings, { labelled, unlabelled, test, outliers }, seed, namesOf) {
  const model = ssrVAE({ ...settings, decoder: 'template' });
  const training = await timed(() => new TemplateTrainer(model, { unlabelled, labelled }, { seed }).train());
  const inference = await timed(() => model.explainImages(test));
  const explained = inference.result;
  const accuracy = (answer) => {
    const found = likeliest(model.probabilitiesOf(explained, answer), test.count);
    const names = namesOf(found);
    const named = found.map((k) => names[k]);
    return accuracyAndRecall(named, test.labels, settings.numClasses).accuracy;
  };
  const probabilities = model.probabilitiesOf(explained);
  const classes = likeliest(probabilities, test.count);
  const { angle } = model.encode(test, test.labels);
  const figures = {
    evidence: accuracy('evidence'),
    head: accuracy('classifier'),
    gate: model.gate,
    seconds: training.seconds,
    inferenceSeconds: (inference.seconds * 1000) / test.count,
    ...(outliers && templateOutliers(model, test, outliers)),
  };
  model.dispose();
  return { classes, probabilities, poses: { degrees: degreesOf(angle) }, figures };
}

function templateOutliers(model, test, outliers) {
  const [own, others] = [test, outliers].map((set) => model.answers(set));
  const lowest = model.outlierThreshold(FALSE_ALARMS);
  const below = ({ outlierScore }) => outlierScore.filter((s) => s < lowest).length / outlierScore.length;
  const [head, otherHead] = [test, outliers].map((set) => mostOf(model.classify(set, { answer: 'classifier' })));
  return {
    auroc: auroc(own.outlierScore, others.outlierScore),
    softmaxAuroc: auroc(head, otherHead),
    falseAlarms: below(own),
    detected: below(others),
  };
}

/** Recognition without templates; the single epoch of the generative part leaves it as it is. */
async function recognitionAlone(settings, { labelled, unlabelled, test, outliers }, seed) {
  const model = ssrVAE({ ...settings, pixels: 32 });
  const training = await timed(() =>
    new KnownPoseTrainer(model, { unlabelled, labelled }, { seed, epochs: 1, batchSize: 256 }).train(),
  );
  const { probabilities } = model.classify(test);
  const { angle } = model.encode(test, test.labels);
  const figures = {
    seconds: training.seconds,
    ...(outliers && { auroc: auroc(...[test, outliers].map((set) => mostOf(model.classify(set)))) }),
  };
  model.dispose();
  return {
    classes: likeliest(probabilities, test.count),
    probabilities,
    poses: { degrees: degreesOf(angle) },
    figures,
  };
}

async function timed(body) {
  const began = performance.now();
  const result = await body();
  return { result, seconds: (performance.now() - began) / 1000 };
}

/** The true class that each found one is taken for, so that most images are right, [numClasses]. */
function matched(found, labels, numClasses) {
  const counts = Array.from({ length: numClasses }, () => new Array(numClasses).fill(0));
  found.forEach((k, i) => {
    counts[k][labels[i]]++;
  });
  return bestAssignment(counts);
}

/** Rows of probabilities with class k in column `names[k]`. */
function renamed(probabilities, names) {
  const out = new Float32Array(probabilities.length);
  probabilities.forEach((p, i) => {
    const k = i % names.length;
    out[i - k + names[k]] = p;
  });
  return out;
}

const degreesOf = (angles) => Array.from(angles, (angle) => (angle * 180) / Math.PI);

/** The likeliest class of each row of probabilities. */
function likeliest(probabilities, count) {
  const classes = probabilities.length / count;
  return Array.from({ length: count }, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}

/** The largest probability of each image. */
function mostOf({ probabilities, classes }) {
  const width = probabilities.length / classes.length;
  return Float64Array.from(classes, (_, i) => Math.max(...probabilities.subarray(i * width, (i + 1) * width)));
}

/** The probability that an outlier scores lower than an image of a known class; ties count half. */
export function auroc(own, outliers) {
  const sorted = Float64Array.from(own).sort();
  const above = (value, inclusive) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (inclusive ? sorted[middle] < value : sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return sorted.length - low;
  };
  const wins = Array.from(outliers, (value) => (above(value, true) + above(value, false)) / 2);
  return wins.reduce((sum, n) => sum + n, 0) / (own.length * outliers.length);
}

if (isMain(import.meta.url)) console.log(JSON.stringify(await measureTemplates(JSON.parse(process.argv[2]))));
