/** What a model's networks are given of an image beside its pixels and its content: a class, known numbers, a target. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import { oneHot } from '../../data/index.js';
import type { Factors } from './factors.js';

/** One thing that a network is given beside pixels or content. */
export type NetworkCondition =
  | { readonly name: 'class'; readonly numClasses: number }
  | { readonly name: 'condition' | 'targets'; readonly factors: Factors };

/** Each model takes some of these. */
export interface Condition {
  /** The class of all images, or of each. */
  readonly classes?: number | ArrayLike<number>;
  /** Known numbers in the data's units: one row for all images, or a row for each. */
  readonly condition?: ArrayLike<number>;
  /** The predicted quantities in the data's units: one row for all images, or a row for each. */
  readonly targets?: ArrayLike<number>;
}

export const conditionKeys: readonly (keyof Condition)[] = ['classes', 'condition', 'targets'];

/** Rows from..from+size of what the networks are given. */
export type ConditionRows = (from: number, size: number) => tf.Tensor[];

/** The entries of `given` that say what the networks are given. */
export const conditionIn = ({ classes, condition, targets }: Condition): Condition => ({
  ...(classes !== undefined && { classes }),
  ...(condition !== undefined && { condition }),
  ...(targets !== undefined && { targets }),
});

/** The class of each of `count` images. */
export function eachClass(owner: string, classes: Condition['classes'], count: number): ArrayLike<number> {
  if (classes === undefined)
    throw new OptionError(`${owner} needs a class: give classes, one for all images or one each.`);
  if (typeof classes === 'number') return new Array<number>(count).fill(classes);
  if (classes.length === count) return classes;
  throw new OptionError(`There are ${classes.length} classes for ${count} images.`);
}

/** One-hot rows of the classes. */
export function classRows(classes: ArrayLike<number>, numClasses: number): ConditionRows {
  const all = oneHot(classes, numClasses);
  return (from, size) => [tf.tensor2d(all.slice(from * numClasses, (from + size) * numClasses), [size, numClasses])];
}

/** Known numbers, [count, dim] in the data's units. */
export function eachNumber(option: string, values: ArrayLike<number> | undefined, factors: Factors, count: number) {
  const { dim, names } = factors;
  if (values?.length === count * dim) return values;
  if (values?.length === dim) return Float32Array.from({ length: count * dim }, (_, i) => values[i % dim]);
  throw new OptionError(
    `${option} holds ${values?.length ?? 0} numbers; for ${count} image(s) it holds ${dim} (${names.join(', ')}), or as many for each.`,
  );
}

/** Those numbers as the networks see them. */
export function numberRows(values: ArrayLike<number>, factors: Factors): ConditionRows {
  const { dim } = factors;
  const all = factors.toNetwork(values);
  return (from, size) => [tf.tensor2d(all.slice(from * dim, (from + size) * dim), [size, dim])];
}
