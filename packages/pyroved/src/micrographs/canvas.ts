/** A picture of pixels to draw on: a grey image with boxes, lines and text in colours. */
import { encode } from 'fast-png';
import { ADVANCE, eachDot, LINE } from './font.js';

type Colour = readonly [red: number, green: number, blue: number];

/** `#4A84C4` as three bytes. */
export const colourOf = (hex: string): Colour =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour;

/** A grey image as three bytes a pixel. Coordinates are in pixels from the top left corner; what is outside is not drawn. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #pixels: Uint8Array;

  constructor(width: number, height: number, fill = 0) {
    this.width = width;
    this.height = height;
    this.#pixels = new Uint8Array(3 * width * height).fill(fill);
  }

  /** Draws an image whose values from `low` to `high` become black to white, enlarged by a whole number. */
  image(
    { pixels, width, height }: { readonly pixels: Float32Array; readonly width: number; readonly height: number },
    [left, top]: readonly [number, number],
    [low, high]: readonly [number, number],
    enlarge = 1,
  ): void {
    for (let y = 0; y < height * enlarge; y++) {
      for (let x = 0; x < width * enlarge; x++) {
        const value = pixels[Math.floor(y / enlarge) * width + Math.floor(x / enlarge)];
        const byte = Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low || 1))));
        this.dot(left + x, top + y, [byte, byte, byte]);
      }
    }
  }

  dot(x: number, y: number, colour: Colour): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.#pixels.set(colour, 3 * (y * this.width + x));
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = Math.max(0, top); y < Math.min(this.height, top + height); y++)
      for (let x = Math.max(0, left); x < Math.min(this.width, left + width); x++) this.dot(x, y, colour);
  }

  /** The outline of a rectangle, one pixel wide. */
  box(left: number, top: number, width: number, height: number, colour: Colour): void {
    this.fill(left, top, width, 1, colour);
    this.fill(left, top + height - 1, width, 1, colour);
    this.fill(left, top, 1, height, colour);
    this.fill(left + width - 1, top, 1, height, colour);
  }

  line(x0: number, y0: number, x1: number, y1: number, colour: Colour): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    for (let k = 0; k <= steps; k++)
      this.dot(Math.round(x0 + (k / steps) * (x1 - x0)), Math.round(y0 + (k / steps) * (y1 - y0)), colour);
  }

  text(left: number, top: number, words: string, colour: Colour, enlarge = 1): void {
    eachDot(words, (x, y) => this.fill(left + enlarge * x, top + enlarge * y, enlarge, enlarge, colour));
  }

  png(): Uint8Array {
    return encode({ width: this.width, height: this.height, channels: 3, depth: 8, data: this.#pixels });
  }
}

/** Width of a text in pixels. */
export const widthOf = (text: string, enlarge = 1): number => enlarge * ADVANCE * text.length;
export const lineHeight = (enlarge = 1): number => enlarge * LINE;
