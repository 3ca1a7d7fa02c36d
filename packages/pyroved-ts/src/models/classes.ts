/** How a program sums over the classes of images. */
import { type InferConfig, OptionError } from 'pyro-ts';

export interface EnumerateClasses {
  /** Sum over all classes ("parallel", the default), or over the likeliest `exactClasses` and one weighted draw of the rest. */
  readonly enumerate?: 'parallel' | 'sum-and-sample';
  /** With "sum-and-sample"; 1. */
  readonly exactClasses?: number;
}

/** The hints for the site of the class. @throws {OptionError} that names `owner`, the model. */
export function inferClasses(
  owner: string,
  numClasses: number,
  { enumerate = 'parallel', exactClasses = 1 }: EnumerateClasses,
): InferConfig {
  if (enumerate === 'parallel') return { enumerate, expand: false };
  if (enumerate !== 'sum-and-sample') {
    throw new OptionError(`${owner}: enumerate is "${enumerate}"; it can be "parallel" or "sum-and-sample".`);
  }
  if (!Number.isInteger(exactClasses) || exactClasses < 1 || exactClasses > numClasses) {
    throw new OptionError(`${owner}: exactClasses is a whole number from 1 to ${numClasses}, not ${exactClasses}.`);
  }
  return { enumerate, exactClasses };
}
