/** Splitting of touching objects: watershed on the distance to the background, with basins merged that no narrow neck divides. */
import { blur } from '../simulated/blur.js';
import { distanceTransform } from './distance.js';

/** Two basins are two objects where the neck between them is narrower than this fraction of the smaller one. */
const NECK = 0.8;
/** Smoothing of the distances, in pixels. */
const SMOOTHING = 1;

/**
 * Labels of the objects of a mask, 1, 2, ...; 0 outside. Touching objects are split where they are connected by a neck.
 * @returns [height * width] labels, and their number
 */
export function splitTouching(mask: Uint8Array, height: number, width: number): { labels: Int32Array; count: number } {
  const distance = distanceTransform(mask, height, width);
  blur(distance, [height, width], SMOOTHING);
  const order = byDistance(mask, distance);
  const labels = new Int32Array(mask.length);
  /** Of each basin: the one that it was merged into, and the largest distance in it. */
  const parent: number[] = [0];
  const peak: number[] = [0];
  const root = (label: number): number => {
    let at = label;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  for (const i of order) {
    let best = 0;
    let uphill = -1;
    const x = i % width;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const j = i + dy * width + dx;
        if (j < 0 || j >= labels.length || x + dx < 0 || x + dx >= width || labels[j] === 0) continue;
        const found = root(labels[j]);
        if (best !== 0 && best !== found) {
          // A saddle between two basins, at this pixel's distance.
          const [low, high] = peak[best] < peak[found] ? [best, found] : [found, best];
          if (distance[i] >= NECK * peak[low]) parent[low] = high;
        }
        // The pixel belongs to the basin that lies uphill.
        if (distance[j] > uphill) {
          uphill = distance[j];
          best = root(found);
        }
      }
    }
    if (best === 0) {
      best = parent.length;
      parent.push(best);
      peak.push(distance[i]);
    }
    labels[i] = best;
  }
  return renumbered(labels, root);
}

/** The pixels of the mask from the largest distance to the smallest, by counting. */
function byDistance(mask: Uint8Array, distance: Float32Array): Int32Array {
  const LEVELS = 32;
  const key = (i: number) => Math.min(65_535, Math.floor(distance[i] * LEVELS));
  const counts = new Int32Array(65_537);
  let total = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    counts[65_535 - key(i) + 1] += 1;
    total += 1;
  }
  for (let k = 0; k < 65_536; k++) counts[k + 1] += counts[k];
  const order = new Int32Array(total);
  for (let i = 0; i < mask.length; i++) if (mask[i]) order[counts[65_535 - key(i)]++] = i;
  return order;
}

function renumbered(labels: Int32Array, root: (label: number) => number): { labels: Int32Array; count: number } {
  const numbers = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0) continue;
    const found = root(labels[i]);
    let number = numbers.get(found);
    if (number === undefined) {
      number = numbers.size + 1;
      numbers.set(found, number);
    }
    labels[i] = number;
  }
  return { labels, count: numbers.size };
}
