/** Figures of a classifier shown with its accuracy: interval, accuracy on upright images, chance level and calibration. */
import {
  expectedCalibrationError,
  fitSharpness,
  fitTemperature,
  type Model,
  RecognitionSSIVAE,
  type RegionCoverage,
  regionCoverage,
  subset,
  withTemperature,
} from 'pyroved-ts';
import { halvesOf, mixtureOf, shareInterval } from 'pyroved-ts/internal';
import type { ModelEvaluation } from '../kinds/evaluation.js';
import { kindOf } from '../kinds/index.js';
import { evenPlaces } from './show.js';
import { type Validation, type ValidationSummary, validationSummary } from './validation.js';

/** The figures that accompany an accuracy in `summary.json`. */
export interface HeadlineFigures {
  /** The images that the accuracy was measured on. */
  readonly validation?: ValidationSummary;
  /** 95% Wilson interval of the accuracy. Each distinct image counts once, since copies of one image are not independent. */
  readonly accuracyInterval?: readonly [low: number, high: number];
  /** Accuracy on the same images in the upright pose, if `accuracy` is measured at random poses. */
  readonly uprightAccuracy?: number;
  /** Accuracy of always predicting the most frequent class of the validation images. */
  readonly chance?: number;
  /** Accuracy of a classifier trained only on the labelled images, if it was measured. */
  readonly labelsOnlyAccuracy?: number;
  /** Temperature that `classify` applies to the class probabilities; see `fitTemperature`. */
  readonly temperature?: number;
  /** Expected calibration error after temperature scaling, by two-fold cross-fitting. */
  readonly calibratedError?: number;
  /** Factor on the concentrations of the inferred angles; see `fitSharpness`. */
  readonly angleSharpness?: number;
  /**
   * Coverage of the 90% credible regions of the angle, if true angles are known: each half of the images with the sharpness fitted on the other
   * half.
   */
  readonly angleRegions?: RegionCoverage;
}

/** The figures of a model with classes; empty for other models. */
export function headlineFigures(
  model: Model,
  evaluation: ModelEvaluation | undefined,
  validation: Validation | undefined,
): HeadlineFigures {
  if (!evaluation || !validation || evaluation.on === 'targets') return {};
  const { upright, distinct } = validation;
  const beside = upright && kindOf(model).evaluate(model, upright);
  const sums = evaluation.confusion.map((row) => row.reduce((n, count) => n + count, 0));
  return {
    validation: validationSummary(validation),
    accuracyInterval: shareInterval(evaluation.accuracy, distinct),
    ...(beside && beside.on !== 'targets' && { uprightAccuracy: beside.accuracy }),
    chance: Math.max(...sums) / sums.reduce((n, sum) => n + sum, 0),
    ...(evaluation.on === 'classes' && calibrated(evaluation.probabilities, validation)),
    ...angleFigures(model, validation),
  };
}

/** Largest number of images for which regions are computed. */
const REGION_IMAGES = 500;

/** Figures of the angles given the true class, so that a wrong class does not count as a wrong angle. */
function angleFigures(
  model: Model,
  { images, angles, copies, distinct }: Validation,
): Pick<HeadlineFigures, 'angleSharpness' | 'angleRegions'> {
  const { labels } = images;
  const hasAngles = model instanceof RecognitionSSIVAE && model.options.invariances.includes('r');
  if (!hasAngles || !labels || !angles || distinct < FEWEST) return {};
  const chosen = evenPlaces(images.count, REGION_IMAGES).filter((i) => labels[i] >= 0);
  const truth = chosen.map((i) => angles[i]);
  const mixture = model.angleMixture(
    subset(images, chosen),
    chosen.map((i) => labels[i]),
  );
  // Copies of one image stay in one half.
  const halves = halvesOf(chosen.map((i) => Math.floor(i / copies)));
  if (halves.some(({ length }) => length === 0)) return {};
  const of = (half: readonly number[]) => [mixtureOf(mixture, half), half.map((k) => truth[k])] as const;
  const crossed = halves.map((half, h) =>
    regionCoverage(...of(half), { sharpness: fitSharpness(...of(halves[1 - h])) }),
  );
  const count = chosen.length;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, v, h) => sum + v * crossed[h].count, 0) / count;
  const coverage = mean(crossed.map((found) => found.coverage));
  return {
    angleSharpness: fitSharpness(mixture, truth),
    angleRegions: {
      ...{ level: crossed[0].level, coverage, interval: shareInterval(coverage, Math.min(distinct, count)) },
      ...{ medianSize: mean(crossed.map((found) => found.medianSize)), count },
    },
  };
}

/** Calibration requires at least this many distinct images. */
const FEWEST = 4;

function calibrated(
  probabilities: Float32Array,
  { images, copies, distinct }: Validation,
): Pick<HeadlineFigures, 'temperature' | 'calibratedError'> {
  const { labels } = images;
  if (!labels || distinct < FEWEST) return {};
  const numClasses = probabilities.length / labels.length;
  const fit = (wanted: (image: number) => boolean): number => {
    const rows = Array.from(labels.keys()).filter((i) => wanted(Math.floor(i / copies)));
    const chosen = rows.flatMap((i) => Array.from(probabilities.subarray(i * numClasses, (i + 1) * numClasses)));
    const known = rows.map((i) => labels[i]);
    return fitTemperature(chosen, known, { weights: known.map(() => 1 / copies) });
  };
  const others = [1, 0].map((half) => fit((image) => image % 2 === half));
  const crossed = new Float32Array(probabilities.length);
  others.forEach((temperature, half) => {
    const rows = withTemperature(probabilities, numClasses, temperature);
    for (let i = 0; i < labels.length; i++) {
      if (Math.floor(i / copies) % 2 !== half) continue;
      crossed.set(rows.subarray(i * numClasses, (i + 1) * numClasses), i * numClasses);
    }
  });
  return { temperature: fit(() => true), calibratedError: expectedCalibrationError(crossed, labels) };
}
