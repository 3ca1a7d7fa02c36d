/** One-dimensional signals with a peak, a pair of peaks or a peak with a shoulder, randomly shifted: data for shift-invariant models. */
import type { RandomStream } from 'pyro-ts';
import { withoutLabels } from 'pyroved-ts';
import { type Defaults, withDefaults } from '../options.js';
import { clip01, type GeneratedSets, simulate, uniform, wholeNumber, within } from './simulate.js';

/** Options of `shiftedPeaks`. */
export interface PeaksOptions {
  /** @default 1 */
  readonly seed?: string | number;
  /** Samples in a signal. @default 128 */
  readonly length?: number;
  /** @default 20 */
  readonly labelledPerClass?: number;
  /** @default 400 */
  readonly unlabelledPerClass?: number;
  /** @default 100 */
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
const DEFAULTS = {
  seed: 1,
  length: 128,
  labelledPerClass: 20,
  unlabelledPerClass: 400,
  validationPerClass: 100,
  shift: 0.2,
  noise: 0.02,
} as const satisfies Defaults<PeaksOptions>;

/**
 * Labelled, unlabelled and validation signals. Factors: `shift` (samples towards the end), `width` (samples), `height`.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { labelled, unlabelled, validation } = shiftedPeaks({ length: 64, shift: 0.1 });
 */
export function shiftedPeaks(options: PeaksOptions = {}): GeneratedSets {
  const given = withDefaults('shiftedPeaks', options, DEFAULTS);
  const { seed } = given;
  const length = wholeNumber('length', given.length, 16);
  const shift = within('shift', given.shift, 0, 0.4);
  const noise = within('noise', given.noise, 0, 1);
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
    labelled: make('labelled', wholeNumber('labelledPerClass', given.labelledPerClass, 1), 0),
    unlabelled: withoutLabels(
      make('unlabelled', wholeNumber('unlabelledPerClass', given.unlabelledPerClass, 1), shift),
    ),
    validation: make('validation', wholeNumber('validationPerClass', given.validationPerClass, 1), shift),
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
