/** Cropping and resizing of one channel of an image. */

/** A rectangle of pixels, row major. */
export interface Plane {
  readonly pixels: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** The part of the image from (`top`, `left`), `height * width` pixels. */
export function crop(image: Plane, top: number, left: number, height: number, width: number): Plane {
  const pixels = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const at = (row + top) * image.width + left;
    pixels.set(image.pixels.subarray(at, at + width), row * width);
  }
  return { pixels, height, width };
}

/** The largest square in the middle of the image. */
export function centreSquare(image: Plane): Plane {
  const side = Math.min(image.height, image.width);
  if (image.height === image.width) return image;
  return crop(image, Math.floor((image.height - side) / 2), Math.floor((image.width - side) / 2), side, side);
}

/**
 * The image at another size: bilinear where it grows, and where it shrinks a triangle filter as wide as the pixels that
 * fall together, so that nothing is skipped and nothing aliases (what Pillow calls BILINEAR).
 */
export function resize(image: Plane, height: number, width: number): Plane {
  if (image.height === height && image.width === width) return image;
  const across = resample(image.pixels, image.height, image.width, width);
  // Columns are resampled as the rows of the transposed image.
  const down = resample(transpose(across, image.height, width), width, image.height, height);
  return { pixels: transpose(down, width, height), height, width };
}

function transpose(pixels: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = pixels[r * columns + c];
  return out;
}

/** Each of `rows` rows of `from` values resampled to `to` values. */
function resample(pixels: Float32Array, rows: number, from: number, to: number): Float32Array {
  const out = new Float32Array(rows * to);
  const ratio = from / to;
  const reach = Math.max(1, ratio);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * ratio;
    const first = Math.max(0, Math.floor(centre - reach));
    const last = Math.min(from - 1, Math.ceil(centre + reach) - 1);
    const weights = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * pixels[r * from + first + k];
      out[r * to + i] = sum / total;
    }
  }
  return out;
}
