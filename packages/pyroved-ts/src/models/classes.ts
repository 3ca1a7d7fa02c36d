/** How a program sums over the classes of an image. */
import { type InferConfig, OptionError } from 'pyro-ts';

export interface EnumerateClasses {
  /**
   * "parallel" sums over all classes; "sum-and-sample" sums over the `exactClasses` likeliest ones and one weighted
   * draw from the rest.
   * @default 'parallel'
   */
  readonly enumerate?: 'parallel' | 'sum-and-sample';
  /** Number of classes summed exactly with "sum-and-sample". @default 1 */
  readonly exactClasses?: number;
}

/**
 * The inference configuration of the class site.
 * @throws {OptionError} when an option is invalid; the message names `owner`, the model.
 */
export function inferClasses(
  owner: string,
  numClasses: number,
  { enumerate = 'parallel', exactClasses = 1 }: EnumerateClasses,
): InferConfig {
  if (enumerate === 'parallel') return { enumerate, expand: false };
  if (enumerate !== 'sum-and-sample') {
    throw new OptionError(`${owner}: enumerate must be "parallel" or "sum-and-sample"; got "${enumerate}".`);
  }
  if (!Number.isInteger(exactClasses) || exactClasses < 1 || exactClasses > numClasses) {
    throw new OptionError(`${owner}: exactClasses must be an integer from 1 to ${numClasses}; got ${exactClasses}.`);
  }
  return { enumerate, exactClasses };
}
