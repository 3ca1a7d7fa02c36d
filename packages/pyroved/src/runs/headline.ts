/** The headline figures of a classifier beside its accuracy: interval, accuracy on upright images, chance, and calibrated probabilities. */
import {
  expectedCalibrationError,
  fitSharpness,
  fitTemperature,
  halvesOf,
  type Model,
  mixtureOf,
  RecognitionSSIVAE,
  type RegionCoverage,
  regionCoverage,
  shareInterval,
  subset,
  withTemperature,
} from 'pyroved-ts';
import type { ModelEvaluation } from '../kinds/evaluation.js';
import { kindOf } from '../kinds/index.js';
import { evenPlaces } from './show.js';
import { type Validation, type ValidationSummary, validationSummary } from './validation.js';

/** What stands beside an accuracy in `summary.json`. */
export interface HeadlineFigures {
  /** What the accuracy was measured on. */
  readonly validation?: ValidationSummary;
  /** 95% Wilson interval of the accuracy. Copies of one image are not independent: the interval counts each distinct image once. */
  readonly accuracyInterval?: readonly [low: number, high: number];
  /** Accuracy on the same images in the upright pose, where the headline is measured at drawn poses. */
  readonly uprightAccuracy?: number;
  /** Accuracy of always answering with the most frequent class of the validation images. */
  readonly chance?: number;
  /** Accuracy of a classifier trained on the labelled images alone, where the trainer measured it. */
  readonly labelsOnlyAccuracy?: number;
  /** `classify` applies it to the class probabilities; see `fitTemperature`. */
  readonly temperature?: number;
  /** Expected calibration error at the temperature, each half of the images at the one fitted on the other half. */
  readonly calibratedError?: number;
  /** Factor on the concentrations that recognition states of angles; see `fitSharpness`. */
  readonly angleSharpness?: number;
  /**
   * How often the region that is said to contain the angle with a probability of 90% does, where true angles are known: each half of the images at the
   * sharpness fitted on the other half.
   */
  readonly angleRegions?: RegionCoverage;
}

/** The figures of a model that tells classes; none of another one. */
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

/** Regions are looked at on this many images at most. */
const REGION_IMAGES = 500;

/** Of images of known class, so that a wrong class does not count as a wrong angle. */
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

/** Fewer distinct images than these tell nothing about calibration. */
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
