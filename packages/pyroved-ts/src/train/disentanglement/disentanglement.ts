/** Whether each known factor of variation has a latent variable of its own: what a latent map only lets one see, as numbers. */
import { OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import { factorNames } from '../../data/index.js';
import type { Condition, Encoding } from '../../models/index.js';
import type { TrainingImages } from '../data.js';
import { leaveOneOut } from './leaveOneOut.js';
import { classOf, factorOf, type Variable, variablesOf } from './variables.js';

/** How much of one factor the latent variables tell. */
export interface FactorShares {
  readonly factor: string;
  /** Of each variable, how much of the factor's variance a line in it predicts; 0 where it predicts none. */
  readonly alone: readonly number[];
  /** The same of a line in all variables together. */
  readonly together: number;
  /** The best variable's share less that of the next. */
  readonly gap: number;
}

export interface Disentanglement {
  /** z1, z2, ..., and the pose that the model infers: angle, shift x (to the right), shift y (downwards), scale. */
  readonly variables: readonly string[];
  readonly factors: readonly FactorShares[];
  /**
   * Mean of the gaps: 1 where each factor has one variable that tells all of it and no other that tells any. "SAP" of Kumar, Sattigeri & Balakrishnan 2018,
   * "Variational inference of disentangled latent concepts", section 3.
   */
  readonly separation: number;
  /** Images that were used. */
  readonly images: number;
}

export interface DisentanglementOptions {
  /** Turns of each class that leave it as it is, by its index: 1 for none (the default), 0 for a class without any angle. */
  readonly symmetry?: readonly number[];
}

/**
 * Predicts each known factor of `set` from each latent variable, image by image from all other images of its class: within a class, because a class has a zero of
 * its angle and a meaning of its latents of its own. A model without classes is held against the class as well. Nothing is learned.
 * @returns undefined where no factor is known that varies, or too few images
 */
export function disentanglementOf(
  model: { encode(set: TrainingImages): Encoding & Condition },
  set: TrainingImages,
  options: DisentanglementOptions = {},
): Disentanglement | undefined {
  refuseUnknownKeys('disentanglementOf', options, ['symmetry']);
  const { symmetry = [] } = options;
  if (!symmetry.every((order) => Number.isInteger(order) && order >= 0))
    throw new OptionError(`symmetry holds whole numbers of at least 0, not ${JSON.stringify(symmetry)}.`);
  if (set.count === 0 || (!set.factors && !set.labels)) return undefined;
  const encoding = model.encode(set);
  const { classes } = encoding;
  const variables = variablesOf(encoding);
  const groups = groupsOf(typeof classes === 'object' ? classes : undefined, set, symmetry);
  const { factors: known = {} } = set;
  const factors = factorNames(set).map((name) => factorOf(name, known[name]));
  if (set.labels && classes === undefined) factors.push(classOf(set.labels));
  const shares = factors.flatMap((factor) => sharesOf(factor, variables, groups) ?? []);
  if (shares.length === 0) return undefined;
  return {
    variables: variables.map(({ name }) => name),
    factors: shares,
    separation: shares.reduce((sum, { gap }) => sum + gap, 0) / shares.length,
    images: set.count,
  };
}

/** Images of one class, and how often its angle is counted around a turn. */
interface Group {
  readonly images: readonly number[];
  readonly order: number;
}

/** By the class that the decoder is given, and all together where it is given none. */
function groupsOf(
  classes: ArrayLike<number> | undefined,
  { count, labels }: TrainingImages,
  symmetry: readonly number[],
): Group[] {
  const members = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const k = classes?.[i] ?? 0;
    const list = members.get(k);
    if (list) list.push(i);
    else members.set(k, [i]);
  }
  return [...members.values()].map((images) => {
    // Found classes have no symmetry of their own: that of their images' true class counts, the most frequent one's.
    const truth = labels ? mostFrequent(images.map((i) => labels[i])) : 0;
    return { images, order: symmetry[truth] ?? 1 };
  });
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function sharesOf(
  factor: Variable,
  variables: readonly Variable[],
  groups: readonly Group[],
): FactorShares | undefined {
  const isAngle = factor.name === 'angle';
  const known = groups
    .filter(({ order }) => !(isAngle && order === 0))
    .map(({ images, order }) => ({ images: images.filter((i) => factor.at(i, order).every(Number.isFinite)), order }))
    // With fewer images a line in all variables goes through all of them.
    .filter(({ images, order }) => images.length > 2 + variables.flatMap((v) => v.at(0, order)).length);
  const explained = (by: readonly Variable[]): number => {
    let [left, total] = [0, 0];
    for (const { images, order } of known) {
      const rows = images.map((i) => by.flatMap((variable) => variable.at(i, Math.max(1, order))));
      const sums = leaveOneOut(
        rows,
        images.map((i) => factor.at(i, order)),
      );
      left += sums.left;
      total += sums.total;
    }
    return total > 0 ? Math.max(0, 1 - left / total) : Number.NaN;
  };
  const together = explained(variables);
  if (!Number.isFinite(together)) return undefined;
  const alone = variables.map((variable) => explained([variable]));
  const [best, next = 0] = [...alone].sort((a, b) => b - a);
  return { factor: factor.name, alone, together, gap: best - next };
}
