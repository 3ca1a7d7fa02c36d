/** One frame of a film of a training: the latent manifolds, the accuracy so far and the confusion matrix. */
import type { ImageSet } from 'pyroved-ts';
import { Canvas, colourOf, lineHeight, widthOf } from '../micrographs/canvas.js';
import { displayRange } from '../viz/images/pictures.js';
import { CATEGORY_COLOURS, SHARE_COLOUR } from '../viz/theme.js';

export interface FilmedManifold {
  readonly title: string;
  /** Square grid of images, row by row. */
  readonly images: ImageSet;
  readonly columns: number;
}

export interface FrameContent {
  /** After each epoch so far; NaN where it was not measured. */
  readonly accuracies: readonly number[];
  /** Epochs of the whole training. */
  readonly epochs: number;
  readonly manifolds: readonly FilmedManifold[];
  /** `confusion[true][predicted]`, for a classifier with labelled validation images. */
  readonly confusion?: readonly (readonly number[])[];
}

const INK = colourOf('#1F2328');
const FAINT = colourOf('#D9DEE3');
const LINE = colourOf(CATEGORY_COLOURS[0]);
/** Widest frame, and the largest side of a manifold, in pixels. */
const WIDEST = 720;
const LARGEST = 168;
const MARGIN = 12;
const CHART = { width: 300, height: 120 };
const CELL = 30;

/** The frame as PNG. Frames of one training have the same size. */
export function drawFrame({ accuracies, epochs, manifolds, confusion }: FrameContent): Uint8Array {
  const across = Math.max(1, Math.min(manifolds.length, Math.floor(WIDEST / (LARGEST + MARGIN))));
  const side = LARGEST + MARGIN;
  const down = Math.ceil(manifolds.length / across);
  const top = MARGIN + lineHeight(2) + MARGIN;
  const below = top + down * (side + lineHeight());
  const matrix = confusion ? confusion.length * CELL + lineHeight() : 0;
  const width = 2 * MARGIN + Math.max(across * side, CHART.width + 4 * MARGIN + (confusion ? matrix : 0), 400);
  const canvas = new Canvas(width, below + Math.max(CHART.height + 2 * lineHeight(), matrix) + MARGIN, 255);
  const accuracy = accuracies[accuracies.length - 1];
  const reached = Number.isFinite(accuracy) ? `   accuracy ${(100 * accuracy).toFixed(1)}%` : '';
  canvas.text(MARGIN, MARGIN, `epoch ${accuracies.length} of ${epochs}${reached}`, INK, 2);
  manifolds.forEach((manifold, i) => {
    const [left, up] = [MARGIN + (i % across) * side, top + Math.floor(i / across) * (side + lineHeight())];
    canvas.text(left, up, manifold.title, INK);
    drawManifold(canvas, manifold, left, up + lineHeight());
  });
  if (accuracies.some(Number.isFinite)) drawCurve(canvas, accuracies, epochs, below);
  if (confusion) drawConfusion(canvas, confusion, 5 * MARGIN + CHART.width, below);
  return canvas.png();
}

function drawManifold(canvas: Canvas, { images, columns }: FilmedManifold, left: number, top: number): void {
  const [height, width] = images.shape;
  const size = height * width;
  const step = Math.max(1, Math.floor(LARGEST / columns));
  // Images are averaged over blocks, or enlarged, by whole numbers.
  const shrink = Math.max(1, Math.ceil(Math.max(height, width) / step));
  const enlarge = Math.max(1, Math.floor(step / Math.max(height, width)));
  const range = displayRange(images.images);
  for (let i = 0; i < images.count; i++) {
    const pixels = images.images.subarray(i * images.channels * size, i * images.channels * size + size);
    const shown = shrunk(pixels, width, height, shrink);
    const at = [left + (i % columns) * step, top + Math.floor(i / columns) * step] as const;
    canvas.image(shown, at, range, enlarge);
  }
}

/** The means of blocks of pixels; incomplete blocks are dropped. */
function shrunk(pixels: Float32Array, width: number, height: number, by: number) {
  const [across, down] = [Math.floor(width / by), Math.floor(height / by)];
  const means = new Float32Array(across * down);
  for (let y = 0; y < down * by; y++) {
    for (let x = 0; x < across * by; x++)
      means[Math.floor(y / by) * across + Math.floor(x / by)] += pixels[y * width + x] / (by * by);
  }
  return { pixels: means, width: across, height: down };
}

function drawCurve(canvas: Canvas, values: readonly number[], epochs: number, top: number): void {
  const left = MARGIN + widthOf('100% ');
  const x = (epoch: number): number => left + (epoch / Math.max(1, epochs)) * (CHART.width - widthOf('100% '));
  const y = (share: number): number => top + lineHeight() + (1 - share) * CHART.height;
  for (const share of [0, 0.5, 1]) {
    canvas.line(left, y(share), x(epochs), y(share), FAINT);
    canvas.text(MARGIN, y(share) - 3, `${100 * share}%`, INK);
  }
  canvas.text(left, top + CHART.height + lineHeight() + 4, 'accuracy by epoch', INK);
  values.forEach((value, i) => {
    const before = values[i - 1] ?? Number.NaN;
    if (Number.isFinite(before) && Number.isFinite(value)) canvas.line(x(i), y(before), x(i + 1), y(value), LINE);
    if (Number.isFinite(value)) canvas.fill(Math.round(x(i + 1)) - 1, Math.round(y(value)) - 1, 3, 3, LINE);
  });
}

function drawConfusion(canvas: Canvas, confusion: readonly (readonly number[])[], left: number, top: number): void {
  const full = colourOf(SHARE_COLOUR);
  canvas.text(left, top, 'true class down, predicted across', INK);
  confusion.forEach((row, t) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    row.forEach((count, p) => {
      const share = count / total;
      const [x, y] = [left + p * CELL, top + lineHeight() + t * CELL];
      const shade = (channel: number): number => Math.round(246 + share * (full[channel] - 246));
      canvas.fill(x, y, CELL - 2, CELL - 2, [shade(0), shade(1), shade(2)]);
      const text = String(Math.round(100 * share));
      canvas.text(x + (CELL - 2 - widthOf(text)) / 2, y + 10, text, share > 0.6 ? [255, 255, 255] : INK);
    });
  });
}
