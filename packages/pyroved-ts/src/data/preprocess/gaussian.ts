/**
 * The large-scale Gaussian background of an image: its pixels blurred over an eighth of its side, without those of
 * objects.
 */

/** Standard deviation of the blur, as a fraction of the longer side. */
const WIDTH = 1 / 8;
/** Maximum number of cells per side of the grid on which the blur is computed; it has no finer structure. */
const CELLS = 12;

/** One axis: the cell of each pixel, the blur between cells, and the two cells between which each pixel lies. */
interface Axis {
  readonly cells: number;
  readonly cellOf: Int32Array;
  readonly blur: Float64Array;
  readonly lower: Int32Array;
  readonly weight: Float64Array;
}

export interface GaussianPlan {
  readonly down: Axis;
  readonly across: Axis;
}

export function gaussianPlan(shape: readonly number[]): GaussianPlan {
  const [height, width] = shape.length === 2 ? shape : [1, shape[0]];
  const sigma = WIDTH * Math.max(height, width);
  return { down: axisOf(height, sigma), across: axisOf(width, sigma) };
}

function axisOf(length: number, sigma: number): Axis {
  const cells = Math.min(CELLS, length);
  const size = length / cells;
  const blur = new Float64Array(cells * cells);
  for (let a = 0; a < cells; a++) {
    for (let b = 0; b < cells; b++) blur[a * cells + b] = Math.exp(-0.5 * (((a - b) * size) / sigma) ** 2);
  }
  const at = (p: number) => Math.min(cells - 1, Math.max(0, (p + 0.5) / size - 0.5));
  const lower = Int32Array.from({ length }, (_, p) => Math.min(Math.max(cells - 2, 0), Math.floor(at(p))));
  return {
    cells,
    cellOf: Int32Array.from({ length }, (_, p) => Math.min(cells - 1, Math.floor((p + 0.5) / size))),
    blur,
    lower,
    weight: Float64Array.from({ length }, (_, p) => at(p) - lower[p]),
  };
}

/** Subtracts from one image, in place, the blurred mean of the pixels that `inliers` marks with 1. */
export function subtractBlur(image: Float32Array, { down, across }: GaussianPlan, inliers: Uint8Array): void {
  const cells = down.cells * across.cells;
  const sums = new Float64Array(cells);
  const counts = new Float64Array(cells);
  const width = across.cellOf.length;
  for (let y = 0, p = 0; y < down.cellOf.length; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (!inliers[p]) continue;
      const cell = down.cellOf[y] * across.cells + across.cellOf[x];
      sums[cell] += image[p];
      counts[cell] += 1;
    }
  }
  const [values, weights] = [blurred(sums, down, across), blurred(counts, down, across)];
  for (let c = 0; c < cells; c++) values[c] = weights[c] > 0 ? values[c] / weights[c] : 0;
  for (let y = 0, p = 0; y < down.cellOf.length; y++) {
    const top = down.lower[y] * across.cells;
    const bottom = Math.min(down.cells - 1, down.lower[y] + 1) * across.cells;
    const v = down.weight[y];
    for (let x = 0; x < width; x++, p++) {
      const left = across.lower[x];
      const right = Math.min(across.cells - 1, left + 1);
      const u = across.weight[x];
      const above = values[top + left] * (1 - u) + values[top + right] * u;
      const below = values[bottom + left] * (1 - u) + values[bottom + right] * u;
      image[p] -= above * (1 - v) + below * v;
    }
  }
}

function blurred(cells: Float64Array, down: Axis, across: Axis): Float64Array {
  const rows = new Float64Array(cells.length);
  for (let y = 0; y < down.cells; y++) {
    for (let x = 0; x < across.cells; x++) {
      let sum = 0;
      for (let k = 0; k < across.cells; k++) sum += across.blur[x * across.cells + k] * cells[y * across.cells + k];
      rows[y * across.cells + x] = sum;
    }
  }
  const out = new Float64Array(cells.length);
  for (let y = 0; y < down.cells; y++) {
    for (let x = 0; x < across.cells; x++) {
      let sum = 0;
      for (let k = 0; k < down.cells; k++) sum += down.blur[y * down.cells + k] * rows[k * across.cells + x];
      out[y * across.cells + x] = sum;
    }
  }
  return out;
}
