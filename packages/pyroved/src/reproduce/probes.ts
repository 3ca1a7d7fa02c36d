/** Probes of a latent space: how well simple predictors read factors and classes off the content latents, and how far classes lie apart. */
import { RandomStream } from 'pyro-ts';
import { leaveOneOut } from 'pyroved-ts/internal';

/** Rows of latents. */
export type Points = readonly (readonly number[])[];

/** Fractions of a factor's variance that are predicted on images that a fit has not seen; at least 0. */
export interface FactorProbe {
  /** Linear, on each latent alone. */
  readonly alone: readonly number[];
  /** Linear, on all latents. */
  readonly linear: number;
  /** Cubic polynomial of all latents. */
  readonly cubic: number;
}

/**
 * Leave-one-out R2 of a factor within each group, since latents can mean something else in each class.
 * @param groups of each point, e.g. its class
 */
export function probeFactor(points: Points, factor: ArrayLike<number>, groups: ArrayLike<number>): FactorProbe {
  const share = (features: (point: readonly number[]) => readonly number[]): number => {
    let [left, total] = [0, 0];
    for (const group of new Set(Array.from(groups))) {
      const members = points.flatMap((_, i) => (groups[i] === group ? [i] : []));
      const rows = members.map((i) => features(points[i]));
      // With fewer images the polynomial fits them exactly.
      if (members.length < 2 * (rows[0].length + 1)) continue;
      const sums = leaveOneOut(
        rows,
        members.map((i) => [factor[i]]),
      );
      left += sums.left;
      total += sums.total;
    }
    return total > 0 ? Math.max(0, 1 - left / total) : Number.NaN;
  };
  return {
    alone: points[0].map((_, k) => share((point) => [point[k]])),
    linear: share((point) => point),
    cubic: share(cubicOf),
  };
}

/** All monomials of degree 1 to 3. */
function cubicOf(point: readonly number[]): number[] {
  const monomials: number[] = [];
  point.forEach((a, i) => {
    monomials.push(a);
    point.slice(i).forEach((b, j) => {
      monomials.push(a * b);
      for (const c of point.slice(i + j)) monomials.push(a * b * c);
    });
  });
  return monomials;
}

/**
 * Mean silhouette of labelled points: (b - a) / max(a, b), with a the mean distance to the other points of the class and b that to the nearest other class.
 * @see Rousseeuw 1987, "Silhouettes"
 */
export function silhouette(points: Points, labels: ArrayLike<number>): number {
  const classes = [...new Set(Array.from(labels))];
  const values = points.flatMap((point, i) => {
    const distances = classes.map((label) => {
      const others = points.flatMap((other, j) => (labels[j] === label && j !== i ? [distance(point, other)] : []));
      return { label, mean: others.reduce((sum, d) => sum + d, 0) / others.length };
    });
    const own = distances.find(({ label }) => label === labels[i])?.mean ?? Number.NaN;
    const nearest = Math.min(...distances.filter(({ label }) => label !== labels[i]).map(({ mean }) => mean));
    return Number.isFinite(own) && Number.isFinite(nearest) ? [(nearest - own) / Math.max(own, nearest)] : [];
  });
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((v, k) => v - b[k]));

/** Folds of the cross-validation of `linearProbe`, and steps of gradient descent. */
const FOLDS = 5;
const STEPS = 200;

/** Mean recall over the classes of a linear classifier (multinomial logistic regression) of the points, in five-fold cross-validation. */
export function linearProbe(points: Points, labels: ArrayLike<number>, numClasses: number, seed = 1): number {
  const order = new RandomStream(seed).fork('folds').permutation(points.length);
  const features = standardisedRows(points);
  const hits = new Array<number>(numClasses).fill(0);
  const counts = new Array<number>(numClasses).fill(0);
  for (let fold = 0; fold < FOLDS; fold++) {
    const isTest = (place: number): boolean => place % FOLDS === fold;
    const train = Array.from(order).filter((_, place) => !isTest(place));
    const weights = logisticFit(features, labels, train, numClasses);
    for (const i of Array.from(order).filter((_, place) => isTest(place))) {
      const scores = weights.map((row) => dot(row, features[i]));
      counts[labels[i]]++;
      if (scores.indexOf(Math.max(...scores)) === labels[i]) hits[labels[i]]++;
    }
  }
  const recalls = hits.flatMap((hit, k) => (counts[k] > 0 ? [hit / counts[k]] : []));
  return recalls.reduce((sum, v) => sum + v, 0) / recalls.length;
}

/** Columns with mean 0 and variance 1, and a column of ones. */
function standardisedRows(points: Points): number[][] {
  const n = points.length;
  const scaled = points[0].map((_, k) => {
    const mean = points.reduce((sum, point) => sum + point[k], 0) / n;
    const sd = Math.sqrt(points.reduce((sum, point) => sum + (point[k] - mean) ** 2, 0) / n) || 1;
    return points.map((point) => (point[k] - mean) / sd);
  });
  return points.map((_, i) => [...scaled.map((column) => column[i]), 1]);
}

/** Weights of each class, fitted by gradient descent; each class weighs the same. */
function logisticFit(
  rows: Points,
  labels: ArrayLike<number>,
  train: readonly number[],
  numClasses: number,
): number[][] {
  const counts = new Array<number>(numClasses).fill(0);
  for (const i of train) counts[labels[i]]++;
  const weights = Array.from({ length: numClasses }, () => new Array<number>(rows[0].length).fill(0));
  for (let step = 0; step < STEPS; step++) {
    const gradients = weights.map((row) => row.map((w) => 1e-3 * w));
    for (const i of train) {
      const scores = weights.map((row) => dot(row, rows[i]));
      const most = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - most));
      const total = exponentials.reduce((sum, e) => sum + e, 0);
      exponentials.forEach((e, k) => {
        const error = (e / total - (labels[i] === k ? 1 : 0)) / (numClasses * counts[labels[i]]);
        rows[i].forEach((v, d) => {
          gradients[k][d] += error * v;
        });
      });
    }
    gradients.forEach((row, k) => {
      row.forEach((g, d) => {
        weights[k][d] -= 2 * g;
      });
    });
  }
  return weights;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);
