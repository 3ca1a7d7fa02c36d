/** Latent traversals: one latent varied at a time with the others fixed, for each class. */
import { OptionError } from 'pyro-ts';
import type { ImageSet } from '../../data/index.js';
import { type OptionTable, resolveOptions } from '../../options.js';
import { type Condition, conditionTable } from './condition.js';
import { type PoseRows, poseTable } from './host.js';
import { evenQuantiles, gridTable } from './manifold.js';

/** Options of `traverse`. */
export interface TraverseOptions extends PoseRows {
  /** The latents to vary, counted from 0. @default all */
  readonly latents?: readonly number[];
  /** Number of images in a row. @default 8 */
  readonly size?: number;
  /** Probability mass of the prior that the latent spans, at evenly spaced quantiles. @default 0.9 */
  readonly coverage?: number;
  /** Values of the fixed latents, [latentDim]. @default 0 */
  readonly at?: ArrayLike<number>;
}

/** Images decoded along single latents. */
export interface Traversal {
  /** rows.length * values.length images, row by row. */
  readonly images: ImageSet;
  /** The latent that varies along each row, and its class if the model has classes. */
  readonly rows: readonly { readonly latent: number; readonly class?: number }[];
  /** The values of the latent that varies, smallest first. */
  readonly values: Float32Array;
}

const table = { latents: {}, ...gridTable, at: {}, ...poseTable, ...conditionTable } satisfies OptionTable<
  TraverseOptions & Condition
>;

/**
 * Decodes one row for each latent, class by class; by default for all classes.
 * @see pyroVED's `manifold_traversal`, which has one latent and all classes.
 */
export function traverse(
  { latentDim, numClasses }: { latentDim: number; numClasses: number },
  options: TraverseOptions & Condition,
  decode: (content: Float32Array, options: PoseRows & Condition) => ImageSet,
): Traversal {
  const resolved = resolveOptions('traverse', options, table);
  const { latents = range(latentDim), size, coverage, at = new Float32Array(latentDim), ...rest } = resolved;
  const wrong = latents.find((k) => !Number.isInteger(k) || k < 0 || k >= latentDim);
  if (wrong !== undefined || latents.length === 0) {
    throw new OptionError(
      `traverse: latents must be one or more of 0 to ${latentDim - 1}; got [${latents.join(', ')}].`,
    );
  }
  if (at.length !== latentDim) {
    throw new OptionError(`traverse: at must have ${latentDim} values, one for each content latent; got ${at.length}.`);
  }
  const { classes: chosen, ...others } = rest;
  const classes = typeof chosen === 'number' ? [chosen] : Array.from(chosen ?? range(numClasses));
  const values = Float32Array.from(evenQuantiles(size, coverage));
  const rows: Traversal['rows'] =
    numClasses > 0
      ? classes.flatMap((c) => latents.map((latent) => ({ latent, class: c })))
      : latents.map((latent) => ({ latent }));
  const content = new Float32Array(rows.length * size * latentDim);
  rows.forEach(({ latent }, r) => {
    values.forEach((value, c) => {
      const from = (r * size + c) * latentDim;
      content.set(at, from);
      content[from + latent] = value;
    });
  });
  const each = rows.flatMap((row) => (row.class === undefined ? [] : new Array<number>(size).fill(row.class)));
  const images = decode(content, { ...others, ...(numClasses > 0 && { classes: each }) });
  return { images, rows, values };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
