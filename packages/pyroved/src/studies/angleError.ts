/** Errors of inferred angles, up to the symmetry of each class: circular statistics. */
import { OptionError } from 'pyro-ts';
import type { SSIVAE, TrainingImages } from 'pyroved-ts';
import { lookUp } from 'pyroved-ts/internal';

/** Angle errors of a set of images. */
export interface AngleError {
  /** Mean absolute difference, in degrees; 90 / order for random angles. */
  readonly meanDegrees: number;
  /** Median absolute difference, in degrees; robust to a few objects inferred upside down. */
  readonly medianDegrees: number;
  /** Length of the mean of exp(i order difference): 1 if all agree, near 0 for random angles. Mardia & Jupp 2000, section 2.3. */
  readonly concentration: number;
  readonly count: number;
}

export interface AngleReport extends AngleError {
  /** Errors of each class; null for a class without an angle or without images. */
  readonly classes: readonly (AngleError | null)[];
}

/** Order of the rotational symmetry of each class: rotation by 360 / order degrees leaves it unchanged. 1: no symmetry; 0: no angle (a disc). */
export type Symmetry = Readonly<Record<string, number>>;

/** Inferred and true angles in degrees, and the class of each image. */
export interface Angles {
  readonly found: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/**
 * Errors of the inferred angles relative to the mean angle of the `upright` images of each class, since the model's zero angle is arbitrary.
 * @param orders the symmetry of each class
 * @returns undefined if no class has an angle
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

/** The symmetry of each class, in order. @throws {OptionError} when `symmetry` names an unknown class or has an invalid order. */
export function ordersOf(classNames: readonly string[], symmetry: Symmetry): number[] {
  for (const [name, order] of Object.entries(symmetry)) {
    if (!classNames.includes(name)) {
      throw new OptionError(`symmetry: unknown class "${name}". Known: ${classNames.join(', ')}.`);
    }
    if (!Number.isInteger(order) || order < 0) {
      throw new OptionError(`symmetry of "${name}" must be an integer of at least 0; got ${order}.`);
    }
  }
  return classNames.map((name) => lookUp(symmetry, name) ?? 1);
}

/** The inferred angles of labelled images, given their true classes; undefined if true angles are unknown. */
export function anglesOf(model: SSIVAE, set: TrainingImages): Angles | undefined {
  const { labels, factors } = set;
  if (!labels || !factors?.angle) return undefined;
  const { angle } = model.encode(set, labels);
  return angle && { found: angle.map((radians) => (radians * 180) / Math.PI), truth: factors.angle, labels };
}

const TURN = 2 * Math.PI;
const wrapped = (radians: number): number => radians - TURN * Math.round(radians / TURN);

/** order * (inferred - true) in radians, for the images of one class. */
function differences({ found, truth, labels }: Angles, label: number, order: number): number[] {
  const turns: number[] = [];
  for (let i = 0; i < labels.length; i++)
    if (labels[i] === label) turns.push((order * (found[i] - truth[i]) * Math.PI) / 180);
  return turns;
}

/** Mean direction of angles in radians, and mean resultant length; both 0 for no angles. */
function meanOf(radians: readonly number[]): { angle: number; length: number } {
  const cos = radians.reduce((sum, a) => sum + Math.cos(a), 0);
  const sin = radians.reduce((sum, a) => sum + Math.sin(a), 0);
  return { angle: Math.atan2(sin, cos), length: Math.hypot(cos, sin) / Math.max(1, radians.length) };
}

/** The error of one or several classes, from centred differences multiplied by the order. */
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
