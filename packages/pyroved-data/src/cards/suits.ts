/** The four suits of playing cards as vector shapes, and their images. */
import { circle, mirrored, type Outline, outline, rasterise } from './rasterise.js';

/** Class images from which `cards` makes rotated, sheared, scaled and shifted ones. */
export interface Templates {
  readonly names: readonly string[];
  /** One `size * size` image per class, values in [0, 1]. */
  readonly images: readonly Float32Array[];
  readonly size: number;
}

/** The shapes are drawn in a square of this side, about its middle, with y downwards. */
const EXTENT = 64;

/** Both halves of a shape from its right one. */
const symmetric = (path: string): Outline => mirrored(outline(path));

const FOOT = 'C33.4 42 34.4 45.6 36.8 46.8 L36.8 48 L32 48';

const CLUBS: readonly Outline[] = [
  circle(32, 23.2, 6.7),
  circle(23.6, 36.4, 6.7),
  circle(40.4, 36.4, 6.7),
  // The middle, where the three leaves and the stem meet.
  symmetric('M32 25 L34.2 25 C33.4 31 35.2 33.4 40 34.6 L40 38.6 C36.6 38.4 34 38 33 36.6 L32 36.6'),
  symmetric(`M32 34 L33.2 34 ${FOOT}`),
];

const SPADES: readonly Outline[] = [
  symmetric('M32 16.6 C34.4 22.4 44.8 28.6 44.8 36 C44.8 40.6 42 43.2 39 43.2 C36 43.2 33.8 41 32 37.2'),
  symmetric(`M32 36 L33.2 36 ${FOOT}`),
];

const HEARTS: readonly Outline[] = [
  symmetric('M32 24.8 C33.4 21.2 36 19 38.8 19 C42.6 19 45.2 22 45.2 26.2 C45.2 33.6 36.4 39 32 47'),
];

const DIAMONDS: readonly Outline[] = [symmetric('M32 17.2 C35 22.2 38.6 27.4 43 32 C38.6 36.6 35 41.8 32 46.8')];

const SUITS: readonly (readonly [string, readonly Outline[]])[] = [
  ['clubs', CLUBS],
  ['spades', SPADES],
  ['hearts', HEARTS],
  ['diamonds', DIAMONDS],
];

/** The suits as white shapes on black, `size` pixels to a side (64 in the paper's data). */
export const suitTemplates = (size = 64): Templates => ({
  names: SUITS.map(([name]) => name),
  images: SUITS.map(([, outlines]) => rasterise(outlines, EXTENT, size)),
  size,
});
