/** Line charts, e.g. of training curves or of accuracy against a parameter. */
import { fitted } from '../textWidth.js';
import { QUIET, TITLE_SIZE } from '../theme.js';
import { baseline, bottomLabels, bottomTitle, horizontalGrid, labelsWidth, leftLabels, overhang } from './axes.js';
import { colourOf, lineLegend } from './legend.js';
import { type Domain, linearScale, niceDomain, type Scale, shortNumber, spanOf, type Tick, ticksOf } from './scales.js';
import { canvas, element, marks, moved, pathThrough, text, uniqueId } from './svg.js';

/** A point of a line; `low` and `high` bound a band around it, e.g. the range over seeds. A null y is a gap. */
export interface LinePoint {
  readonly x: number;
  readonly y: number | null;
  readonly low?: number;
  readonly high?: number;
}

/** A line and its name in the legend. */
export interface LineSeries {
  readonly name: string;
  readonly points: readonly LinePoint[];
}

/** The data of a line chart. */
export interface LineChartOptions {
  readonly series: readonly LineSeries[];
  /** Title above the chart: the quantity of the y axis, with its unit. */
  readonly title: string;
  /** Title of the x axis, with its unit, e.g. "epoch" or "angle range (deg)". */
  readonly xTitle: string;
  /** 'log' for positive x over several powers of ten. @default 'linear' */
  readonly xScale?: 'linear' | 'log';
  /** 'percent' shows fractions as percentages. @default 'number' */
  readonly yFormat?: 'number' | 'percent';
  /** @default the extent of the data, or [0, 1] for percentages */
  readonly yDomain?: readonly [number, number];
  /** Labelled dashed lines, e.g. the chance level. */
  readonly levels?: readonly { readonly value: number; readonly label: string }[];
  /** Size in pixels. @default 460 x 280 */
  readonly width?: number;
  readonly height?: number;
}

/** Points are marked if a line has at most this many. */
const MARKED_POINTS = 30;

/**
 * The chart as SVG.
 * @example lineChart({ title: 'Loss', xTitle: 'epoch', series: [{ name: 'run', points: [{ x: 1, y: 3.2 }, { x: 2, y: 2.5 }] }] })
 */
export function lineChart(options: LineChartOptions): string {
  const { title, xTitle, xScale = 'linear', yFormat = 'number', levels = [], width = 460, height = 280 } = options;
  const isLog = xScale === 'log';
  const series = isLog ? options.series.map(withLogX) : options.series;
  const points = series.flatMap((one) => one.points);
  const percent = yFormat === 'percent';
  const xDomain = spanOf(points.map((point) => point.x));
  const domain = yDomainOf(options, points);
  const legend = lineLegend(series.length > 1 ? series.map(({ name }) => name) : [], width - 12);
  const top = 30 + (legend.height > 0 ? legend.height + 12 : 0);
  const plotHeight = Math.max(40, height - top - 42);
  const y = linearScale(domain, [plotHeight, 0]);
  const yTicks = ticksOf(domain, y, { count: 5, percent });
  const left = labelsWidth(yTicks) + 4;
  const whole = points.every((point) => Number.isInteger(point.x));
  const xTicksFor = (scale: Scale) =>
    isLog ? powerTicks(xDomain, scale) : ticksOf(xDomain, scale, { count: 6, whole });
  const plotWidth = width - left - Math.max(6, 2 + overhang(xTicksFor(linearScale(xDomain, [0, 1]))));
  const x = linearScale(xDomain, [0, plotWidth]);
  const xTicks = xTicksFor(x);
  const size = { width: plotWidth, height: plotHeight };
  const content = marksOf(series, x, y);
  const clipped = options.yDomain === undefined ? content : clip(content, size);
  return canvas(
    { description: `${title} against ${xTitle}`, width, height },
    text(fitted(title, TITLE_SIZE, width - left), { x: left, y: 15, 'font-size': TITLE_SIZE, 'font-weight': 600 }),
    moved(left, 36, legend.markup),
    moved(
      left,
      top,
      horizontalGrid(yTicks, size),
      baseline(size),
      ...levels.map((level) => levelLine(level, y(level.value), size)),
      clipped,
      leftLabels(yTicks),
      bottomLabels(xTicks, size),
      bottomTitle(xTitle, plotWidth / 2, plotHeight + 42),
    ),
  );
}

const withLogX = ({ name, points }: LineSeries): LineSeries => ({
  name,
  points: points.map((point) => ({ ...point, x: Math.log10(point.x) })),
});

/** Ticks at powers of ten, for an axis of logarithms. */
const powerTicks = ([low, high]: Domain, scale: Scale): Tick[] =>
  Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i).map((exponent) => ({
    at: scale(exponent),
    label: shortNumber(10 ** exponent),
  }));

/** The given domain, or [0, 1] for percentages, or the extent of lines, bands and levels with round ends. */
function yDomainOf({ yDomain, yFormat, levels = [] }: LineChartOptions, points: readonly LinePoint[]): Domain {
  if (yDomain) return yDomain;
  if (yFormat === 'percent') return [0, 1];
  const bands = points.filter(hasBand).flatMap(({ low, high }) => [low, high]);
  const figures = points.flatMap(({ y }) => (y === null ? [] : [y]));
  return niceDomain(spanOf([...figures, ...bands, ...levels.map(({ value }) => value)]), 10);
}

type BandPoint = LinePoint & { readonly low: number; readonly high: number };

const hasBand = (point: LinePoint): point is BandPoint => Number.isFinite(point.low) && Number.isFinite(point.high);
const hasFigure = (point: LinePoint): point is LinePoint & { readonly y: number } => Number.isFinite(point.y);

/** Draws bands, lines and points, in this order. */
function marksOf(series: readonly LineSeries[], x: Scale, y: Scale): string {
  const bands = series.map(({ points }, i) => {
    const areas = runsOf(points, hasBand).map((run) => [
      ...run.map((point) => [x(point.x), y(point.high)] as const),
      ...[...run].reverse().map((point) => [x(point.x), y(point.low)] as const),
    ]);
    return areas.length > 0 ? element('path', { d: `${pathThrough(areas)}Z`, fill: colourOf(i) }) : '';
  });
  const lines = series.map(({ points }, i) => {
    const pieces = runsOf(points, hasFigure).map((run) => run.map((point) => [x(point.x), y(point.y)] as const));
    return pieces.length > 0 ? element('path', { d: pathThrough(pieces), stroke: colourOf(i) }) : '';
  });
  const marked = series.every(({ points }) => points.length <= MARKED_POINTS);
  const dots = series.flatMap(({ points }, i) =>
    points
      .filter(hasFigure)
      .map((point) => element('circle', { cx: x(point.x), cy: y(point.y), r: 3, fill: colourOf(i) })),
  );
  const stroke = { fill: 'none', 'stroke-width': 2, 'stroke-linejoin': 'round' };
  return (
    marks('area', { 'fill-opacity': 0.18 }, bands) +
    marks('line', stroke, lines) +
    (marked ? marks('dot', {}, dots) : '')
  );
}

/** The maximal runs of consecutive points that satisfy `has`. */
function runsOf<T extends LinePoint>(points: readonly LinePoint[], has: (point: LinePoint) => point is T): T[][] {
  const runs: T[][] = [[]];
  for (const point of points) {
    if (has(point)) runs.at(-1)!.push(point);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** Clips `content` to the plot. */
function clip(content: string, { width, height }: { width: number; height: number }): string {
  const id = uniqueId('clip', `${width} ${height} ${content}`);
  return (
    element('clipPath', { id }, element('rect', { width, height })) +
    element('g', { 'clip-path': `url(#${id})` }, content)
  );
}

/** A dashed line labelled below its right end, where curves are usually above it. */
function levelLine(
  { label }: { label: string },
  y: number,
  { width, height }: { width: number; height: number },
): string {
  const isLow = y > 0.88 * height;
  const line = { x2: width, y1: y, y2: y, stroke: 'currentColor', 'stroke-opacity': 0.5, 'stroke-dasharray': '4 3' };
  const name = { x: width, y: y + (isLow ? -4 : 4), dy: isLow ? undefined : '0.75em', 'text-anchor': 'end' };
  return element('line', line) + text(label, { ...name, 'fill-opacity': QUIET });
}
