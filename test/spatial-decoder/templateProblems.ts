/** Problems of deformable templates, their definition in float64, and passes through the operations. */

import { drawTemplates, templateNormalEquations, templateSquaredErrors } from '@pyro-ts/spatial-decoder';
import type { HostKernel, TemplateOperands, TemplateProblem, TemplateTargets } from '@pyro-ts/spatial-decoder/internal';
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';

export const base: TemplateProblem = {
  ...{ rows: 5, pictures: 3, channels: 1, height: 11, width: 14, contents: 4, grid: 4, pixels: 37 },
};

/** Sizes that end within vectors, blocks and tiles. */
export const sizes: [string, Partial<TemplateProblem>][] = [
  ['as it is', {}],
  ['one pixel of one row', { rows: 1, pixels: 1, pictures: 1 }],
  ['three channels', { channels: 3 }],
  ['two content latents, a fine field', { contents: 2, grid: 7 }],
  ['seven content latents, the coarsest field', { contents: 7, grid: 2 }],
  ['rigid', { contents: 0, grid: 2 }],
  ['many rows', { rows: 61, pixels: 16 }],
  ['many pixels, each more than once', { rows: 3, pixels: 700 }],
  ['a single column', { width: 1 }],
  ['two rows and columns', { height: 2, width: 2 }],
];

export interface DrawnTemplates {
  readonly operands: TemplateOperands;
  readonly targets: TemplateTargets;
  /** [R, K, P] */
  readonly upstream: Float32Array;
}

/** Operands with poses and contents large enough to meet every border. */
export function drawTemplateOperands(problem: TemplateProblem, seed = 1): DrawnTemplates {
  const { rows, pictures, channels, height, width, contents, grid, pixels } = problem;
  let state = seed;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const floats = (length: number, scale: number) => Float32Array.from({ length }, () => scale * (2 * next() - 1));
  const indices = (length: number, count: number) => Int32Array.from({ length }, () => Math.floor(next() * count));
  const theta = floats(rows * (3 + contents), 1);
  for (let r = 0; r < rows; r++) {
    theta[r * (3 + contents)] *= Math.PI;
    for (const k of [1, 2]) theta[r * (3 + contents) + k] *= 0.4;
  }
  const images = 4;
  return {
    operands: {
      pictures: floats(pictures * channels * height * width, 1),
      field: floats(contents * 2 * grid * grid, 0.2),
      theta,
      picture: indices(rows, pictures),
      pixels: indices(pixels, height * width),
    },
    targets: { images: floats(images * channels * height * width, 1), image: indices(rows, images) },
    upstream: floats(rows * channels * pixels, 1),
  };
}

function tensorsOf(problem: TemplateProblem, { operands, targets }: DrawnTemplates) {
  const { rows, pictures, channels, height, width, contents, grid } = problem;
  const size = channels * height * width;
  return {
    pictures: tf.tensor4d(operands.pictures, [pictures, channels, height, width]),
    field: tf.tensor4d(operands.field, [contents, 2, grid, grid]),
    theta: tf.tensor2d(operands.theta, [rows, 3 + contents]),
    picture: operands.picture,
    images: tf.tensor2d(targets.images, [targets.images.length / size, size]),
    image: targets.image,
  };
}

const numbers = (t: tf.Tensor) => t.dataSync<'float32'>();

/** The drawn pixels, then the gradients of sum(upstream * pixels) to pictures, field and theta. */
export function drawPass(
  problem: TemplateProblem,
  kernel: HostKernel | undefined,
  drawn: DrawnTemplates,
): Float32Array[] {
  return tf.tidy(() => {
    const { pictures, field, theta, picture } = tensorsOf(problem, drawn);
    const { channels, pixels, rows } = problem;
    const options = { pixels: drawn.operands.pixels, ...(kernel && { kernel: onHost(kernel) }) };
    let output: Float32Array | undefined;
    const gradients = tf.grads((...[a, c, b]) => {
      const rest = b && { field: b as tf.Tensor4D };
      const inputs = { pictures: a as tf.Tensor4D, theta: c as tf.Tensor2D, picture, ...rest };
      const y = drawTemplates(inputs, options);
      output = numbers(y);
      return tf.sum(tf.mul(y, tf.tensor2d(drawn.upstream, [rows, channels * pixels])));
    })([pictures, theta, ...(problem.contents > 0 ? [field] : [])]);
    const [ofPictures, ofTheta, ofField = tf.zerosLike(field)] = gradients;
    return [output!, ...[ofPictures, ofField, ofTheta].map(numbers)];
  });
}

/** Squared errors; then squared errors, gradients and Hessians of the normal equations. */
export function comparePass(
  problem: TemplateProblem,
  kernel: HostKernel | undefined,
  drawn: DrawnTemplates,
): Float32Array[] {
  return tf.tidy(() => {
    const inputs = tensorsOf(problem, drawn);
    const options = { pixels: drawn.operands.pixels, ...(kernel && { kernel: onHost(kernel) }) };
    const { squaredError, gradient, hessian } = templateNormalEquations(inputs, options);
    return [templateSquaredErrors(inputs, options), squaredError, gradient, hessian].map(numbers);
  });
}

type Numbers = ArrayLike<number>;

/** Pictures, field, theta. */
export type Differentiated = readonly [Numbers, Numbers, Numbers];

export const listedTemplate = ({ pictures, field, theta }: Pick<TemplateOperands, 'pictures' | 'field' | 'theta'>) =>
  [pictures, field, theta] as const;

/** Value and slopes of a plane [height, width] at (x, y) in units of its entries, which continues beyond its border. */
function sample(plane: (row: number, column: number) => number, [height, width]: number[], x: number, y: number) {
  const hold = (t: number, size: number) => Math.min(Math.max(t, 0), size - 1);
  const [column, row] = [hold(x, width), hold(y, height)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const [across, down] = [column - left, row - top];
  const [a, b, c, d] = [plane(top, left), plane(top, right), plane(bottom, left), plane(bottom, right)];
  return {
    value: (1 - down) * ((1 - across) * a + across * b) + down * ((1 - across) * c + across * d),
    slopeX: x < 0 || x > width - 1 ? 0 : (1 - down) * (b - a) + down * (d - c),
    slopeY: y < 0 || y > height - 1 ? 0 : (1 - across) * (c - a) + across * (d - b),
  };
}

/**
 * By the definition: drawn pixels [R, K, P] and their Jacobian [R, K, P, 3 + C], whose slopes of the pictures are
 * central differences.
 */
export function plainTemplates(
  problem: TemplateProblem,
  { picture, pixels }: Pick<TemplateOperands, 'picture' | 'pixels'>,
  [pictures, field, theta]: Differentiated,
) {
  const { rows, channels, height, width, contents, grid } = problem;
  const [mu, jacobian]: number[][] = [[], []];
  for (let r = 0; r < rows; r++) {
    const [angle, tx, ty, ...content] = Array.from({ length: 3 + contents }, (_, k) => theta[r * (3 + contents) + k]);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    for (let k = 0; k < channels; k++) {
      for (const p of pixels) {
        const [dx, dy] = [(2 * (p % width) + 1) / width - 1 - tx, (2 * Math.floor(p / width) + 1) / height - 1 - ty];
        const c = [cos * dx - sin * dy, sin * dx + cos * dy];
        const moves = [0, 1].map((axis) =>
          content.map((_, l) => {
            const entry = (row: number, column: number) => field[((2 * l + axis) * grid + row) * grid + column];
            return sample(entry, [grid, grid], ((c[0] + 1) * (grid - 1)) / 2, ((c[1] + 1) * (grid - 1)) / 2);
          }),
        );
        const q = c.map((x, axis) => content.reduce((sum, z, l) => sum + z * moves[axis][l].value, x));
        const [x, y] = [((q[0] + 1) * width - 1) / 2, ((q[1] + 1) * height - 1) / 2];
        const start = (picture[r] * channels + k) * height * width;
        const entry = (row: number, column: number) => pictures[start + row * width + column];
        const slopeX = (row: number, column: number) =>
          column === 0 || column === width - 1 ? 0 : ((entry(row, column + 1) - entry(row, column - 1)) * width) / 4;
        const slopeY = (row: number, column: number) =>
          row === 0 || row === height - 1 ? 0 : ((entry(row + 1, column) - entry(row - 1, column)) * height) / 4;
        const [value, gx, gy] = [entry, slopeX, slopeY].map((plane) => sample(plane, [height, width], x, y).value);
        mu.push(value);
        const turned = [
          [-c[1], c[0]],
          [-cos, -sin],
          [sin, -cos],
        ].map((d) =>
          d.map((along, axis) =>
            content.reduce((sum, z, l) => {
              const { slopeX: sx, slopeY: sy } = moves[axis][l];
              return sum + z * ((grid - 1) / 2) * (sx * d[0] + sy * d[1]);
            }, along),
          ),
        );
        const directions = [...turned, ...content.map((_, l) => moves.map((move) => move[l].value))];
        jacobian.push(...directions.map(([u, v]) => gx * u + gy * v));
      }
    }
  }
  return { mu, jacobian };
}

/** Squared errors, J r and J J^T by the definition. */
export function plainNormalEquations(problem: TemplateProblem, { operands, targets }: DrawnTemplates): number[][] {
  const { rows, channels, height, width, contents, pixels } = problem;
  const { mu, jacobian } = plainTemplates(problem, operands, listedTemplate(operands));
  const size = 3 + contents;
  const [errors, gradient, hessian] = [rows, rows * size, rows * size * size].map((n) => new Array<number>(n).fill(0));
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < channels * pixels; i++) {
      const plane = targets.image[r] * channels + Math.floor(i / pixels);
      const at = r * channels * pixels + i;
      const residual = mu[at] - targets.images[plane * height * width + operands.pixels[i % pixels]];
      errors[r] += residual ** 2;
      for (let a = 0; a < size; a++) {
        gradient[r * size + a] += residual * jacobian[at * size + a];
        for (let b = 0; b < size; b++)
          hessian[(r * size + a) * size + b] += jacobian[at * size + a] * jacobian[at * size + b];
      }
    }
  }
  return [errors, errors, gradient, hessian];
}
