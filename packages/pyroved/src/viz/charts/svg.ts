/** Generation of SVG as text. Charts use the text colour of the page and so follow its light or dark scheme. */
import { createHash } from 'node:crypto';
import { escapeMarkup } from '../escape.js';
import { FONT, INK, TICK_SIZE } from '../theme.js';

/** Attributes of an element; undefined ones are omitted, and numbers are rounded to three decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element. `children` are markup; attributes are escaped. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeMarkup(String(value))}"`);
  const content = children.join('');
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`;
}

/** An escaped text element; nothing for an empty text. */
export const text = (words: string, attributes: Attributes): string =>
  words === '' ? '' : element('text', attributes, escapeMarkup(words));

/** A group of marks of one kind, such as lines, named as in Observable Plot; nothing without marks. */
export const marks = (kind: string, attributes: Attributes, children: readonly string[]): string =>
  children.some((child) => child !== '') ? element('g', { 'aria-label': kind, ...attributes }, ...children) : '';

/** Translates `children`, in pixels. */
export const moved = (right: number, down: number, ...children: readonly string[]): string =>
  element('g', { transform: `translate(${short(right)},${short(down)})` }, ...children);

/** The `d` attribute of a path, with one connected piece per list of points. */
export const pathThrough = (pieces: readonly (readonly (readonly [x: number, y: number])[])[]): string =>
  pieces.map((piece) => `M${piece.map(([x, y]) => `${short(x)},${short(y)}`).join('L')}`).join('');

/** An id for a definition, such as a gradient, derived from the content so that ids on one page do not clash. */
export const uniqueId = (kind: string, content: string): string =>
  `${kind}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;

/** Description and size of a chart, in pixels. */
export interface Canvas {
  /** Accessible description. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
}

/** The root element of a chart, with a transparent background and the text colour of the page. */
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

/**
 * `svg` as a standalone file, dark on a white background.
 * @example writeFileSync('map.svg', asSvgFile(scatterChart({ x, y })))
 */
export function asSvgFile(svg: string): string {
  return svg.replace(/^<svg /, `<svg style="background:#fff;color:#1f2328;font-family:${FONT.replaceAll('"', "'")}" `);
}

const short = (value: number): string => String(Math.round(value * 1000) / 1000);
