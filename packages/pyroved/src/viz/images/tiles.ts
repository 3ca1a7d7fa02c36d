/** Images tiled into one PNG, scaled without smoothing and separated by transparent gaps. */
import { encode } from 'fast-png';
import { PyrovedError } from 'pyroved-ts';

/**
 * Images in one array, row-major [count, height, width, channels]; the first row of pixels is the top. NaN pixels are
 * transparent.
 */
export interface ImageStack {
  readonly data: ArrayLike<number>;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** 3: red, green and blue; for any other number, the mean is shown. @default 1 */
  readonly channels?: number;
}

/** The layout of the tiles. */
export interface TileOptions {
  readonly columns: number;
  /** Gap between tiles in pixels. @default 2 */
  readonly gap?: number;
  /** Integer scale factor. @default 1 */
  readonly scale?: number;
  /** Downsampling factor, applied first by averaging blocks of pixels. @default 1 */
  readonly shrink?: number;
  /** The values shown as black and as white. @default [0, 1] */
  readonly range?: readonly [number, number];
}

/** A PNG and its layout: the tile in column `i` starts `i * (tileWidth + gap)` pixels from the left; rows likewise. */
export interface TiledImage {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly gap: number;
}

/** The PNG: 8 bits, grey or colour, with alpha. @throws {PyrovedError} when the data do not match the shape. */
export function tileImages(stack: ImageStack, options: TileOptions): TiledImage {
  const { count, channels = 1 } = stack;
  const { columns, gap = 2, scale = 1, shrink = 1, range = [0, 1] } = options;
  checkStack(stack);
  const columnsUsed = Math.max(1, Math.min(columns, count));
  const rows = Math.max(1, Math.ceil(count / columnsUsed));
  // Pixels of incomplete blocks are dropped.
  const blocksAcross = Math.max(1, Math.floor(stack.width / shrink));
  const blocksDown = Math.max(1, Math.floor(stack.height / shrink));
  const [tileWidth, tileHeight] = [blocksAcross * scale, blocksDown * scale];
  const width = columnsUsed * (tileWidth + gap) - gap;
  const height = rows * (tileHeight + gap) - gap;
  const planes = channels === 3 ? 4 : 2;
  const pixels = new Uint8Array(width * height * planes);
  for (let image = 0; image < count; image++) {
    const left = (image % columnsUsed) * (tileWidth + gap);
    const top = Math.floor(image / columnsUsed) * (tileHeight + gap);
    for (let block = 0; block < blocksAcross * blocksDown; block++) {
      const [x, y] = [block % blocksAcross, Math.floor(block / blocksAcross)];
      const values = blockMeans(stack, image, y * shrink, x * shrink, shrink);
      // NaN pixels stay transparent.
      if (!values.every(Number.isFinite)) continue;
      const colour = [...values.map((value) => toByte(value, range)), 255];
      for (let dy = 0; dy < scale; dy++)
        for (let dx = 0; dx < scale; dx++)
          pixels.set(colour, ((top + y * scale + dy) * width + left + x * scale + dx) * planes);
    }
  }
  const png = encode({ width, height, data: pixels, channels: planes, depth: 8 });
  return { png, width, height, tileWidth, tileHeight, gap };
}

/** Selects images of a stack by index. */
export function selectImages(stack: ImageStack, indices: readonly number[]): ImageStack {
  checkStack(stack);
  const size = stack.height * stack.width * (stack.channels ?? 1);
  const data = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    for (let p = 0; p < size; p++) data[i * size + p] = stack.data[index * size + p]!;
  });
  return { ...stack, data, count: indices.length };
}

/** @throws {PyrovedError} when the data do not match the shape. */
export function checkStack({ data, count, height, width, channels = 1 }: ImageStack): void {
  if (data.length !== count * height * width * channels)
    throw new PyrovedError(
      `${count} images of ${height} x ${width} x ${channels} must have ${count * height * width * channels} values; ` +
        `got ${data.length}.`,
    );
}

/** The mean of a square block, separately for red, green and blue, or over all channels. */
function blockMeans(stack: ImageStack, image: number, top: number, left: number, side: number): number[] {
  const { data, height, width, channels = 1 } = stack;
  const sums = new Array<number>(channels === 3 ? 3 : 1).fill(0);
  let pixels = 0;
  for (let y = top; y < Math.min(top + side, height); y++) {
    for (let x = left; x < Math.min(left + side, width); x++) {
      const at = ((image * height + y) * width + x) * channels;
      for (let c = 0; c < channels; c++) sums[c % sums.length]! += data[at + c]!;
      pixels++;
    }
  }
  return sums.map((sum) => (sum * sums.length) / (pixels * channels));
}

/** Maps a value to a byte; values outside the range are clipped. */
const toByte = (value: number, [low, high]: readonly [number, number]): number =>
  Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low))));
