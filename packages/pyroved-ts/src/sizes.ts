/**
 * Sizes of a model that no machine has room for, such as those of a damaged configuration, rejected before memory is
 * taken.
 */
import { sizeOf } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';

/** Weights of a network: 400 MB, before those that training adds. */
const MOST_WEIGHTS = 1e8;
const MOST_CLASSES = 10_000;
/** Points of an image or a signal. */
const MOST_POINTS = 2 ** 24;

/**
 * @param widths of the layers, the input's first.
 * @param each weights between one number of a layer and one of the next: 1, or the area of a filter.
 * @throws {OptionError} when the network has too many weights.
 */
export function checkWeights(owner: string, option: string, widths: readonly number[], each = 1): void {
  const count = each * widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0);
  if (count > MOST_WEIGHTS || Math.max(...widths) > MOST_WEIGHTS)
    throw new OptionError(
      `${owner}: with these ${option} the network would have ${count} weights (layers of ${widths.join(', ')}), and at most ${MOST_WEIGHTS} are supported. Choose narrower layers or smaller images.`,
    );
}

/**
 * @param least 1 where one class makes sense
 * @throws {OptionError} when `count` is no number of classes.
 */
export function checkClasses(owner: string, option: string, count: number, least = 2): void {
  if (!Number.isInteger(count) || count < least)
    throw new OptionError(`${owner}: ${option} must be an integer of at least ${least}; got ${count}.`);
  if (count > MOST_CLASSES) throw new OptionError(`${owner}: ${option} must be at most ${MOST_CLASSES}; got ${count}.`);
}

/** Whether a shape has more points than are supported. */
export const isTooLarge = (shape: readonly number[]): boolean => sizeOf(shape) > MOST_POINTS;
