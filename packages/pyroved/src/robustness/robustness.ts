/** Accuracy of a trained classifier under disorder: over two disorders at once, along one, and the confusion matrix under a condition. */
import { figuresOf } from '../kinds/evaluation.js';
import { evaluateModel } from '../runs/evaluate.js';
import type { TrainedModel } from '../runs/loadModel.js';
import {
  axisOf,
  type Condition,
  type Disorder,
  type DisorderAxis,
  disorders as disorderTexts,
  noiseLevels,
} from './disorders.js';
import { type DisturbedImages, type DisturbedOptions, disturbedImages } from './disturbedImages.js';

/** Accuracy over two disorders: `accuracy[row][column]`, with rows along y. */
export interface AccuracyGrid {
  readonly x: DisorderAxis;
  readonly y: DisorderAxis;
  readonly accuracy: readonly (readonly number[])[];
}

export interface AccuracyCurve {
  readonly axis: DisorderAxis;
  readonly accuracy: readonly number[];
}

/** The accuracy and the confusion matrix under a condition: `confusion[true][predicted]`, numbers of images. */
export interface ConditionResult {
  readonly condition: Condition;
  readonly accuracy: number;
  readonly confusion: readonly (readonly number[])[];
}

export interface Robustness {
  readonly classNames: readonly string[];
  /** Images under each condition. */
  readonly images: number;
  /** The condition that all measurements share, beside their own. */
  readonly fixed: Condition;
  /** The accuracy without further disorder. */
  readonly accuracy: number;
  readonly grid: AccuracyGrid;
  readonly curves: readonly AccuracyCurve[];
  readonly conditions: readonly ConditionResult[];
}

export interface RobustnessRequest extends DisturbedOptions {
  /** The two disorders of the heat map. @default shear and angle, or contamination and noise for images whose pose cannot be changed */
  readonly over?: readonly [x: DisorderAxis, y: DisorderAxis];
  /** Values along each axis of the heat map, if `over` is omitted. @default 8 */
  readonly steps?: number;
  /** Curves. @default noise from 0.01 to 10, and contamination from 0 to 0.5 */
  readonly curves?: readonly DisorderAxis[];
  /** Conditions for which to compute confusion matrices. @default none */
  readonly conditions?: readonly Condition[];
  /** A condition for all measurements, e.g. a shift. @default as in the run's validation images */
  readonly fixed?: Condition;
}

/** What is reported while measuring. */
export interface RobustnessHooks {
  readonly signal?: AbortSignal;
  /** Called after each condition. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures a trained classifier on test images with increasing disorder.
 * @throws {PyrovedError} when the model has no classes or there are no labelled images.
 * @example const { grid, curves } = await measureRobustness(trained, { steps: 16, perClass: 1000 })
 */
export async function measureRobustness(
  trained: TrainedModel,
  request: RobustnessRequest = {},
  hooks: RobustnessHooks = {},
): Promise<Robustness> {
  const images = await disturbedImages(trained, request);
  const { fixed = {}, steps = 8, conditions = [] } = request;
  const [x, y] = request.over ?? usualAxes(images, steps);
  const curves = request.curves ?? [{ disorder: 'noise', values: noiseLevels(13) }, axisOf('contamination', 11)];
  const counted = curves.reduce((n, { values }) => n + values.length, 1 + x.values.length * y.values.length);
  const measure = measured(trained, images, fixed, { ...hooks, total: counted + conditions.length });
  const plain = await measure({});
  return {
    classNames: trained.classNames,
    images: plain.images,
    fixed,
    accuracy: plain.accuracy,
    grid: await accuracyGrid(measure, x, y),
    curves: await inOrder(curves, (axis) => accuracyCurve(measure, axis)),
    conditions: await inOrder(conditions, async (condition) => {
      const { accuracy, confusion } = await measure(condition);
      return { condition, accuracy, confusion };
    }),
  };
}

const usualAxes = ({ disorders }: DisturbedImages, steps: number): [DisorderAxis, DisorderAxis] => {
  const hasPoses = (['shear', 'angle'] as const).every((name) => disorders.includes(name));
  const [x, y]: [Disorder, Disorder] = hasPoses ? ['shear', 'angle'] : ['contamination', 'noise'];
  return [axisOf(x, steps), axisOf(y, steps)];
};

/** Accuracy and confusion matrix under a condition. */
export interface Measured extends Pick<ConditionResult, 'accuracy' | 'confusion'> {
  readonly images: number;
}

export type Measure = (condition: Condition) => Promise<Measured>;

/** A function that evaluates the model under a condition, and reports its progress. Pauses for other work, such as signals, before each condition. */
export function measured(
  trained: TrainedModel,
  images: DisturbedImages,
  fixed: Condition,
  { signal, onProgress, total = 0 }: RobustnessHooks & { readonly total?: number } = {},
): Measure {
  let done = 0;
  return async (condition) => {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const set = await images.at({ ...fixed, ...condition });
    const { accuracy = Number.NaN, confusion = [] } = figuresOf(evaluateModel(trained, set));
    onProgress?.(++done, total);
    return { accuracy, confusion, images: set.count };
  };
}

/** The accuracy at each pair of values. */
export async function accuracyGrid(measure: Measure, x: DisorderAxis, y: DisorderAxis): Promise<AccuracyGrid> {
  const accuracy = await inOrder(y.values, (row) =>
    inOrder(x.values, async (column) => (await measure({ [x.disorder]: column, [y.disorder]: row })).accuracy),
  );
  return { x, y, accuracy };
}

export async function accuracyCurve(measure: Measure, axis: DisorderAxis): Promise<AccuracyCurve> {
  const accuracy = await inOrder(axis.values, async (v) => (await measure({ [axis.disorder]: v })).accuracy);
  return { axis, accuracy };
}

/** Awaits `body` for each entry, one after another. */
export async function inOrder<A, B>(entries: readonly A[], body: (entry: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const entry of entries) results.push(await body(entry));
  return results;
}

/** The title of an axis. */
export const axisTitle = ({ disorder }: DisorderAxis): string => disorderTexts[disorder].title;
