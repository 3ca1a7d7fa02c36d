/** Images over a regular grid of content latents: the picture of what a model has learned. */
import { host } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import { linspace } from '../../coordinates/index.js';
import type { ImageSet } from '../../data/index.js';
import { type Condition, conditionKeys } from './condition.js';
import type { PoseRows } from './host.js';

export interface ManifoldOptions extends PoseRows {
  /** Images a side; 8. */
  readonly size?: number;
  /** Which two latents vary, down and across, counted from 0; [0, 1]. With one latent the grid is a row. The others are 0. */
  readonly axes?: readonly [number, number];
  /** The share of the prior's mass that each axis spans, at even quantiles; 0.9. */
  readonly coverage?: number;
}

export interface Manifold {
  /** rows.length * columns.length images, row by row. */
  readonly images: ImageSet;
  /** Values of the latent that varies down, largest first, so that the picture has its axes as a graph has; [0] for one latent. */
  readonly rows: Float32Array;
  /** Values of the latent that varies across, smallest first. */
  readonly columns: Float32Array;
  /** Which latents these are. */
  readonly axes: readonly [number, number];
}

const keys = ['size', 'axes', 'coverage', 'angle', 'shift', 'scale', 'shear', ...conditionKeys];

/** Decodes a grid over two of `latentDim` standard normal latents. Source: `pyroved.utils.generate_latent_grid`. */
export function manifold(
  latentDim: number,
  options: ManifoldOptions & Condition,
  decode: (content: Float32Array, options: PoseRows & Condition) => ImageSet,
): Manifold {
  refuseUnknownKeys('manifold', options, keys);
  const { size = 8, axes: asked, coverage = 0.9, ...given } = options;
  const quantiles = evenQuantiles('manifold', size, coverage);
  const axes = asked ?? (latentDim === 1 ? [0, 0] : [0, 1]);
  if (axes.some((a) => !Number.isInteger(a) || a < 0 || a >= latentDim) || (latentDim > 1 && axes[0] === axes[1])) {
    throw new OptionError(
      `manifold: axes are two different latents of 0 to ${latentDim - 1}, not [${axes.join(', ')}].`,
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
  return { images: decode(content, given), rows, columns, axes };
}

/** Quantiles of the standard normal at even distances, `size` of them, over the middle `coverage` of its mass. */
export function evenQuantiles(owner: string, size: number, coverage: number): number[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new OptionError(`${owner}: size is a whole number of at least 1, not ${size}.`);
  }
  if (!(coverage > 0 && coverage < 1)) {
    throw new OptionError(`${owner}: coverage lies between 0 and 1, not at ${coverage}.`);
  }
  return linspace((1 - coverage) / 2, (1 + coverage) / 2, size).map((p) => host.ndtri(p));
}
