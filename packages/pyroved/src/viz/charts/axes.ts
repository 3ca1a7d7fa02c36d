/** What stands along the sides of a plot: grid lines, figures and the name of the quantity. Places are pixels from the plot's upper left corner. */
import { fitted, textWidth } from '../textWidth.js';
import { LABEL_SIZE, QUIET, TICK_SIZE } from '../theme.js';
import type { Tick } from './scales.js';
import { element, marks, text } from './svg.js';

/** Space between the plot and the figures along its axis. */
const GAP = 7;
const GRID = { stroke: 'currentColor', 'stroke-opacity': 0.1 };

/** The size of the plot's inside, in pixels. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** How labels along an axis look. */
export interface LabelStyle {
  readonly size?: number;
  readonly opacity?: number;
  /** Wider labels are cut. @default 140 px */
  readonly limit?: number;
}

/** How wide the labels of a vertical axis are, with the space beside them. */
export const labelsWidth = (ticks: readonly Tick[], { size = TICK_SIZE, limit = 140 }: LabelStyle = {}): number =>
  GAP + Math.max(0, ...ticks.map(({ label }) => textWidth(fitted(label, size, limit), size)));

/** Half the last label, so that it has room beside the plot. */
export const overhang = (ticks: readonly Tick[]): number => textWidth(ticks.at(-1)?.label ?? '', TICK_SIZE) / 2;

/** Faint lines across the plot at the ticks. */
export const horizontalGrid = (ticks: readonly Tick[], { width }: PlotSize): string =>
  marks(
    'grid',
    GRID,
    ticks.map(({ at }) => element('line', { x2: width, y1: at, y2: at })),
  );

export const verticalGrid = (ticks: readonly Tick[], { height }: PlotSize): string =>
  marks(
    'grid',
    GRID,
    ticks.map(({ at }) => element('line', { x1: at, x2: at, y2: height })),
  );

/** The line along the bottom of the plot. */
export const baseline = ({ width, height }: PlotSize): string =>
  element('line', { x2: width, y1: height, y2: height, stroke: 'currentColor', 'stroke-opacity': 0.35 });

/** Labels left of the plot. */
export function leftLabels(ticks: readonly Tick[], style: LabelStyle = {}): string {
  const { size = TICK_SIZE, opacity = QUIET, limit = 140 } = style;
  const labels = ticks.map(({ at, label }) => text(fitted(label, size, limit), { x: -GAP, y: at, dy: '0.32em' }));
  return marks('labels', { 'text-anchor': 'end', 'font-size': size, 'fill-opacity': opacity }, labels);
}

/** Labels below the plot; rising ones are turned, for names that are wider than their places. */
export function bottomLabels(
  ticks: readonly Tick[],
  { height }: PlotSize,
  style: LabelStyle & { rising?: boolean } = {},
) {
  const { size = TICK_SIZE, opacity = QUIET, limit = 140, rising = false } = style;
  const y = height + GAP + 2;
  const labels = ticks.map(({ at, label }) =>
    rising
      ? text(fitted(label, size, limit), { transform: `translate(${at},${y}) rotate(${-RISE})`, dy: '0.71em' })
      : text(fitted(label, size, limit), { x: at, y, dy: '0.71em' }),
  );
  const anchor = rising ? 'end' : 'middle';
  return marks('labels', { 'text-anchor': anchor, 'font-size': size, 'fill-opacity': opacity }, labels);
}

/** Degrees by which rising labels are turned. */
const RISE = 40;

/** How high labels below the plot are, with the space above them. */
export function labelsHeight(ticks: readonly Tick[], { size = TICK_SIZE, limit = 140 }: LabelStyle, rising: boolean) {
  const widest = Math.max(0, ...ticks.map(({ label }) => textWidth(fitted(label, size, limit), size)));
  return GAP + 2 + size + (rising ? widest * Math.sin((RISE * Math.PI) / 180) : 0);
}

const QUANTITY = { 'font-size': LABEL_SIZE, 'fill-opacity': QUIET };

/** The name of the horizontal quantity, with its middle at `x` and its lower edge at `y`. */
export const bottomTitle = (title: string, x: number, y: number): string =>
  text(title, { x, y, dy: '-0.3em', 'text-anchor': 'middle', ...QUANTITY });

/** The name of the vertical quantity, read upward, with its left edge at `x` and its middle at `y`. */
export const leftTitle = (title: string, x: number, y: number): string =>
  text(title, { transform: `translate(${x},${y}) rotate(-90)`, dy: '0.8em', 'text-anchor': 'middle', ...QUANTITY });

/** Every k-th tick, so that labels of the given size along the axis do not touch. */
export function thinned(ticks: readonly Tick[], step: number, sizeOf: (label: string) => number): Tick[] {
  const largest = Math.max(0, ...ticks.map(({ label }) => sizeOf(label)));
  const every = Math.max(1, Math.ceil(largest / step));
  return ticks.filter((_, i) => i % every === 0);
}
