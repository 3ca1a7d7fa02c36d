/** Images decoded over a regular grid of content latents. */
import { host } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import { linspace } from '../../coordinates/grid.js';
import type { ImageSet } from '../../data/index.js';
import { type OptionTable, openFraction, positiveInteger, resolveOptions } from '../../options.js';
import { type Condition, conditionTable } from './condition.js';
import { type PoseRows, poseTable } from './host.js';

/** Options of `manifold`. */
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
  /**
   * Values of the latents of `axes`, smallest first, e.g. quantiles of encoded images; they replace `size` and
   * `coverage`.
   * @default quantiles of the prior
   */
  readonly values?: readonly [readonly number[], readonly number[]];
}

/** Images decoded over a grid of two latents. */
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

/** The options of grids over latents. */
export const gridTable = {
  size: { default: 8, ...positiveInteger },
  coverage: { default: 0.9, ...openFraction },
} satisfies OptionTable<Pick<ManifoldOptions, 'size' | 'coverage'>>;

const table = { ...gridTable, axes: {}, values: {}, ...poseTable, ...conditionTable } satisfies OptionTable<
  ManifoldOptions & Condition
>;

/**
 * Decodes a grid over two of `latentDim` standard normal latents.
 * @see `pyroved.utils.generate_latent_grid`
 */
export function manifold(
  latentDim: number,
  options: ManifoldOptions & Condition,
  decode: (content: Float32Array, options: PoseRows & Condition) => ImageSet,
): Manifold {
  const { size, axes: chosenAxes, coverage, values, ...others } = resolveOptions('manifold', options, table);
  const quantiles = evenQuantiles(size, coverage);
  const [downwards, acrosswards] = checkedValues(values) ?? [quantiles, quantiles];
  const axes = chosenAxes ?? (latentDim === 1 ? [0, 0] : [0, 1]);
  if (axes.some((a) => !Number.isInteger(a) || a < 0 || a >= latentDim) || (latentDim > 1 && axes[0] === axes[1])) {
    throw new OptionError(
      `manifold: axes must be two different latents from 0 to ${latentDim - 1}; got [${axes.join(', ')}].`,
    );
  }
  const columns = Float32Array.from(acrosswards);
  const rows = latentDim === 1 ? Float32Array.of(0) : Float32Array.from(downwards).reverse();
  const content = new Float32Array(rows.length * columns.length * latentDim);
  rows.forEach((down, r) => {
    columns.forEach((across, c) => {
      const at = (r * columns.length + c) * latentDim;
      content[at + axes[0]] = down;
      content[at + axes[1]] = across;
    });
  });
  return { images: decode(content, others), rows, columns, axes };
}

/** @throws {OptionError} unless both lists have increasing finite numbers. */
function checkedValues(values: ManifoldOptions['values']): ManifoldOptions['values'] {
  for (const list of values ?? []) {
    const isIncreasing = list.every((v, i) => Number.isFinite(v) && (i === 0 || v >= list[i - 1]));
    if (list.length > 0 && isIncreasing) continue;
    throw new OptionError(`manifold: values must be two lists of increasing numbers; got [${list.join(', ')}].`);
  }
  return values;
}

/** `size` evenly spaced quantiles of the standard normal, over the central `coverage` of its mass. */
export const evenQuantiles = (size: number, coverage: number): number[] =>
  linspace((1 - coverage) / 2, (1 + coverage) / 2, size).map((p) => host.ndtri(p));
