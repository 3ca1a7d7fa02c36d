/** Disentanglement metrics: whether each known factor of variation is encoded by a separate latent variable. */
import { factorNames } from '../../data/index.js';
import type { Condition, Encoding } from '../../models/index.js';
import { integer, type OptionTable, resolveOptions } from '../../options.js';
import type { TrainingImages } from '../data.js';
import { leaveOneOut } from './leaveOneOut.js';
import { classOf, factorOf, type Variable, variablesOf } from './variables.js';

/** How well the latent variables predict one factor. */
export interface FactorShares {
  readonly factor: string;
  /** For each variable, the fraction of the factor's variance that a linear model of it predicts, at least 0. */
  readonly alone: readonly number[];
  /** The fraction that a linear model of all variables predicts. */
  readonly together: number;
  /** Difference between the best variable and the second best. */
  readonly gap: number;
}

/** The result of `disentanglementOf`. */
export interface Disentanglement {
  /** z1, z2, ..., and the pose that the model infers: angle, shift x (to the right), shift y (downwards), scale. */
  readonly variables: readonly string[];
  readonly factors: readonly FactorShares[];
  /**
   * Mean of the gaps: 1 if each factor is fully predicted by exactly one variable. "SAP" of Kumar, Sattigeri &
   * Balakrishnan 2018, "Variational inference of disentangled latent concepts", section 3.
   */
  readonly separation: number;
  /** Number of images used. */
  readonly images: number;
}

/** Options of `disentanglementOf`. */
export interface DisentanglementOptions {
  /**
   * Order of the rotational symmetry of each class, by its index: 1 for none, 0 for a class without an angle.
   * @default 1 for every class
   */
  readonly symmetry?: readonly number[];
}

const table = {
  symmetry: {
    default: [] as readonly number[],
    must: 'a list of integers of at least 0',
    isValid: (orders) => orders.every(integer(0).isValid),
  },
} satisfies OptionTable<DisentanglementOptions>;

/**
 * Predicts each known factor of `set` from each latent variable, by leave-one-out regression within each class, since
 * the zero of the angle and the meaning of the latents differ between classes. For a model without classes, the class
 * is also a factor.
 * @returns undefined if no known factor varies, or there are too few images
 * @throws {OptionError} when an option is unknown or invalid.
 * @example const { separation, factors } = disentanglementOf(vae, images) ?? {};
 */
export function disentanglementOf(
  model: { encode(set: TrainingImages): Encoding & Condition },
  set: TrainingImages,
  options: DisentanglementOptions = {},
): Disentanglement | undefined {
  const { symmetry } = resolveOptions('disentanglementOf', options, table);
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

/** Images of one class, and the order of its symmetry. */
interface Group {
  readonly images: readonly number[];
  readonly order: number;
}

/** Groups images by the class that the decoder is conditioned on; a single group if there is none. */
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
    // An inferred class has the symmetry of the most frequent true class of its images.
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
    // With fewer images, a linear model of all variables fits them exactly.
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
