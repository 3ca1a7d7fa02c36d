/** Rotated and downsampled views of an image as one linear map, for networks that process several views. */
import type { Taps } from '@pyro-ts/engine/internal';
import { toCoordinate, toIndex } from './resample.js';

/** Options of `viewMap`. */
export interface ViewMapOptions {
  /** [height, width] of the images. */
  readonly shape: readonly number[];
  readonly channels: number;
  /** Radians, counter-clockwise: an object rotated by one of them is upright in that view. */
  readonly angles: readonly number[];
  /** [height, width] of a view. */
  readonly viewShape: readonly number[];
}

/**
 * The linear map from images [channels * points], channels first, to views [angles * channels * viewPoints], ordered by
 * view. Bilinear interpolation; beyond the border, the edge pixels continue. A pose of angle phi and shift t in the
 * image has the angle phi - angle and the shift t in the view.
 */
export function viewMap({ shape, channels, angles, viewShape }: ViewMapOptions): Taps {
  const [height, width] = shape;
  const [viewHeight, viewWidth] = viewShape;
  const points = height * width;
  const size = angles.length * viewHeight * viewWidth * channels;
  const at = new Int32Array(4 * size);
  const weight = new Float32Array(4 * size);
  const edge = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);
  let k = 0;
  for (const angle of angles) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    for (let channel = 0; channel < channels; channel++) {
      const first = channel * points;
      for (let point = 0; point < viewHeight * viewWidth; point++, k += 4) {
        const a = toCoordinate(Math.floor(point / viewWidth), viewHeight);
        const b = -toCoordinate(point % viewWidth, viewWidth);
        const row = edge(toIndex(a * cos + b * sin, height), height);
        const column = edge(toIndex(a * sin - b * cos, width), width);
        const [top, left] = [first + Math.floor(row) * width, Math.floor(column)];
        const bottom = first + edge(Math.floor(row) + 1, height) * width;
        const right = edge(left + 1, width);
        const [down, across] = [row - Math.floor(row), column - left];
        at.set([top + left, top + right, bottom + left, bottom + right], k);
        weight.set([(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across], k);
      }
    }
  }
  return { from: channels * points, size, at, weight };
}
