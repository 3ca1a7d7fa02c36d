/**
 * The E-step: explains each image by every picture, from the poses proposed by recognition to refined poses and their
 * evidence.
 */
import { templateSquaredErrors } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream, RefinedRows } from 'pyro-ts';
import { laplaceEvidence, refineRows } from 'pyro-ts/internal';
import { tidyHost } from '../tidyHost.js';
import { type TemplatePriors, type TemplateRows, templateRows } from './rows.js';

/**
 * Candidates for each image and picture: latents (angle, displacement, content), row major
 * [count, pictures, candidates, dim].
 */
export interface Candidates {
  readonly count: number;
  readonly pictures: number;
  readonly candidates: number;
  readonly dim: number;
  readonly theta: Float64Array;
}

/** Refined candidates, in the same order, with their evidence. */
export interface Explanations extends Candidates {
  /** log p(image | picture) by Laplace's approximation at the candidate, in nats, [count, pictures, candidates]. */
  readonly evidence: Float64Array;
  readonly refined: RefinedRows;
}

/** Images and pictures under the same blur, with the priors of the latents. */
export type TemplateScene = Pick<TemplateRows, 'templates' | 'images' | 'kernel'> & { readonly priors: TemplatePriors };

/** Largest change of angle (radians), displacement (half widths) and content in one step. */
const [LARGEST_TURN, LARGEST_MOVE, LARGEST_CONTENT] = [0.35, 0.12, 1];

/** Number of pixels for ranking candidates before refinement. */
const RANKING_PIXELS = 96;

/** The `kept` candidates of each image and picture that fit best before refinement, on a sample of the pixels. */
export function bestCandidates(
  scene: TemplateScene,
  found: Candidates,
  kept: number,
  pixels: Int32Array | undefined,
): Candidates {
  const { candidates, dim, theta } = found;
  if (kept >= candidates) return found;
  const { templates, images, kernel, priors } = scene;
  const some = pixels?.subarray(0, RANKING_PIXELS);
  const errors = tidyHost(() =>
    templateSquaredErrors(
      {
        ...{ ...templates, images, ...indicesOf(found) },
        theta: tf.tensor2d(new Float32Array(theta), [theta.length / dim, dim]),
      },
      { kernel, ...(some && { pixels: some }) },
    ).dataSync<'float32'>(),
  );
  const precision = (some ? images.shape[1] / (some.length * templates.pictures.shape[1]) : 1) / priors.sigma ** 2;
  const costs = Float64Array.from(errors, (error, row) => {
    let cost = error * precision;
    for (let k = 3; k < dim; k++) cost += theta[row * dim + k] ** 2;
    return cost;
  });
  return selected(found, kept, (row) => -costs[row]);
}

/** The `kept` candidates of each image and picture with the highest scores. */
export function selected(found: Candidates, kept: number, score: (row: number) => number): Candidates {
  const { count, pictures, candidates, dim, theta } = found;
  const out = new Float64Array(count * pictures * kept * dim);
  const order = new Int32Array(candidates);
  for (let group = 0; group < count * pictures; group++) {
    for (let c = 0; c < candidates; c++) order[c] = group * candidates + c;
    order.sort((a, b) => score(b) - score(a));
    for (let c = 0; c < kept; c++) {
      out.set(theta.subarray(order[c] * dim, (order[c] + 1) * dim), (group * kept + c) * dim);
    }
  }
  return { count, pictures, candidates: kept, dim, theta: out };
}

/** Refines candidates by Gauss-Newton steps, and computes their evidence. */
export function explain(
  scene: TemplateScene,
  from: Candidates,
  steps: number,
  pixels: Int32Array | undefined,
): Explanations {
  const { templates, images, kernel, priors } = scene;
  const rows = templateRows({ templates, images, kernel, ...indicesOf(from), ...(pixels && { pixels }) }, priors);
  const refined = refineRows(rows, from.theta, { steps, maxStep: stepLimits(from.dim), ridge: 1e-3 });
  return { ...from, theta: refined.z, evidence: laplaceEvidence(refined), refined };
}

/** Refines contents at known poses. @param theta [rows, dim] */
export function refineContent(rows: TemplateRows, priors: TemplatePriors, theta: Float64Array, steps: number) {
  const dim = theta.length / rows.image.length;
  return refineRows(templateRows(rows, priors), theta, {
    ...{ steps, fixed: [0, 1, 2], maxStep: stepLimits(dim), ridge: 1e-3 },
  });
}

const stepLimits = (dim: number): number[] => [
  ...[LARGEST_TURN, LARGEST_MOVE, LARGEST_MOVE],
  ...new Array<number>(dim - 3).fill(LARGEST_CONTENT),
];

/** The image and the picture of each row of candidates. */
export function indicesOf({ count, pictures, candidates }: Candidates): { image: Int32Array; picture: Int32Array } {
  const rows = count * pictures * candidates;
  return {
    image: Int32Array.from({ length: rows }, (_, row) => Math.floor(row / (pictures * candidates))),
    picture: Int32Array.from({ length: rows }, (_, row) => Math.floor(row / candidates) % pictures),
  };
}

/**
 * `count` random pixels of an image, without replacement; undefined, which means all pixels, if it has no more than
 * that.
 */
export function somePixels(points: number, count: number, rng: RandomStream): Int32Array | undefined {
  return count < points ? rng.permutation(points).subarray(0, count) : undefined;
}
