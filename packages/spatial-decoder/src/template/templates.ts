/**
 * Deformable templates: pictures deformed by a smooth field and posed, as one operation with its own gradient, and their
 * comparison with images as Gauss-Newton needs it.
 *
 * A pixel p = (x, y) of an image has x = (2 column + 1) / W - 1 to the right and y = (2 row + 1) / H - 1 downwards. Row
 * r of the call shows there
 *
 *     c = R(angle) (p - shift),  R(a) = [[cos a, -sin a], [sin a, cos a]]
 *     q = c + sum_k content_k field_k(c)
 *     mu = picture(q)
 *
 * so that the object appears rotated counter-clockwise by its angle, with its centre at `shift` = (rightwards,
 * downwards) in the image. The field is interpolated bilinearly between control points that span [-1, 1]; the picture
 * bilinearly between its pixel centres; beyond the border of either, the edge values continue.
 *
 * Poses of `pyroved-ts` have the same angle. Their shift s is added to rotated coordinates (a down, b to the left, the
 * centres of the first and last pixel at -1 and 1), which puts the centre at (a, b) = -s R^-1, which is
 * shift = (-b (W - 1) / W, a (H - 1) / H) here.
 */
import { customGrad } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { referenceKernel } from '../referenceKernel.js';
import {
  imagesOf,
  type TemplateCall,
  type TemplateComparison,
  type TemplateInputs,
  type TemplateOptions,
  templateCallOf,
} from './inputs.js';
import type { NormalEquations } from './reference.js';

/**
 * Templates drawn at poses and contents: mu [R, K * P], channels first. It has gradients with respect to pictures,
 * field and theta: the exact ones (the slope of the bilinear interpolation; zero beyond the border). No second
 * derivatives.
 * @throws {SpatialDecoderError} when the shapes of inputs do not match, or an index is out of range.
 * @example
 * const pictures = tf.randomUniform<tf.Rank.R3>([4, 48, 48]);
 * const field = tf.zeros<tf.Rank.R4>([2, 2, 4, 4]);
 * const theta = tf.tensor2d([[Math.PI / 2, 0, 0, 1, -0.5]]); // a quarter turn, no shift, two content latents
 * drawTemplates({ pictures, field, theta, picture: [3] }, { kernel: await selectKernel() }); // [1, 2304]
 */
export function drawTemplates(inputs: TemplateInputs, options: TemplateOptions = {}): tf.Tensor2D {
  return tf.tidy(() => {
    const call = templateCallOf('drawTemplates', inputs, options);
    const { rows, channels, pixels } = call.problem;
    if (rows * pixels === 0) return nothing(call, [rows, channels * pixels]);
    return (options.kernel ?? referenceKernel).drawTemplates(call);
  });
}

/**
 * Sum over pixels and channels of the squared differences between each row and its image, [R]. No gradient.
 * @throws {SpatialDecoderError} when the shapes of inputs do not match, or an index is out of range.
 * @example
 * // Two candidates for image 5, compared on 96 pixels.
 * templateSquaredErrors({ pictures, field, theta, picture: [0, 1], images, image: [5, 5] }, { pixels: chosen })
 */
export function templateSquaredErrors(inputs: TemplateComparison, options: TemplateOptions = {}): tf.Tensor1D {
  return tf.tidy(() => {
    const call = templateCallOf('templateSquaredErrors', inputs, options, true);
    const image = imagesOf('templateSquaredErrors', inputs, call.problem);
    const { rows, pixels } = call.problem;
    if (rows * pixels === 0) return tf.zeros([rows]);
    return (options.kernel ?? referenceKernel).squaredErrors(call, inputs.images, image);
  });
}

/**
 * The sums for a Gauss-Newton step on (angle, shift, content): with the residuals r = mu - image over pixels and channels
 * and their Jacobian J [3 + C, K * P], the sums r r^T [R], J r [R, 3 + C] and J J^T [R, 3 + C, 3 + C]. Half the squared
 * error has the gradient J r and, nearly, the Hessian J J^T. No gradient.
 *
 * J takes the slope of a picture from its central differences (pixel i + 1 less pixel i - 1 over two pixels, zero at
 * the border), interpolated like the picture itself: a smooth slope, with which Gauss-Newton converges, whereas the slope
 * of the interpolation jumps from pixel to pixel. The slope of the field is exact.
 * @throws {SpatialDecoderError} when the shapes of inputs do not match, or an index is out of range.
 * @example
 * const { gradient, hessian } = templateNormalEquations({ pictures, field, theta, picture, images, image });
 * const better = theta.sub(solve(hessian, gradient));
 */
export function templateNormalEquations(inputs: TemplateComparison, options: TemplateOptions = {}): NormalEquations {
  return tf.tidy(() => {
    const call = templateCallOf('templateNormalEquations', inputs, options, true);
    const image = imagesOf('templateNormalEquations', inputs, call.problem);
    const { rows, pixels, contents } = call.problem;
    const size = 3 + contents;
    if (rows * pixels === 0)
      return {
        squaredError: tf.zeros([rows]),
        gradient: tf.zeros([rows, size]),
        hessian: tf.zeros([rows, size, size]),
      };
    return (options.kernel ?? referenceKernel).normalEquations(call, inputs.images, image);
  });
}

/** No rows or no pixels: an empty result, and every gradient is zero. */
function nothing({ pictures, field, theta }: TemplateCall, shape: [number, number]): tf.Tensor2D {
  const inputs = [pictures, field, theta];
  return customGrad(inputs, () => ({
    value: tf.zeros(shape),
    grad: () => inputs.map((t) => tf.zeros(t.shape)),
  })) as tf.Tensor2D;
}
