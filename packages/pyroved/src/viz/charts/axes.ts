/** Axes of a plot: grid lines, tick labels and titles. Positions are pixels from the plot's upper left corner. */
import { fitted, textWidth } from '../textWidth.js';
import { LABEL_SIZE, QUIET, TICK_SIZE } from '../theme.js';
import type { Tick } from './scales.js';
import { element, marks, text } from './svg.js';

/** Space between the plot and its tick labels. */
const GAP = 7;
const GRID = { stroke: 'currentColor', 'stroke-opacity': 0.1 };

/** Size of the plot area, in pixels. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** Style of tick labels. */
export interface LabelStyle {
  readonly size?: number;
  readonly opacity?: number;
  /** Wider labels are truncated. @default 140 px */
  readonly limit?: number;
}

/** Width of the tick labels of a vertical axis, including the gap. */
export const labelsWidth = (ticks: readonly Tick[], { size = TICK_SIZE, limit = 140 }: LabelStyle = {}): number =>
  GAP + Math.max(0, ...ticks.map(({ label }) => textWidth(fitted(label, size, limit), size)));

/** Half the width of the last tick label, which extends beyond the plot. */
export const overhang = (ticks: readonly Tick[]): number => textWidth(ticks.at(-1)?.label ?? '', TICK_SIZE) / 2;

/** Horizontal grid lines at the ticks. */
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

/** The baseline at the bottom of the plot. */
export const baseline = ({ width, height }: PlotSize): string =>
  element('line', { x2: width, y1: height, y2: height, stroke: 'currentColor', 'stroke-opacity': 0.35 });

/** Tick labels to the left of the plot. */
export function leftLabels(ticks: readonly Tick[], style: LabelStyle = {}): string {
  const { size = TICK_SIZE, opacity = QUIET, limit = 140 } = style;
  const labels = ticks.map(({ at, label }) => text(fitted(label, size, limit), { x: -GAP, y: at, dy: '0.32em' }));
  return marks('labels', { 'text-anchor': 'end', 'font-size': size, 'fill-opacity': opacity }, labels);
}

/** Tick labels below the plot; rotated if `rising`, for labels wider than the tick spacing. */
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

/** Rotation of rising labels, in degrees. */
const RISE = 40;

/** Height of the tick labels below the plot, including the gap. */
export function labelsHeight(ticks: readonly Tick[], { size = TICK_SIZE, limit = 140 }: LabelStyle, rising: boolean) {
  const widest = Math.max(0, ...ticks.map(({ label }) => textWidth(fitted(label, size, limit), size)));
  return GAP + 2 + size + (rising ? widest * Math.sin((RISE * Math.PI) / 180) : 0);
}

const QUANTITY = { 'font-size': LABEL_SIZE, 'fill-opacity': QUIET };

/** Title of the horizontal axis, centred at `x`, with its lower edge at `y`. */
export const bottomTitle = (title: string, x: number, y: number): string =>
  text(title, { x, y, dy: '-0.3em', 'text-anchor': 'middle', ...QUANTITY });

/** Title of the vertical axis, rotated, with its left edge at `x`, centred at `y`. */
export const leftTitle = (title: string, x: number, y: number): string =>
  text(title, { transform: `translate(${x},${y}) rotate(-90)`, dy: '0.8em', 'text-anchor': 'middle', ...QUANTITY });

/** Every k-th tick, so that labels do not overlap. */
export function thinned(ticks: readonly Tick[], step: number, sizeOf: (label: string) => number): Tick[] {
  const largest = Math.max(0, ...ticks.map(({ label }) => sizeOf(label)));
  const every = Math.max(1, Math.ceil(largest / step));
  return ticks.filter((_, i) => i % every === 0);
}
