/** A Gaussian blur of one image, for the width of a beam or an image out of focus. */

/**
 * Blurs `image` in place; beyond the border the edge's values continue.
 * @param shape [height, width]
 * @param sigma standard deviation of the Gaussian in pixels; 0 leaves the image unchanged
 */
export function blur(image: Float32Array, shape: readonly [height: number, width: number], sigma: number): void {
  if (sigma === 0) return;
  const [height, width] = shape;
  const reach = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  alongRows(image, height, width, kernel, total);
  alongColumns(image, height, width, kernel, total);
}

function alongRows(image: Float32Array, height: number, width: number, kernel: Float64Array, total: number): void {
  const reach = (kernel.length - 1) / 2;
  const line = new Float32Array(width + 2 * reach);
  for (let y = 0; y < height; y++) {
    const row = image.subarray(y * width, (y + 1) * width);
    line.fill(row[0], 0, reach);
    line.set(row, reach);
    line.fill(row[width - 1], reach + width);
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * line[x + k];
      row[x] = sum / total;
    }
  }
}

/** A row at a time, since neighbours in a row are neighbours in memory. */
function alongColumns(image: Float32Array, height: number, width: number, kernel: Float64Array, total: number): void {
  const reach = (kernel.length - 1) / 2;
  const source = image.slice();
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < kernel.length; k++) {
      const from = Math.min(height - 1, Math.max(0, y + k - reach)) * width;
      const weight = kernel[k];
      for (let x = 0; x < width; x++) sums[x] += weight * source[from + x];
    }
    for (let x = 0; x < width; x++) image[y * width + x] = sums[x] / total;
  }
}
