/** Images decoded over a regular grid of content latents. */
import { host } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { linspace } from '../../coordinates/grid.js';
import type { ImageSet } from '../../data/index.js';
import { type Condition, conditionKeys } from './condition.js';
import type { PoseRows } from './host.js';

export interface ManifoldOptions extends PoseRows {
  /** Number of images along each axis. @default 8 */
  readonly size?: number;
  /**
   * The two latents that vary along rows and columns, counted from 0; the others are 0. With one latent the grid is a
   * single row.
   * @default [0, 1]
   */
  readonly axes?: readonly [number, number];
  /** Probability mass of the prior that each axis spans, at evenly spaced quantiles. @default 0.9 */
  readonly coverage?: number;
}

export interface Manifold {
  /** rows.length * columns.length images, row by row. */
  readonly images: ImageSet;
  /** Values of the latent that varies down the rows, largest first, as on the axis of a graph; [0] for one latent. */
  readonly rows: Float32Array;
  /** Values of the latent that varies across the columns, smallest first. */
  readonly columns: Float32Array;
  /** The indices of these two latents. */
  readonly axes: readonly [number, number];
}

const keys = ['size', 'axes', 'coverage', 'angle', 'shift', 'scale', 'shear', ...conditionKeys];

/**
 * Decodes a grid over two of `latentDim` standard normal latents.
 * @see `pyroved.utils.generate_latent_grid`
 */
export function manifold(
  latentDim: number,
  options: ManifoldOptions & Condition,
  decode: (content: Float32Array, options: PoseRows & Condition) => ImageSet,
): Manifold {
  rejectUnknownKeys('manifold', options, keys);
  const { size = 8, axes: chosenAxes, coverage = 0.9, ...others } = options;
  const quantiles = evenQuantiles('manifold', size, coverage);
  const axes = chosenAxes ?? (latentDim === 1 ? [0, 0] : [0, 1]);
  if (axes.some((a) => !Number.isInteger(a) || a < 0 || a >= latentDim) || (latentDim > 1 && axes[0] === axes[1])) {
    throw new OptionError(
      `manifold: axes must be two different latents from 0 to ${latentDim - 1}; got [${axes.join(', ')}].`,
    );
  }
  const columns = Float32Array.from(quantiles);
  const rows = latentDim === 1 ? Float32Array.of(0) : Float32Array.from(quantiles).reverse();
  const content = new Float32Array(rows.length * size * latentDim);
  rows.forEach((down, r) => {
    columns.forEach((across, c) => {
      const at = (r * size + c) * latentDim;
      content[at + axes[0]] = down;
      content[at + axes[1]] = across;
    });
  });
  return { images: decode(content, others), rows, columns, axes };
}

/** `size` evenly spaced quantiles of the standard normal, over the central `coverage` of its mass. */
export function evenQuantiles(owner: string, size: number, coverage: number): number[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new OptionError(`${owner}: size must be an integer of at least 1; got ${size}.`);
  }
  if (!(coverage > 0 && coverage < 1)) {
    throw new OptionError(`${owner}: coverage must be between 0 and 1; got ${coverage}.`);
  }
  return linspace((1 - coverage) / 2, (1 + coverage) / 2, size).map((p) => host.ndtri(p));
}
