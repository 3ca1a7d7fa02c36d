/** Lines: the curves of a training, and accuracy against a parameter such as the angle. */
import type { TopLevelSpec } from 'vega-lite';
import { textWidth } from '../textWidth.js';
import { INK, QUIET } from '../theme.js';
import { type ChartLayer, renderChart } from './render.js';

/** A point of a line; `low` and `high` bound a band around it, such as the spread over seeds. A null y is a gap. */
export interface LinePoint {
  readonly x: number;
  readonly y: number | null;
  readonly low?: number;
  readonly high?: number;
}

/** One line and what the legend calls it. */
export interface LineSeries {
  readonly name: string;
  readonly points: readonly LinePoint[];
}

/** What a line chart shows. */
export interface LineChartOptions {
  readonly series: readonly LineSeries[];
  /** What stands above the chart: the quantity of the y axis with its unit. */
  readonly title: string;
  /** The quantity of the x axis with its unit, e.g. "epoch", "angle range (deg)". */
  readonly xTitle: string;
  /** Shares from 0 to 1 are shown as percentages. Default 'number'. */
  readonly yFormat?: 'number' | 'percent';
  /** Default: what the data span; a share starts at 0. */
  readonly yDomain?: readonly [number, number];
  /** Thin dashed levels with a name, such as chance. */
  readonly levels?: readonly { readonly value: number; readonly label: string }[];
  /** Size of the whole picture in pixels. Default 460 x 280. */
  readonly width?: number;
  readonly height?: number;
}

/** Points are marked where they are few enough to be told apart. */
const MARKED_POINTS = 30;

/** The chart as SVG. */
export function lineChart(options: LineChartOptions): Promise<string> {
  const { series, title, xTitle, yFormat = 'number', levels = [], width = 460, height = 280 } = options;
  const rows = series.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const names = series.map(({ name }) => name);
  const percent = yFormat === 'percent';
  const domain = options.yDomain ?? (percent ? [0, 1] : undefined) ?? widened(rows.map((row) => row.y));
  const clip = options.yDomain !== undefined;
  const xDomain = widened(rows.map((row) => row.x));
  const whole = rows.every(({ x }) => Number.isInteger(x));
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    axis: { title: xTitle, grid: false, tickCount: 6, ...(whole && { tickMinStep: 1 }) },
    scale: { zero: false, nice: false, ...(xDomain && { domain: xDomain }) },
  };
  const y = {
    type: 'quantitative' as const,
    axis: { title: null, domain: false, tickCount: 5, ...(percent && { format: '.0%' }) },
    scale: { zero: false, nice: true, ...(domain && { domain: [...domain], nice: false }) },
  };
  const longest = Math.max(...names.map((name) => textWidth(name, 12) + 40));
  const columns = Math.max(1, Math.floor((width - 60) / longest));
  const legend = { title: null, orient: 'top', symbolType: 'stroke', symbolStrokeWidth: 3, columns } as const;
  const color = {
    field: 'name',
    type: 'nominal' as const,
    sort: names,
    scale: { domain: names },
    legend: names.length > 1 ? legend : null,
  };
  const marked = series.every(({ points }) => points.length <= MARKED_POINTS);
  const layer: ChartLayer[] = [
    ...levels.map((level) => levelLine(level, isLow(level.value, rows, domain))),
    {
      transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
      mark: { type: 'area', opacity: 0.18, clip },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
    },
    {
      mark: { type: 'line', strokeWidth: 2, clip, point: marked && { filled: true, size: 28 } },
      encoding: { x, y: { ...y, field: 'y' }, color },
    },
  ];
  const spec: TopLevelSpec = {
    description: `${title} against ${xTitle}`,
    title,
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values: rows },
    layer,
  };
  return renderChart(spec);
}

/** A dashed level across the chart, named below its right end: curves that matter have risen above it by then. */
function levelLine({ value, label }: { value: number; label: string }, low: boolean): ChartLayer {
  const y = { datum: value, type: 'quantitative' as const };
  const side = low ? ({ baseline: 'bottom', dy: -3 } as const) : ({ baseline: 'top', dy: 4 } as const);
  return {
    data: { values: [{ label }] },
    layer: [
      { mark: { type: 'rule', color: INK, opacity: 0.5, strokeDash: [4, 3] }, encoding: { y } },
      {
        mark: { type: 'text', align: 'right', ...side, color: INK, opacity: QUIET, fontSize: 11 },
        encoding: { x: { value: 'width' }, y, text: { field: 'label' } },
      },
    ],
  };
}

/** Whether a level is so near the bottom of the chart that there is no room for its name below it. */
function isLow(value: number, rows: readonly LinePoint[], domain?: readonly [number, number]): boolean {
  const heights = rows.map(({ y }) => y).filter((y) => y !== null);
  const [bottom, top] = domain ?? [Math.min(...heights, value), Math.max(...heights, value)];
  return value - bottom < 0.12 * (top - bottom);
}

/** A range around the one value that all points have; undefined where they differ and span a range themselves. */
function widened(values: readonly (number | null)[]): [number, number] | undefined {
  const distinct = [...new Set(values.filter((value) => value !== null))];
  if (distinct.length > 1) return undefined;
  const [value = 0] = distinct;
  return [value - 1, value + 1];
}
