/**
 * A few templates through a kernel and through plain loops in float64, before a run relies on the kernel: drawn pixels
 * and sums against theirs, and all gradients at once against the slope of the loss along one direction.
 */
import type { TemplateKernel, TemplateOperands, TemplateProblem } from './problem.js';

/** Sizes that are not multiples of a vector. */
const problem: TemplateProblem = {
  ...{ rows: 3, pictures: 2, channels: 2, height: 6, width: 9, contents: 2, grid: 3, pixels: 21 },
};
const { rows, channels, height, width, contents, grid, pixels } = problem;
const size = 3 + contents;

/** Pseudo-random numbers, the same on every machine: a pattern could hide an error of layout. */
const numbers = (length: number, seed: number, scale = 0.8): Float32Array =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const operands: TemplateOperands = {
  pictures: numbers(problem.pictures * channels * height * width, 1),
  field: numbers(contents * 2 * grid * grid, 2, 0.2),
  theta: numbers(rows * size, 3),
  picture: Int32Array.of(1, 0, 1),
  pixels: Int32Array.from({ length: pixels }, (_, i) => (17 * i) % (height * width)),
};
const targets = { images: numbers(2 * channels * height * width, 4), image: Int32Array.of(1, 1, 0) };
const upstream = numbers(rows * channels * pixels, 5);

type Lists = readonly [pictures: ArrayLike<number>, field: ArrayLike<number>, theta: ArrayLike<number>];
const lists: Lists = [operands.pictures, operands.field, operands.theta];
const direction = lists.map((values, i) => numbers(values.length, 6 + i));

const TOLERANCE = 1e-4;

/** What is wrong with the templates of a kernel; undefined if they are correct. */
export function templateSelfCheck(templates: TemplateKernel): string | undefined {
  const { mu, errors, gradient, hessian } = plain(lists);
  const found = templates.normalEquations(problem, operands, targets);
  const checks: [string, readonly number[], Float32Array][] = [
    ['a pixel', mu, templates.draw(problem, operands)],
    ['a squared error', errors, templates.squaredErrors(problem, operands, targets)],
    ['a squared error', errors, found.squaredError],
    ['a gradient', gradient, found.gradient],
    ['a Hessian', hessian, found.hessian],
  ];
  for (const [what, expected, actual] of checks) {
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const off = Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
    if (!(off < TOLERANCE * largest)) return `its templates failed the self-check (${what} is off by ${off})`;
  }
  // So small that few points cross an entry.
  const step = 1e-7;
  const moved = (i: number, by: number) => Array.from(lists[i], (value, j) => value + by * direction[i][j]);
  const loss = (by: number) => dot(plain([moved(0, by), moved(1, by), moved(2, by)]).mu, upstream);
  const slope = (loss(step) - loss(-step)) / (2 * step);
  const grads = templates.drawBackward(problem, operands, upstream);
  const actual = [grads.pictures, grads.field, grads.theta].reduce((sum, g, i) => sum + dot(g, direction[i]), 0);
  if (!(Math.abs(actual - slope) < TOLERANCE * Math.max(1, Math.abs(slope))))
    return `its templates failed the self-check (a slope is ${actual} instead of ${slope})`;
  return undefined;
}

/** By the definition: drawn pixels [R, K, P], squared errors, J r and J J^T. */
function plain([pictures, field, theta]: Lists) {
  const [mu, errors]: number[][] = [[], new Array<number>(rows).fill(0)];
  const gradient = new Array<number>(rows * size).fill(0);
  const hessian = new Array<number>(rows * size * size).fill(0);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < channels; k++) {
      for (const p of operands.pixels) {
        const { value, jacobian } = seen(
          pictures,
          field,
          Array.from({ length: size }, (_, i) => theta[r * size + i]),
          {
            start: (operands.picture[r] * channels + k) * height * width,
            x: (2 * (p % width) + 1) / width - 1,
            y: (2 * Math.floor(p / width) + 1) / height - 1,
          },
        );
        mu.push(value);
        const residual = value - targets.images[(targets.image[r] * channels + k) * height * width + p];
        errors[r] += residual ** 2;
        jacobian.forEach((a, i) => {
          gradient[r * size + i] += a * residual;
          jacobian.forEach((b, j) => {
            hessian[(r * size + i) * size + j] += a * b;
          });
        });
      }
    }
  }
  return { mu, errors, gradient, hessian };
}

interface Pixel {
  /** Offset of the picture's plane. */
  readonly start: number;
  readonly x: number;
  readonly y: number;
}

/** The value of a row at a pixel, and its derivatives with respect to theta, with central differences for the picture's slopes. */
function seen(pictures: ArrayLike<number>, field: ArrayLike<number>, theta: readonly number[], { start, x, y }: Pixel) {
  const [angle, tx, ty, ...content] = theta;
  const [cos, sin, dx, dy] = [Math.cos(angle), Math.sin(angle), x - tx, y - ty];
  const [cx, cy] = [cos * dx - sin * dy, sin * dx + cos * dy];
  const moves = [0, 1].map((axis) =>
    content.map((_, l) => {
      const at = (2 * l + axis) * grid * grid;
      return sample(
        (i, j) => field[at + i * grid + j],
        grid,
        grid,
        ((cx + 1) * (grid - 1)) / 2,
        ((cy + 1) * (grid - 1)) / 2,
      );
    }),
  );
  const [u, v] = moves.map((move, axis) => content.reduce((sum, z, l) => sum + z * move[l].value, [cx, cy][axis]));
  const entry = (i: number, j: number) => pictures[start + i * width + j];
  const across = (i: number, j: number) =>
    j > 0 && j < width - 1 ? ((entry(i, j + 1) - entry(i, j - 1)) * width) / 4 : 0;
  const down = (i: number, j: number) =>
    i > 0 && i < height - 1 ? ((entry(i + 1, j) - entry(i - 1, j)) * height) / 4 : 0;
  const [value, gx, gy] = [entry, across, down].map(
    (plane) => sample(plane, height, width, ((u + 1) * width - 1) / 2, ((v + 1) * height - 1) / 2).value,
  );
  /** The change of the picture when the object's coordinates change by (x, y). */
  const along = (...by: [x: number, y: number]) =>
    [gx, gy].reduce((sum, g, axis) => {
      const slopes = content.reduce(
        (s, z, l) => s + z * (moves[axis][l].across * by[0] + moves[axis][l].down * by[1]),
        0,
      );
      return sum + g * (by[axis] + (slopes * (grid - 1)) / 2);
    }, 0);
  const pose = [along(-cy, cx), along(-cos, -sin), along(sin, -cos)];
  return { value, jacobian: [...pose, ...content.map((_, l) => gx * moves[0][l].value + gy * moves[1][l].value)] };
}

/** Value and slopes of a plane between its entries, which continues beyond its border. */
function sample(plane: (i: number, j: number) => number, lines: number, columns: number, x: number, y: number) {
  const [column, line] = [Math.min(Math.max(x, 0), columns - 1), Math.min(Math.max(y, 0), lines - 1)];
  const [left, top] = [Math.floor(column), Math.floor(line)];
  const [right, bottom] = [Math.min(left + 1, columns - 1), Math.min(top + 1, lines - 1)];
  const [s, t] = [column - left, line - top];
  const [a, b, c, d] = [plane(top, left), plane(top, right), plane(bottom, left), plane(bottom, right)];
  return {
    value: (1 - t) * ((1 - s) * a + s * b) + t * ((1 - s) * c + s * d),
    across: x < 0 || x > columns - 1 ? 0 : (1 - t) * (b - a) + t * (d - c),
    down: y < 0 || y > lines - 1 ? 0 : (1 - s) * (c - a) + s * (d - b),
  };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
