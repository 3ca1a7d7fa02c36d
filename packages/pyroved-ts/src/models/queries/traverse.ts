/** One latent varied at a time, the others fixed, for each class: what each latent has come to mean. */
import { OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { ImageSet } from '../../data/index.js';
import { type Condition, conditionKeys } from './condition.js';
import type { PoseRows } from './host.js';
import { evenQuantiles } from './manifold.js';

export interface TraverseOptions extends PoseRows {
  /** Which latents vary, counted from 0; all. */
  readonly latents?: readonly number[];
  /** Images a row; 8. */
  readonly size?: number;
  /** The share of the prior's mass that the latent spans, at even quantiles; 0.9. */
  readonly coverage?: number;
  /** Values of the latents that stay fixed, latentDim numbers; 0. */
  readonly at?: ArrayLike<number>;
}

export interface Traversal {
  /** rows.length * values.length images, row by row. */
  readonly images: ImageSet;
  /** What varies along each row, and the class where the model has classes. */
  readonly rows: readonly { readonly latent: number; readonly class?: number }[];
  /** The values of the latent that varies, smallest first. */
  readonly values: Float32Array;
}

const keys = ['latents', 'size', 'coverage', 'at', 'angle', 'shift', 'scale', 'shear', ...conditionKeys];

/**
 * Decodes one row for each latent, class by class (all of `numClasses` unless `classes` says which). Source: pyroVED's `manifold_traversal`, which
 * has one latent and all classes.
 */
export function traverse(
  { latentDim, numClasses }: { latentDim: number; numClasses: number },
  options: TraverseOptions & Condition,
  decode: (content: Float32Array, options: PoseRows & Condition) => ImageSet,
): Traversal {
  refuseUnknownKeys('traverse', options, keys);
  const { latents = range(latentDim), size = 8, coverage = 0.9, at = new Float32Array(latentDim), ...rest } = options;
  const wrong = latents.find((k) => !Number.isInteger(k) || k < 0 || k >= latentDim);
  if (wrong !== undefined || latents.length === 0) {
    throw new OptionError(`traverse: latents are some of 0 to ${latentDim - 1}, not [${latents.join(', ')}].`);
  }
  if (at.length !== latentDim) {
    throw new OptionError(`traverse: at holds ${at.length} numbers; the model has ${latentDim} content latents.`);
  }
  const { classes: asked, ...given } = rest;
  const classes = typeof asked === 'number' ? [asked] : Array.from(asked ?? range(numClasses));
  const values = Float32Array.from(evenQuantiles('traverse', size, coverage));
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
  const images = decode(content, { ...given, ...(numClasses > 0 && { classes: each }) });
  return { images, rows, values };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
