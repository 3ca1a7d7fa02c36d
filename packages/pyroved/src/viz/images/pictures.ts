/** Pictures made of images: manifolds, labelled rows, and samples by class. */
import { PyrovedError } from 'pyroved-ts';
import { type FramedPicture, framed } from './frame.js';
import { type SignalStack, type TiledCurves, tileSignals } from './signals.js';
import { checkStack, type ImageStack, selectImages, type TiledImage, tileImages } from './tiles.js';

/** A stack of images or of one-dimensional signals. */
export type Stack = ImageStack | SignalStack;

/** Images decoded on a grid of latent values. */
export interface ManifoldPictureOptions {
  /** Row by row from the top left: z₁ increases to the right and z₂ upward, so the first row has the largest z₂. */
  readonly images: Stack;
  readonly columns: number;
  /** The ranges of both axes, e.g. [-2, 2]. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** The name of the class, if any. */
  readonly title?: string;
  /** @default "z₁" and "z₂" */
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** The values shown as black and as white. @default see `displayRange` */
  readonly range?: readonly [number, number];
}

/** Rows of images, such as input, straightened and reconstruction. */
export interface ImageRowsOptions {
  readonly rows: readonly { readonly label: string; readonly images: Stack }[];
  /** Labels above the columns, such as the class or the angle. */
  readonly columnLabels?: readonly string[];
  readonly title?: string;
  /** Accessible description. @default the labels of the rows */
  readonly description?: string;
  readonly range?: readonly [number, number];
}

/** Largest widths of tiles and pictures in pixels; wider images are downsampled. */
const WIDEST = { tile: 100, rows: 1000, manifold: 640 };

/**
 * A manifold with its axes.
 * @example manifoldPicture({ images, columns: 12, x: [-2, 2], y: [-2, 2] }).svg
 */
export function manifoldPicture(options: ManifoldPictureOptions): FramedPicture {
  const { images, columns, x, y, title, xTitle = 'z₁', yTitle = 'z₂', range } = options;
  const ends = ([from, to]: readonly [number, number]) => ({ from: signed(from), to: signed(to) });
  return framed(tiles(images, columns, WIDEST.manifold, range), {
    description: `Images decoded over ${xTitle} and ${yTitle}${title === undefined ? '' : ` for class ${title}`}`,
    ...(title !== undefined && { title }),
    xAxis: { title: xTitle, ...ends(x) },
    // A single row of images has no vertical axis.
    ...(y[0] !== y[1] && { yAxis: { title: yTitle, ...ends(y) } }),
  });
}

/**
 * Labelled rows of images; rows may have different lengths.
 * @throws {PyrovedError} when the sizes of images differ between rows.
 * @example imageRowsPicture({ rows: [{ label: 'images', images }, { label: 'reconstructions', images: reconstructed }] }).svg
 */
export function imageRowsPicture(options: ImageRowsOptions): FramedPicture {
  const { rows, columnLabels, title, range } = options;
  const first = rows[0]?.images;
  if (first === undefined) throw new PyrovedError('At least one row of images is required.');
  for (const { label, images } of rows)
    if (sizeOf(images) !== sizeOf(first))
      throw new PyrovedError(
        `Row "${label}" has ${sizeOf(images)}, but row "${rows[0]!.label}" has ${sizeOf(first)}. All rows must have images of the same size.`,
      );
  const columns = Math.max(...rows.map(({ images }) => images.count));
  const data = rows.flatMap(({ images }) => padded(images, columns));
  const all = { ...first, count: columns * rows.length, data };
  const labels = rows.map(({ label }) => label);
  return framed(tiles(all, columns, WIDEST.rows, range), {
    description: options.description ?? `Rows of images: ${labels.join(', ')}`,
    ...(title !== undefined && { title }),
    rowLabels: labels,
    ...(columnLabels && { columnLabels }),
  });
}

/** The first images of each class as rows for `imageRowsPicture`; classes without images are omitted. */
export function samplesByClass(
  images: ImageStack,
  classes: ArrayLike<number>,
  classNames: readonly string[],
  perClass = 10,
): ImageRowsOptions['rows'] {
  checkStack(images);
  const found = classNames.map((label, c) => ({
    label,
    indices: Array.from({ length: images.count }, (_, i) => i)
      .filter((i) => classes[i] === c)
      .slice(0, perClass),
  }));
  return found
    .filter(({ indices }) => indices.length > 0)
    .map(({ label, indices }) => ({ label, images: selectImages(images, indices) }));
}

/** Tiles scaled by integer factors to fit; large images are downsampled. */
function tiles(
  stack: Stack,
  columns: number,
  widest: number,
  range?: readonly [number, number],
): TiledImage | TiledCurves {
  if (isSignals(stack)) return tileSignals(stack, columns, Math.min(WIDEST.tile, Math.floor(widest / columns)));
  const room = Math.max(16, Math.min(WIDEST.tile, widest / columns));
  const shrink = Math.max(1, Math.floor(stack.width / (1.5 * room)));
  const scale = Math.max(1, Math.floor(room / (stack.width / shrink)));
  return tileImages(stack, { columns, scale, shrink, range: range ?? displayRange(stack.data) });
}

/** Images are displayed on the range [0, 1] if their values exceed it by at most this. */
const TOLERANCE = 0.1;

/** [0, 1] if it contains nearly all values, else the range from the 0.5th to the 99.5th percentile, e.g. for standardised images. */
export function displayRange(values: ArrayLike<number>): [number, number] {
  const sorted = Float32Array.from(values).filter(Number.isFinite).sort();
  const at = (p: number) => sorted[Math.round(p * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.005), at(0.995)];
  if (low >= -TOLERANCE && high <= 1 + TOLERANCE) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

const isSignals = (stack: Stack): stack is SignalStack => 'length' in stack;

const sizeOf = (stack: Stack): string =>
  isSignals(stack)
    ? `signals of ${stack.length}`
    : `images of ${stack.height} x ${stack.width} x ${stack.channels ?? 1}`;

/** The values of a row, padded with empty images. */
function padded(stack: Stack, columns: number): number[] {
  const values = Array.from(stack.data);
  const each = isSignals(stack) ? stack.length : stack.height * stack.width * (stack.channels ?? 1);
  if (values.length !== stack.count * each)
    throw new PyrovedError(
      `${stack.count} ${sizeOf(stack)} must have ${stack.count * each} values; got ${values.length}.`,
    );
  return [...values, ...new Array<number>((columns - stack.count) * each).fill(Number.NaN)];
}

/** Formats with up to three digits and a minus sign. */
const signed = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');
