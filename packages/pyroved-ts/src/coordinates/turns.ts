/** Images rotated back by several angles, for networks that process several views of an image. */
import type { Taps } from '@pyro-ts/engine/internal';
import { toCoordinate, toIndex } from './resample.js';

/**
 * The linear map from images [channels * points] to their views [angles * channels * points]. An object rotated by one
 * of the angles (radians, counter-clockwise) is upright in the view of that angle. Bilinear interpolation, with 0 beyond
 * the border. A pose of angle phi and shift t in the image has the angle phi - angle and the shift t in the view.
 * @param shape [height, width]
 */
export function turnedBack(shape: readonly number[], channels: number, angles: readonly number[]): Taps {
  const [height, width] = shape;
  const points = height * width;
  const size = angles.length * channels * points;
  const at = new Int32Array(4 * size);
  const weight = new Float32Array(4 * size);
  let k = 0;
  const tap = (first: number, row: number, column: number, share: number): void => {
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    at[k] = isInside ? first + row * width + column : 0;
    weight[k++] = isInside ? share : 0;
  };
  for (const angle of angles) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    for (let channel = 0; channel < channels; channel++) {
      for (let point = 0; point < points; point++) {
        const a = toCoordinate(Math.floor(point / width), height);
        const b = -toCoordinate(point % width, width);
        const row = toIndex(a * cos + b * sin, height);
        const column = toIndex(a * sin - b * cos, width);
        const [top, left] = [Math.floor(row), Math.floor(column)];
        const [down, across] = [row - top, column - left];
        const first = channel * points;
        tap(first, top, left, (1 - down) * (1 - across));
        tap(first, top, left + 1, (1 - down) * across);
        tap(first, top + 1, left, down * (1 - across));
        tap(first, top + 1, left + 1, down * across);
      }
    }
  }
  return { from: channels * points, size, at, weight };
}
