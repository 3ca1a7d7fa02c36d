/** Affine deformations (size, stretch, shear) as a fixed field, for templates without a learned field. */
import * as tf from '@tensorflow/tfjs';

/** Number of control points along each axis; a linear map is exact with any number. */
const GRID = 2;

/** Relative change of coordinates per unit of content, one standard deviation of its prior. */
const UNIT = 0.2;

/**
 * The map of each content, [[a, b], [c, d]] for x' = a x + b y, y' = c x + d y; symmetric, since the pose includes the
 * rotation.
 */
const MAPS = [
  [1, 0, 0, 1],
  [1, 0, 0, -1],
  [0, 1, 1, 0],
] as const;

/** Number of content latents of `affineField`. */
export const AFFINE_CONTENTS = MAPS.length;

/**
 * The content for the size with which a picture of spread `drawn` has the spread `seen`, limited to plausible values.
 */
export function sizeContent(seen: number, drawn: number): number {
  if (!(seen > 0 && drawn > 0)) return 0;
  return Math.min(Math.max((drawn / seen - 1) / UNIT, -LARGEST), LARGEST);
}

/** Largest content, in standard deviations of its prior. */
const LARGEST = 2.5;

/** The field [3, 2, 2, 2] whose contents are size, stretch along the axes and stretch along the diagonals. */
export function affineField(): tf.Tensor4D {
  const at = [-1, 1];
  const values = MAPS.flatMap(([a, b, c, d]) =>
    [
      [a, b],
      [c, d],
    ].flatMap(([ofX, ofY]) => at.flatMap((y) => at.map((x) => UNIT * (ofX * x + ofY * y)))),
  );
  return tf.tensor4d(values, [MAPS.length, 2, GRID, GRID]);
}

/**
 * Adds the image, with pose and affine deformation undone, to `sum` with a weight.
 * @param theta angle, rightward and downward displacement (half widths of the image) and the contents of `affineField`,
 * from index `at`
 */
export function addUpright(
  sum: Float64Array,
  image: Float32Array,
  [height, width]: readonly number[],
  theta: ArrayLike<number>,
  at: number,
  weight: number,
): void {
  const [cos, sin] = [Math.cos(theta[at]), Math.sin(theta[at])];
  let [a, b, c, d] = [1, 0, 0, 1];
  MAPS.forEach((map, k) => {
    const content = UNIT * theta[at + 3 + k];
    a += content * map[0];
    b += content * map[1];
    c += content * map[2];
    d += content * map[3];
  });
  const determinant = a * d - b * c;
  if (!(Math.abs(determinant) > 1e-3)) return;
  for (let row = 0; row < height; row++) {
    const y = (2 * row + 1) / height - 1;
    for (let column = 0; column < width; column++) {
      const x = (2 * column + 1) / width - 1;
      // q = (1 + A) R (p - shift), solved for the position p in the image.
      const [u, v] = [(d * x - b * y) / determinant, (a * y - c * x) / determinant];
      const right = cos * u + sin * v + theta[at + 1];
      const down = -sin * u + cos * v + theta[at + 2];
      const value = bilinear(image, height, width, ((down + 1) * height - 1) / 2, ((right + 1) * width - 1) / 2);
      sum[row * width + column] += weight * value;
    }
  }
}

function bilinear(image: Float32Array, height: number, width: number, row: number, column: number): number {
  const r = Math.min(Math.max(row, 0), height - 1);
  const c = Math.min(Math.max(column, 0), width - 1);
  const [top, left] = [
    Math.min(Math.floor(r), Math.max(height - 2, 0)),
    Math.min(Math.floor(c), Math.max(width - 2, 0)),
  ];
  const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const [down, across] = [r - top, c - left];
  const upper = image[top * width + left] * (1 - across) + image[top * width + right] * across;
  const lower = image[bottom * width + left] * (1 - across) + image[bottom * width + right] * across;
  return upper * (1 - down) + lower * down;
}
