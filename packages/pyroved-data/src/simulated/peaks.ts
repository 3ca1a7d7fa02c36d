/**
 * One-dimensional signals with a peak, a pair of peaks or a peak with a shoulder, shifted at random: what a
 * shift-invariant model should see through.
 */
import type { RandomStream } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { withoutLabels } from 'pyroved-ts';
import { clip01, type GeneratedSets, simulate, uniform, wholeNumber, within } from './simulate.js';

export interface PeaksOptions {
  readonly seed?: string | number;
  /** Samples in a signal. @default 128 */
  readonly length?: number;
  /** @default 20, 400 and 100 */
  readonly labelledPerClass?: number;
  readonly unlabelledPerClass?: number;
  readonly validationPerClass?: number;
  /**
   * Half-width of the shift of unlabelled and validation signals, as a fraction of the length; labelled ones are not shifted.
   * @default 0.2
   */
  readonly shift?: number;
  /** Standard deviation. @default 0.02 */
  readonly noise?: number;
}

const CLASS_NAMES = ['single', 'doublet', 'shoulder'];
const KEYS = ['seed', 'length', 'labelledPerClass', 'unlabelledPerClass', 'validationPerClass', 'shift', 'noise'];

/**
 * Labelled, unlabelled and validation signals. Factors: `shift` (samples towards the end), `width` (samples), `height`.
 */
export function shiftedPeaks(options: PeaksOptions = {}): GeneratedSets {
  rejectUnknownKeys('shiftedPeaks', options, KEYS);
  const { seed = 1 } = options;
  const length = wholeNumber('length', options.length ?? 128, 16);
  const shift = within('shift', options.shift ?? 0.2, 0, 0.4);
  const noise = within('noise', options.noise ?? 0.02, 0, 1);
  const make = (part: string, count: number, most: number) =>
    simulate({
      classNames: CLASS_NAMES,
      counts: CLASS_NAMES.map(() => count),
      shape: [length],
      seed: `${seed}/peaks/${part}`,
      factors: ['shift', 'width', 'height'],
      draw: (label, stream, target) => drawPeaks(label, stream, target, most * length, noise),
    });
  return {
    labelled: make('labelled', wholeNumber('labelledPerClass', options.labelledPerClass ?? 20, 1), 0),
    unlabelled: withoutLabels(
      make('unlabelled', wholeNumber('unlabelledPerClass', options.unlabelledPerClass ?? 400, 1), shift),
    ),
    validation: make('validation', wholeNumber('validationPerClass', options.validationPerClass ?? 100, 1), shift),
  };
}

/** Where each class has its peaks, in widths from the middle, and how high. */
const PEAKS: readonly (readonly (readonly [at: number, height: number])[])[] = [
  [[0, 1]],
  [
    [-1.6, 1],
    [1.6, 1],
  ],
  [
    [-0.6, 1],
    [1.7, 0.45],
  ],
];

function drawPeaks(label: number, stream: RandomStream, target: Float32Array, most: number, noise: number) {
  const shift = uniform(stream, -most, most);
  const width = target.length * uniform(stream, 0.03, 0.05);
  const height = uniform(stream, 0.6, 0.9);
  const middle = (target.length - 1) / 2 + shift;
  for (let i = 0; i < target.length; i++) {
    const signal = PEAKS[label].reduce(
      (sum, [at, h]) => sum + h * Math.exp(-0.5 * ((i - middle) / width - at) ** 2),
      0,
    );
    target[i] = clip01(0.05 + height * signal + noise * stream.nextNormal());
  }
  return { shift, width, height };
}
