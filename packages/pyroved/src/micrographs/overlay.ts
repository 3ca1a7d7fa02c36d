/** A picture of a micrograph with a box around each object, a tick at its angle, a legend and a scale bar. */
import type { PixelSize, Preview } from 'pyroved-data';
import { Canvas, colourOf, lineHeight, widthOf } from './canvas.js';

/** An object to draw, in pixels of the file. */
export interface DrawnObject {
  readonly x: number;
  readonly y: number;
  /** Sides of its box. */
  readonly width: number;
  readonly height: number;
  /** Degrees counter-clockwise of the tick from the middle; none if undefined. */
  readonly angle?: number;
  /** Index of its entry in the legend. */
  readonly kind: number;
}

export interface Overlay {
  readonly preview: Preview;
  readonly pixelSize?: PixelSize;
  readonly objects: readonly DrawnObject[];
  /** Texts with a colour each, e.g. `#4A84C4`. */
  readonly legend: readonly { readonly text: string; readonly colour: string }[];
}

const BACK = [16, 18, 22] as const;
const WHITE = [255, 255, 255] as const;
const BLACK = [0, 0, 0] as const;
const MARGIN = 8;
/** Small micrographs are enlarged to about this side. */
const SMALLEST = 700;
/** A scale bar is at most this fraction of the width. */
const BAR = 0.25;

/**
 * The picture as PNG. Grey values are stretched from the 0.5th to the 99.5th percentile.
 * @example writeFileSync('a.png', overlayPng({ preview, objects, legend: [{ text: 'objects', colour: '#43B1D3' }] }))
 */
export function overlayPng({ preview, pixelSize, objects, legend }: Overlay): Uint8Array {
  const { plane, factor } = preview;
  const enlarge = Math.max(1, Math.round(SMALLEST / Math.max(plane.width, plane.height)));
  const scale = enlarge / factor;
  const [width, height] = [plane.width * enlarge, plane.height * enlarge];
  const letters = width >= 600 ? 2 : 1;
  const lines = legendLines(legend, width, letters);
  const top = lines.length * lineHeight(letters) + (lines.length > 0 ? 2 * MARGIN : 0);
  const canvas = new Canvas(width, top + height);
  canvas.fill(0, 0, width, top, BACK);
  lines.forEach((entries, row) => {
    let left = MARGIN;
    for (const { text, colour } of entries) {
      canvas.text(left, MARGIN + row * lineHeight(letters), text, colourOf(colour), letters);
      left += widthOf(`${text}  `, letters);
    }
  });
  canvas.image(plane, [0, top], stretch(plane.pixels), enlarge);
  const colours = legend.map(({ colour }) => colourOf(colour));
  for (const { x, y, width: w, height: h, angle, kind } of objects) {
    const [cx, cy] = [(x + 0.5) * scale, top + (y + 0.5) * scale];
    const [bw, bh] = [Math.max(4, Math.round(w * scale)), Math.max(4, Math.round(h * scale))];
    canvas.box(Math.round(cx - bw / 2), Math.max(top, Math.round(cy - bh / 2)), bw, bh, colours[kind]);
    if (angle === undefined || !Number.isFinite(angle)) continue;
    const [dx, dy] = [Math.cos((angle * Math.PI) / 180), -Math.sin((angle * Math.PI) / 180)];
    const length = Math.max(bw, bh) / 2;
    canvas.line(cx, cy, cx + length * dx, cy + length * dy, colours[kind]);
  }
  drawScaleBar(canvas, { pixelSize, scale, letters });
  return canvas.png();
}

/** The entries of the legend in lines that fit. */
function legendLines(legend: Overlay['legend'], width: number, letters: number): Overlay['legend'][] {
  const lines: { text: string; colour: string }[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const entry of legend) {
    const wide = widthOf(`${entry.text}  `, letters);
    if (used + wide > width - MARGIN) {
      lines.push([]);
      used = MARGIN;
    }
    lines.at(-1)?.push(entry);
    used += wide;
  }
  return lines;
}

/** Percentiles of a sample of the values. */
function stretch(pixels: Float32Array): [low: number, high: number] {
  const step = Math.max(1, Math.floor(pixels.length / 100_000));
  const sample = Float32Array.from({ length: Math.ceil(pixels.length / step) }, (_, k) => pixels[k * step]).sort();
  const at = (p: number) => sample[Math.round(p * (sample.length - 1))];
  return [at(0.005), at(0.995)];
}

/** A length of 1, 2 or 5 times a power of ten that takes at most the given number of pixels. */
export function barLength(pixels: number, perPixel: number): number {
  const most = pixels * perPixel;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((digit) => digit * power <= most) ?? 1) * power;
}

function drawScaleBar(
  canvas: Canvas,
  { pixelSize, scale, letters }: { pixelSize: PixelSize | undefined; scale: number; letters: number },
): void {
  const perPixel = (pixelSize?.x ?? 1) / scale;
  const length = barLength(BAR * canvas.width, perPixel);
  const wide = Math.round(length / perPixel);
  const text = `${Number(length.toPrecision(1))} ${pixelSize?.unit ?? 'px'}`;
  const left = canvas.width - wide - 2 * MARGIN;
  const bottom = canvas.height - 2 * MARGIN;
  const room = Math.max(wide, widthOf(text, letters));
  const start = Math.min(left, canvas.width - room - 2 * MARGIN);
  canvas.fill(
    start - MARGIN,
    bottom - lineHeight(letters) - 3 * MARGIN,
    room + 2 * MARGIN,
    lineHeight(letters) + 4 * MARGIN,
    BLACK,
  );
  canvas.text(start, bottom - lineHeight(letters) - MARGIN, text, WHITE, letters);
  canvas.fill(start, bottom - 4, wide, 4, WHITE);
}
