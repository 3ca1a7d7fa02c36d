/** SVG written as text. Ink is the text colour of the page, so that a chart in a page follows its light or dark scheme. */
import { createHash } from 'node:crypto';
import { escapeMarkup } from '../escape.js';
import { FONT, INK, TICK_SIZE } from '../theme.js';

/** Attributes of an element; undefined ones are omitted, numbers are rounded to a thousandth. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element. `children` are markup; attributes are escaped. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeMarkup(String(value))}"`);
  const content = children.join('');
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`;
}

/** A text, escaped; without words there is no element. */
export const text = (words: string, attributes: Attributes): string =>
  words === '' ? '' : element('text', attributes, escapeMarkup(words));

/** Marks of one kind, such as the lines of a chart, named as in Observable Plot. Without marks there is no group. */
export const marks = (kind: string, attributes: Attributes, children: readonly string[]): string =>
  children.some((child) => child !== '') ? element('g', { 'aria-label': kind, ...attributes }, ...children) : '';

/** `children` moved to the right and down, in pixels. */
export const moved = (right: number, down: number, ...children: readonly string[]): string =>
  element('g', { transform: `translate(${short(right)},${short(down)})` }, ...children);

/** The `d` of a path through points, one unbroken piece for each list. */
export const pathThrough = (pieces: readonly (readonly (readonly [x: number, y: number])[])[]): string =>
  pieces.map((piece) => `M${piece.map(([x, y]) => `${short(x)},${short(y)}`).join('L')}`).join('');

/** A name for a definition, such as a gradient, that depends on the chart's content: charts on one page would otherwise share it. */
export const uniqueId = (kind: string, content: string): string =>
  `${kind}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;

/** What a chart is and how large, in pixels. */
export interface Canvas {
  /** For those who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
}

/** A whole chart: transparent, inked in the text colour of the page. */
export function canvas({ description, ...size }: Canvas, ...children: readonly string[]): string {
  const [width, height] = [Math.ceil(size.width), Math.ceil(size.height)];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': description,
    'font-family': FONT,
    'font-size': TICK_SIZE,
    fill: INK,
  };
  return element('svg', attributes, ...children);
}

/** `svg` as a file of its own: on white, in dark ink, whatever shows it. */
export function asSvgFile(svg: string): string {
  return svg.replace(/^<svg /, `<svg style="background:#fff;color:#1f2328;font-family:${FONT.replaceAll('"', "'")}" `);
}

const short = (value: number): string => String(Math.round(value * 1000) / 1000);
