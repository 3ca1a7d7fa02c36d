/** Conditions of a model's networks: a class, known factors or regression targets. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import { oneHot } from '../../data/index.js';
import type { OptionTable } from '../../options.js';
import type { Factors } from './factors.js';

/** One condition of a network. */
export type NetworkCondition =
  | { readonly name: 'class'; readonly numClasses: number }
  | { readonly name: 'condition' | 'targets'; readonly factors: Factors };

/** Values to condition on; each model accepts some of these. */
export interface Condition {
  /** One class for all images, or one for each. */
  readonly classes?: number | ArrayLike<number>;
  /** Known factors in the units of the data: one row for all images, or one for each. */
  readonly condition?: ArrayLike<number>;
  /** Regression targets in the units of the data: one row for all images, or one for each. */
  readonly targets?: ArrayLike<number>;
}

export const conditionTable = { classes: {}, condition: {}, targets: {} } satisfies OptionTable<Condition>;

/** The condition tensors of rows from..from+size. */
export type ConditionRows = (from: number, size: number) => tf.Tensor[];

/** The defined conditions, without any other property. */
export const conditionIn = ({ classes, condition, targets }: Condition): Condition => ({
  ...(classes !== undefined && { classes }),
  ...(condition !== undefined && { condition }),
  ...(targets !== undefined && { targets }),
});

/** The class of each of `count` images. */
export function eachClass(owner: string, classes: Condition['classes'], count: number): ArrayLike<number> {
  if (classes === undefined) throw new OptionError(`${owner} needs classes: one for all images, or one for each.`);
  if (typeof classes === 'number') return new Array<number>(count).fill(classes);
  if (classes.length === count) return classes;
  throw new OptionError(`Expected one class for each of the ${count} images; got ${classes.length}.`);
}

/** One-hot rows of the classes. */
export function classRows(classes: ArrayLike<number>, numClasses: number): ConditionRows {
  const all = oneHot(classes, numClasses);
  return (from, size) => [tf.tensor2d(all.slice(from * numClasses, (from + size) * numClasses), [size, numClasses])];
}

/** Factors of `count` images, [count, dim] in the units of the data. */
export function eachNumber(option: string, values: ArrayLike<number> | undefined, factors: Factors, count: number) {
  const { dim, names } = factors;
  if (values?.length === count * dim) return values;
  if (values?.length === dim) return Float32Array.from({ length: count * dim }, (_, i) => values[i % dim]);
  throw new OptionError(
    `${option} must have ${dim} values (${names.join(', ')}), or ${dim} for each of ${count} image(s); got ${values?.length ?? 0}.`,
  );
}

/** The condition tensors of factors, in the units of the networks. */
export function numberRows(values: ArrayLike<number>, factors: Factors): ConditionRows {
  const { dim } = factors;
  const all = factors.toNetwork(values);
  return (from, size) => [tf.tensor2d(all.slice(from * dim, (from + size) * dim), [size, dim])];
}
