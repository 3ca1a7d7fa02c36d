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
  let count = 0;
  for (let first = 0; first < mask.length; first++) {
    if (mask[first] === 0 || labels[first] !== 0) continue;
    count += 1;
    flood(first, height, width, (pixel) => {
      if (mask[pixel] === 0 || labels[pixel] !== 0) return false;
      labels[pixel] = count;
      return true;
    });
  }
  return { labels, count };
}

/** Visits the pixels that are connected with `first` by their sides, as long as `take` takes them. */
function flood(first: number, height: number, width: number, take: (pixel: number) => boolean): void {
  const waiting: number[] = [];
  const visit = (pixel: number) => {
    if (take(pixel)) waiting.push(pixel);
  };
  visit(first);
  for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
    const x = pixel % width;
    if (x > 0) visit(pixel - 1);
    if (x < width - 1) visit(pixel + 1);
    if (pixel >= width) visit(pixel - width);
    if (pixel < (height - 1) * width) visit(pixel + width);
  }
}

/** Sets to 1, in place, what a mask surrounds: the pixels of 0 that are not connected with the border. */
export function fillHoles(mask: Uint8Array, height: number, width: number): void {
  const outside = new Uint8Array(mask.length);
  const take = (pixel: number): boolean => {
    if (mask[pixel] !== 0 || outside[pixel] !== 0) return false;
    outside[pixel] = 1;
    return true;
  };
  for (let x = 0; x < width; x++) for (const y of [0, height - 1]) flood(y * width + x, height, width, take);
  for (let y = 0; y < height; y++) for (const x of [0, width - 1]) flood(y * width + x, height, width, take);
  for (let i = 0; i < mask.length; i++) mask[i] = outside[i] ? 0 : 1;
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
