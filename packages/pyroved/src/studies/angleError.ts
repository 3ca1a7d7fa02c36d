/** How far inferred angles are from true ones, up to the symmetry of each class: circular statistics. */
import { OptionError } from 'pyro-ts';
import type { SSIVAE, TrainingImages } from 'pyroved-ts';
import { lookUp } from 'pyroved-ts/internal';

/** How far the angles of some images are off. */
export interface AngleError {
  /** Mean of the absolute differences, in degrees; a guess has 90 / order. */
  readonly meanDegrees: number;
  /** Median of the absolute differences: what is typical, where a few objects are seen upside down. */
  readonly medianDegrees: number;
  /** Length of the mean of exp(i order difference): 1 where all agree, near 0 for a guess. Mardia & Jupp 2000, section 2.3. */
  readonly concentration: number;
  readonly count: number;
}

export interface AngleReport extends AngleError {
  /** Each class's own; null for a class that looks the same from all sides, or has no image. */
  readonly classes: readonly (AngleError | null)[];
}

/** Turns by 360 / order degrees that leave a class as it is; 1 for none, 0 for a class without any angle (a disc). */
export type Symmetry = Readonly<Record<string, number>>;

/** Angles in degrees: found ones, true ones, and the class of each image. */
export interface Angles {
  readonly found: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/**
 * The differences between found and true angles, less what they are on average for the `upright` images of the class, since a model's zero is
 * arbitrary.
 * @param orders the symmetry of each class
 * @returns undefined where no class has an angle
 */
export function angleReport(images: Angles, upright: Angles, orders: readonly number[]): AngleReport | undefined {
  const classes = orders.map((order, label) => {
    const turns = differences(images, label, order);
    if (order === 0 || turns.length === 0) return undefined;
    const { angle } = meanOf(differences(upright, label, order));
    return { order, centred: turns.map((turn) => wrapped(turn - angle)) };
  });
  const known = classes.filter((entry) => entry !== undefined);
  if (known.length === 0) return undefined;
  return { ...errorOf(known), classes: classes.map((entry) => (entry ? errorOf([entry]) : null)) };
}

/** The symmetry of each class in their order. @throws {OptionError} for a class that does not exist, or an order that is none. */
export function ordersOf(classNames: readonly string[], symmetry: Symmetry): number[] {
  for (const [name, order] of Object.entries(symmetry)) {
    if (!classNames.includes(name)) {
      throw new OptionError(`symmetry names a class "${name}" that does not exist. Known: ${classNames.join(', ')}.`);
    }
    if (!Number.isInteger(order) || order < 0) {
      throw new OptionError(`symmetry of "${name}" is a whole number of at least 0, not ${order}.`);
    }
  }
  return classNames.map((name) => lookUp(symmetry, name) ?? 1);
}

/** Angles of labelled images as a model infers them, given their true classes; undefined where the truth is not known. */
export function anglesOf(model: SSIVAE, set: TrainingImages): Angles | undefined {
  const { labels, factors } = set;
  if (!labels || !factors?.angle) return undefined;
  const { angle } = model.encode(set, labels);
  return angle && { found: angle.map((radians) => (radians * 180) / Math.PI), truth: factors.angle, labels };
}

const TURN = 2 * Math.PI;
const wrapped = (radians: number): number => radians - TURN * Math.round(radians / TURN);

/** order times (found - true) in radians, of the images of one class. */
function differences({ found, truth, labels }: Angles, label: number, order: number): number[] {
  const turns: number[] = [];
  for (let i = 0; i < labels.length; i++)
    if (labels[i] === label) turns.push((order * (found[i] - truth[i]) * Math.PI) / 180);
  return turns;
}

/** The mean direction of angles in radians, and the length of the mean; 0 and 0 for none. */
function meanOf(radians: readonly number[]): { angle: number; length: number } {
  const cos = radians.reduce((sum, a) => sum + Math.cos(a), 0);
  const sin = radians.reduce((sum, a) => sum + Math.sin(a), 0);
  return { angle: Math.atan2(sin, cos), length: Math.hypot(cos, sin) / Math.max(1, radians.length) };
}

/** The error of one class or several: differences times the order, as they are off the mean. */
function errorOf(classes: readonly { order: number; centred: readonly number[] }[]): AngleError {
  const degrees = classes.flatMap(({ order, centred }) => centred.map((a) => Math.abs((a * 180) / Math.PI) / order));
  const sorted = [...degrees].sort((a, b) => a - b);
  const all = classes.flatMap(({ centred }) => centred);
  const n = sorted.length;
  return {
    meanDegrees: degrees.reduce((sum, d) => sum + d, 0) / n,
    medianDegrees: (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2,
    concentration: meanOf(all).length,
    count: n,
  };
}
