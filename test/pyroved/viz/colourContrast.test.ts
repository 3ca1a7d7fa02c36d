/** The colours read on the report's white and dark page, and are told apart with any kind of colour vision. */
import { CATEGORY_COLOURS, SHARE_COLOUR } from 'pyroved/internal';
import { describe, expect, it } from 'vitest';

type Rgb = [number, number, number];

const linear = (colour: string): Rgb =>
  [1, 3, 5].map((i) => toLinear(parseInt(colour.slice(i, i + 2), 16) / 255)) as Rgb;
const toLinear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const dot = (row: readonly number[], rgb: Rgb): number => row[0]! * rgb[0] + row[1]! * rgb[1] + row[2]! * rgb[2];
const apply = (matrix: readonly number[][], rgb: Rgb): Rgb => matrix.map((row) => dot(row, rgb)) as Rgb;
const luminance = (rgb: Rgb): number => dot([0.2126, 0.7152, 0.0722], rgb);
/** Contrast as WCAG 2 defines it. */
const contrast = (a: Rgb, b: Rgb): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

const PAGES = { light: '#ffffff', dark: '#15181c' };
const INKS = { light: '#1f2328', dark: '#e6e8eb' };

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
const VISION: Record<string, number[][]> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIELAB, white D65. */
function lab(rgb: Rgb): Rgb {
  const clipped = rgb.map((c) => Math.min(1, Math.max(0, c))) as Rgb;
  const xyz = apply(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    clipped,
  );
  const [fx, fy, fz] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089].map((t) =>
    t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116,
  ) as Rgb;
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

describe('the colours of classes', () => {
  it.each(Object.values(PAGES))('stand out from %s', (page) => {
    for (const colour of CATEGORY_COLOURS) expect(contrast(linear(colour), linear(page))).toBeGreaterThan(2.4);
  });

  it.each(Object.keys(VISION))('differ with %s colour vision', (kind) => {
    const seen = CATEGORY_COLOURS.map((colour) => lab(apply(VISION[kind]!, linear(colour))));
    seen.forEach((a, i) => {
      for (const b of seen.slice(i + 1)) expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(14);
    });
  });
});

describe('the text in a cell of the confusion matrix', () => {
  it.each(['light', 'dark'] as const)('has a contrast of 3.9 or more on the %s page at every share', (page) => {
    const channels = (colour: string) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
    for (let percent = 0; percent <= 100; percent++) {
      const share = percent / 100;
      // Opacity mixes the colours as they are written, not as linear light.
      const [over, under] = [channels(SHARE_COLOUR), channels(PAGES[page])];
      const cell = over.map((c, i) => toLinear((c * share + under[i]! * (1 - share)) / 255)) as Rgb;
      const ink = share >= 0.72 ? '#ffffff' : INKS[page];
      expect(contrast(linear(ink), cell)).toBeGreaterThan(3.9);
    }
  });
});
