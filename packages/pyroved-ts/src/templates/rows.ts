/**
 * The cost of explaining images by templates: -log p(image, pose, content | class) and its Gauss-Newton approximation,
 * for each row.
 */
import { type SpatialDecoderOptions, templateNormalEquations } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import type { RowObjective, RowQuadratic } from 'pyro-ts';
import type { AnglePenalty } from '../priors/namedAngles.js';
import { tidyHost } from '../tidyHost.js';
import type { Templates } from './decoder.js';
import { bendingOf, differencesOf } from './field.js';

/** Parameters of the terms of the cost. */
export interface TemplatePriors {
  /** Standard deviation of a pixel. */
  readonly sigma: number;
  readonly angle: AnglePenalty;
  /** Standard deviation of a displacement, horizontal and vertical, in half widths of the image. */
  readonly displacement: readonly [number, number];
  /** Precision of the second differences of the field. */
  readonly bending: number;
}

/** Images, and the image and the picture of each row. */
export interface TemplateRows {
  readonly templates: Templates;
  /** [n, channels * points]. */
  readonly images: tf.Tensor2D;
  /** [rows] */
  readonly image: Int32Array;
  /** [rows] */
  readonly picture: Int32Array;
  /** The pixels compared, a sample of all pixels. @default all */
  readonly pixels?: Int32Array;
  readonly kernel?: SpatialDecoderOptions['kernel'];
}

/**
 * Rows of latents (angle, rightward and downward displacement, content): the cost is -log p(pixels, angle,
 * displacement, content | class), where content has a standard normal prior and the field's second differences are
 * observed to be 0. The squared errors of a sample of the pixels are scaled up accordingly.
 */
export function templateRows(rows: TemplateRows, priors: TemplatePriors): RowObjective {
  const { templates, images, image, picture, pixels, kernel } = rows;
  const contents = templates.field.shape[0];
  const dim = 3 + contents;
  const [points, all] = [pixels?.length ?? 0, images.shape[1]];
  const channels = templates.pictures.shape[1];
  const precision = (pixels ? all / (points * channels) : 1) / priors.sigma ** 2;
  const prior = priorOf(templates.field, priors);
  const constant = prior.constant + (all / 2) * Math.log(2 * Math.PI * priors.sigma ** 2);
  return {
    rows: image.length,
    dim,
    at(z): RowQuadratic {
      const [error, slopes, curvatures] = tidyHost(() => {
        const theta = tf.tensor2d(new Float32Array(z), [image.length, dim]);
        const inputs = { ...templates, theta, picture, images, image };
        const { squaredError, gradient, hessian } = templateNormalEquations(inputs, {
          kernel,
          ...(pixels && { pixels }),
        });
        return [squaredError, gradient, hessian].map((t) => t.dataSync<'float32'>());
      });
      const cost = new Float64Array(image.length);
      const gradient = scaled(slopes, precision);
      const curvature = scaled(curvatures, precision);
      for (let row = 0; row < image.length; row++) {
        cost[row] = constant + 0.5 * precision * error[row] + prior.add(z, row, gradient, curvature);
      }
      return { cost, gradient, curvature };
    },
  };
}

/** `values` times `factor`; `Float64Array.from` is several times slower. */
function scaled(values: Float32Array, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] * factor;
  return out;
}

/** The priors of the latents: their constant, and their contributions to the cost and the derivatives of a row. */
function priorOf(field: tf.Tensor4D, { angle, displacement, bending }: TemplatePriors) {
  const contents = field.shape[0];
  const dim = 3 + contents;
  // Second differences are linear in the content, so that the penalty is a quadratic form.
  const form = contentForm(field, bending);
  const observed = bending > 0 ? differencesOf(field.shape[2]) : 0;
  const constant =
    displacement.reduce((sum, width) => sum + Math.log(width), 0) +
    ((2 + contents + observed) / 2) * Math.log(2 * Math.PI) -
    (observed === 0 ? 0 : (observed / 2) * Math.log(bending));
  const add = (z: Float64Array, row: number, gradient: Float64Array, curvature: Float64Array): number => {
    const [at, square] = [row * dim, row * dim * dim];
    const [cost, slope, bend] = angle(z[at]);
    let total = cost;
    gradient[at] += slope;
    curvature[square] += bend;
    for (let k = 0; k < 2; k++) {
      const weight = displacement[k] ** -2;
      total += 0.5 * weight * z[at + 1 + k] ** 2;
      gradient[at + 1 + k] += weight * z[at + 1 + k];
      curvature[square + (1 + k) * (dim + 1)] += weight;
    }
    for (let i = 0; i < contents; i++) {
      let moved = 0;
      for (let j = 0; j < contents; j++) {
        moved += form[i * contents + j] * z[at + 3 + j];
        curvature[square + (3 + i) * dim + 3 + j] += form[i * contents + j];
      }
      total += 0.5 * moved * z[at + 3 + i];
      gradient[at + 3 + i] += moved;
    }
    return total;
  };
  return { constant, add };
}

/**
 * The precision of the content, I + bending D D', where row i of D is the second differences of the field of content i.
 */
function contentForm(field: tf.Tensor4D, bending: number): Float64Array {
  const contents = field.shape[0];
  const products = tidyHost(() => {
    const differences = bendingOf(field);
    return tf.matMul(differences, differences, false, true).dataSync<'float32'>().slice();
  });
  return Float64Array.from(products, (v, i) => bending * v + (i % (contents + 1) === 0 ? 1 : 0));
}
