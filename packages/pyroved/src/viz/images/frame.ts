/** Labels around a grid of tiles: rows, columns and axes. They are SVG text, so they stay sharp. */
import { escapeMarkup } from '../escape.js';
import { fitted, textWidth } from '../textWidth.js';
import { FONT, QUIET } from '../theme.js';
import type { TiledCurves } from './signals.js';
import type { TiledImage } from './tiles.js';

/** The labels around the tiles. */
export interface FrameOptions {
  /** Accessible description of the picture. */
  readonly description: string;
  readonly title?: string;
  /** Labels to the left of the rows and above the columns. */
  readonly rowLabels?: readonly string[];
  readonly columnLabels?: readonly string[];
  /** The axes below and to the left of the tiles, with the labels of their ends. */
  readonly xAxis?: { readonly title: string; readonly from: string; readonly to: string };
  readonly yAxis?: { readonly title: string; readonly from: string; readonly to: string };
}

const LABEL = 12;
const SMALL = 11;
const ROW_LABEL_LIMIT = 150;

/** A labelled picture as SVG and, for images, its tiles without labels as PNG. */
export interface FramedPicture {
  readonly svg: string;
  readonly png?: Uint8Array;
}

/** Adds labels to the tiles. */
export function framed(tiles: TiledImage | TiledCurves, options: FrameOptions): FramedPicture {
  const { title, rowLabels = [], columnLabels = [], xAxis, yAxis } = options;
  const rows = rowLabels.map((label) => fitted(label, LABEL, ROW_LABEL_LIMIT));
  const rowSpace = rows.length > 0 ? Math.ceil(Math.max(...rows.map((label) => textWidth(label, LABEL)))) + 12 : 0;
  const left = rowSpace + (yAxis ? 26 : 0);
  const titleSpace = title === undefined ? 0 : 26;
  const top = titleSpace + (columnLabels.length > 0 ? 20 : 0) + 2;
  const bottom = top + tiles.height;
  const width = left + tiles.width + 2;
  const height = bottom + (xAxis ? 22 : 2);
  const words: string[] = [];
  if (title !== undefined)
    words.push(text(left, 14, fitted(title, 13, tiles.width), 'start', 'font-size="13" font-weight="600"'));
  rows.forEach((label, r) => {
    const y = top + r * (tiles.tileHeight + tiles.gap) + tiles.tileHeight / 2;
    words.push(text(rowSpace - 12, y + 4, label, 'end', `font-size="${LABEL}"`));
  });
  columnLabels.forEach((label, c) => {
    const x = left + c * (tiles.tileWidth + tiles.gap) + tiles.tileWidth / 2;
    words.push(text(x, top - 8, fitted(label, SMALL, tiles.tileWidth), 'middle', quiet));
  });
  if (xAxis) words.push(axis(xAxis, left, bottom + 16, tiles.width));
  // Rotated by 90 degrees, the axis starts at the lower left corner and points upward.
  if (yAxis)
    words.push(`<g transform="translate(${left - 9},${bottom}) rotate(-90)">${axis(yAxis, 0, 0, tiles.height)}</g>`);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `role="img" aria-label="${escapeMarkup(options.description)}" font-family="${escapeMarkup(FONT)}" ` +
    `fill="currentColor">${words.join('')}<g transform="translate(${left},${top})">${content(tiles)}</g></svg>`;
  return 'png' in tiles ? { svg, png: tiles.png } : { svg };
}

const quiet = `font-size="${SMALL}" fill-opacity="${QUIET}"`;

function content(tiles: TiledImage | TiledCurves): string {
  if ('svg' in tiles) return tiles.svg;
  const data = Buffer.from(tiles.png).toString('base64');
  return `<image width="${tiles.width}" height="${tiles.height}" href="data:image/png;base64,${data}"/>`;
}

/** An axis: the labels of its ends, with its title between them. */
function axis({ title, from, to }: { title: string; from: string; to: string }, x: number, y: number, length: number) {
  return (
    text(x, y, from, 'start', quiet) +
    text(x + length / 2, y, `${title} →`, 'middle', quiet) +
    text(x + length, y, to, 'end', quiet)
  );
}

const text = (x: number, y: number, words: string, anchor: string, style: string): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" ${style}>${escapeMarkup(words)}</text>`;
