/** The connected regions of a mask, and their measures. */

/** A region of pixels. Coordinates are in pixels (x right, y down), the first pixel's centre being at 0. */
export interface Region {
  /** Mean of the coordinates. */
  readonly x: number;
  readonly y: number;
  /** Number of pixels. */
  readonly area: number;
  /** The first and last columns and rows. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Direction of the long axis in degrees counter-clockwise, above -90 and up to 90. */
  readonly angle: number;
  /** The largest distance of a pixel's centre from the middle, and half a pixel. */
  readonly reach: number;
}

/** Numbers of the regions of pixels that are connected by their sides, 1, 2, ... in the order of their first pixels; 0 outside. */
export function labelRegions(mask: Uint8Array, height: number, width: number): { labels: Int32Array; count: number } {
  const labels = new Int32Array(mask.length);
  const flood = new Flood(height, width);
  let count = 0;
  for (let first = 0; first < mask.length; first++) {
    if (mask[first] === 0 || labels[first] !== 0) continue;
    count += 1;
    flood.fill(first, mask, 1, labels, count);
  }
  return { labels, count };
}

/** Sets to 1, in place, what a mask surrounds: the pixels of 0 that are not connected with the border. */
export function fillHoles(mask: Uint8Array, height: number, width: number): void {
  const outside = new Uint8Array(mask.length);
  const flood = new Flood(height, width);
  for (let x = 0; x < width; x++) for (const y of [0, height - 1]) flood.fill(y * width + x, mask, 0, outside, 1);
  for (let y = 0; y < height; y++) for (const x of [0, width - 1]) flood.fill(y * width + x, mask, 0, outside, 1);
  for (let i = 0; i < mask.length; i++) mask[i] = outside[i] ? 0 : 1;
}

/** Fills connected pixels of one value. */
class Flood {
  readonly #height: number;
  readonly #width: number;
  /** Pixels whose neighbours are still to be visited. */
  #waiting = new Int32Array(1024);
  #count = 0;

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
  }

  /** Writes `number` for the pixels of `value` that are connected with `first` by their sides and have no number yet. */
  fill(first: number, mask: Uint8Array, value: 0 | 1, numbers: Int32Array | Uint8Array, number: number): void {
    const width = this.#width;
    const last = (this.#height - 1) * width;
    if (mask[first] !== value || numbers[first] !== 0) return;
    numbers[first] = number;
    this.#push(first);
    while (this.#count > 0) {
      const pixel = this.#waiting[--this.#count];
      const x = pixel % width;
      if (x > 0 && mask[pixel - 1] === value && numbers[pixel - 1] === 0) {
        numbers[pixel - 1] = number;
        this.#push(pixel - 1);
      }
      if (x < width - 1 && mask[pixel + 1] === value && numbers[pixel + 1] === 0) {
        numbers[pixel + 1] = number;
        this.#push(pixel + 1);
      }
      if (pixel >= width && mask[pixel - width] === value && numbers[pixel - width] === 0) {
        numbers[pixel - width] = number;
        this.#push(pixel - width);
      }
      if (pixel < last && mask[pixel + width] === value && numbers[pixel + width] === 0) {
        numbers[pixel + width] = number;
        this.#push(pixel + width);
      }
    }
  }

  #push(pixel: number): void {
    if (this.#count === this.#waiting.length) {
      const larger = new Int32Array(2 * this.#count);
      larger.set(this.#waiting);
      this.#waiting = larger;
    }
    this.#waiting[this.#count++] = pixel;
  }
}

/** The measures of the regions numbered 1 to `count`. */
export function regionsOf(labels: Int32Array, count: number, width: number): Region[] {
  const sums = Array.from({ length: count }, () => ({
    ...{ area: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0, left: Infinity, right: -1, top: Infinity, bottom: -1, squared: 0 },
  }));
  const eachPixel = (action: (sum: (typeof sums)[number], x: number, y: number) => void) => {
    for (let i = 0; i < labels.length; i++)
      if (labels[i] > 0) action(sums[labels[i] - 1], i % width, Math.floor(i / width));
  };
  eachPixel((sum, x, y) => {
    sum.area += 1;
    sum.x += x;
    sum.y += y;
    sum.left = Math.min(sum.left, x);
    sum.right = Math.max(sum.right, x);
    sum.top = Math.min(sum.top, y);
    sum.bottom = Math.max(sum.bottom, y);
  });
  for (const sum of sums) {
    sum.x /= sum.area;
    sum.y /= sum.area;
  }
  eachPixel((sum, x, y) => {
    const [dx, dy] = [x - sum.x, y - sum.y];
    sum.xx += dx * dx;
    sum.yy += dy * dy;
    sum.xy += dx * dy;
    sum.squared = Math.max(sum.squared, dx * dx + dy * dy);
  });
  return sums.map(({ xx, yy, xy, squared, ...sum }) => ({
    ...sum,
    // y points down, so that a positive product means clockwise.
    angle: (Math.atan2(-2 * xy, xx - yy) * 90) / Math.PI,
    reach: Math.sqrt(squared) + 0.5,
  }));
}
