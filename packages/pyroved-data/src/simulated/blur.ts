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
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((a, b) => a + b, 0);
  const along = (step: number, across: number, length: number, lines: number): void => {
    const line = new Float32Array(length);
    const inside = (i: number) => Math.min(length - 1, Math.max(0, i));
    for (let l = 0; l < lines; l++) {
      for (let i = 0; i < length; i++) line[i] = image[l * across + i * step];
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) sum += kernel[k + reach] * line[inside(i + k)];
        image[l * across + i * step] = sum / total;
      }
    }
  };
  along(1, width, width, height);
  along(width, 1, height, width);
}
