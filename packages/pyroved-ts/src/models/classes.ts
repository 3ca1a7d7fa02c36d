/** How a program sums over the classes of an image. */
import { type InferConfig, OptionError } from 'pyro-ts';
import { checkOptions, type OptionTable, oneOf, withDefaults } from '../options.js';

/** How a program sums over the classes of an image. */
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

/** Options of the enumeration of classes. */
export const enumerationTable = {
  enumerate: { default: 'parallel', ...oneOf(['parallel', 'sum-and-sample']) },
  exactClasses: { default: 1 },
} satisfies OptionTable<EnumerateClasses>;

/**
 * The inference configuration of the class site.
 * @throws {OptionError} when an option is invalid; the message names `owner`, the model.
 */
export function inferClasses(owner: string, numClasses: number, options: EnumerateClasses): InferConfig {
  checkOptions(owner, options, enumerationTable);
  const { enumerate, exactClasses } = withDefaults(options, enumerationTable);
  if (enumerate === 'parallel') return { enumerate, expand: false };
  if (!Number.isInteger(exactClasses) || exactClasses < 1 || exactClasses > numClasses) {
    throw new OptionError(`${owner}: exactClasses must be an integer from 1 to ${numClasses}; got ${exactClasses}.`);
  }
  return { enumerate, exactClasses };
}
