/**
 * Our side of a cell, in a separate process so that its memory can be measured: trains through the library with its default options and the task's ranges of poses, and classifies the test
 * images with the trained run. Prints one line of JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { classifyImages, labelledImages, loadModel, trainRun } from 'pyroved';
import { preprocessedFor } from 'pyroved/internal';
import { expectedCalibrationError } from 'pyroved-ts';
import { isMain } from '../../scripts/lib/process.mjs';
import { accuracyAndRecall } from './accuracy.mjs';
import { sourceOf, taskSets } from './arrays.mjs';
import { packClasses } from './cells.mjs';
import { modelSettings } from './oursSettings.mjs';
import { poseErrors, seenShift } from './poseErrors.mjs';
import { findTask } from './tasks.mjs';

/**
 * Accuracy, recall of each class, errors of the pose, calibration, seconds of training and in all, and the predictions.
 * @param setting `{ task, seed, options, model, train, engine, kernel }`: the name of a task and the options that make it (see `findTask`), and what
 * differs from the library's defaults
 */
export async function measureOurs({ task: name, method: _, options, seed, model, train, ...compute }) {
  const task = findTask(name, options);
  const folder = mkdtempSync(join(tmpdir(), 'pyroved-benchmark-'));
  const began = performance.now();
  try {
    const source = sourceOf(task, seed);
    const run = join(folder, 'run');
    const request = {
      folder: run,
      source,
      seed,
      model: { ...modelSettings(task), ...model },
      train: { ...task.train, ...train },
    };
    const { summary } = await trainRun({ ...request, ...compute, report: false });
    const trained = await loadModel(
      run,
      await selectKernel(compute.kernel === undefined ? {} : { kernel: compute.kernel }),
    );
    const test = task.testFolder
      ? (await labelledImages(trained, task.testFolder)).set
      : preprocessedFor(trained, (await taskSets(task, seed)).test);
    const figures = measured(trained, test, task);
    return {
      ...figures,
      seconds: summary.seconds,
      wallSeconds: (performance.now() - began) / 1000,
      memoryMB: Math.round(process.resourceUsage().maxRSS / 1000),
      epochs: summary.epochs,
      steps: summary.steps,
      engine: summary.engine,
      kernel: summary.kernel,
      // Fitted on half of the test images and measured on the other, where the run calibrates its probabilities.
      ...(summary.calibratedError !== undefined && { calibrationError: summary.calibratedError }),
      ...(summary.angleRegions && { angleCoverage: summary.angleRegions.coverage }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured(trained, test, { symmetry }) {
  const found = classifyImages(trained, test);
  const classes = found.map(({ classIndex }) => classIndex);
  const numClasses = trained.classNames.length;
  const probabilities = Float32Array.from(found.flatMap((image) => Array.from(image.probabilities)));
  const { angle, shift, scale } = trained.model.encode(test, Int32Array.from(classes));
  const { shape } = test;
  const poses = {
    ...(angle && { degrees: found.map(({ angleDegrees }) => angleDegrees) }),
    ...(shift &&
      shape.length === 2 && {
        shift: (i) => seenShift(shape, angle?.[i] ?? 0, scale?.[i] ?? 1, shift.subarray(2 * i, 2 * i + 2)),
      }),
  };
  return {
    ...accuracyAndRecall(classes, test.labels, numClasses),
    calibrationError: expectedCalibrationError(probabilities, test.labels),
    ...poseErrors(test, poses, symmetry),
    predictions: packClasses(classes),
    truth: packClasses(test.labels),
  };
}

if (isMain(import.meta.url)) console.log(JSON.stringify(await measureOurs(JSON.parse(process.argv[2]))));
