/** Histograms, e.g. of the inferred angle, faceted by class. */
import { PyrovedError } from 'pyroved-ts';
import { LABEL_SIZE } from '../theme.js';
import {
  baseline,
  bottomLabels,
  bottomTitle,
  horizontalGrid,
  labelsWidth,
  leftLabels,
  leftTitle,
  overhang,
} from './axes.js';
import { colourOf } from './legend.js';
import { linearScale, niceDomain, spanOf, ticksAt, ticksOf } from './scales.js';
import { canvas, element, marks, moved, text } from './svg.js';

/** The data of a histogram. */
export interface HistogramOptions {
  readonly values: ArrayLike<number>;
  /** The class of each value as an index into `classNames`; omit both for a single histogram. */
  readonly classes?: ArrayLike<number>;
  readonly classNames?: readonly string[];
  /** The quantity with its unit, e.g. "angle (deg)". */
  readonly xTitle: string;
  /** Values outside are not counted. @default the extent of the values */
  readonly domain?: readonly [number, number];
  /** Number of bars. @default 36 */
  readonly bins?: number;
  /** Ticks of the x axis, e.g. [-180, -90, 0, 90, 180]. */
  readonly ticks?: readonly number[];
  /** Width in pixels. @default 440 */
  readonly width?: number;
}

/**
 * The histogram as SVG.
 * @throws {PyrovedError} when the lengths differ.
 * @example histogramChart({ values: angles, xTitle: 'angle (degrees)', bins: 24 })
 */
export function histogramChart(options: HistogramOptions): string {
  const { values, classes, classNames = [], xTitle, bins = 36, ticks, width = 440 } = options;
  if (classes !== undefined && classes.length !== values.length)
    throw new PyrovedError(`A histogram requires as many classes (${classes.length}) as values (${values.length}).`);
  const [low, high] = options.domain ?? spanOf(Array.from(values), 0.5);
  const groups = classes && classNames.length > 0 ? classNames : ['all'];
  const counts = groups.map(() => new Array<number>(bins).fill(0));
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const row = counts[groups === classNames ? classes![i]! : 0];
    if (row === undefined || !(value >= low && value <= high)) continue;
    // The upper end of the domain belongs to the last bar.
    row[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]!++;
  }
  const faceted = groups.length > 1;
  const size = { width: width - 60, height: faceted ? 56 : 160 };
  const x = linearScale([low, high], [0, size.width]);
  const xTicks = ticks ? ticksAt(ticks, x) : ticksOf([low, high], x, { count: 6 });
  const rows = counts.map((row) => yAxis(row, size.height, faceted ? 2 : 4));
  const left = (faceted ? 4 : 22) + Math.max(...rows.map((row) => labelsWidth(row.ticks)));
  const [header, spacing] = faceted ? [22, 14] : [8, 0];
  const pitch = header + size.height + spacing;
  const plots = rows.map((row, g) => {
    const bars = counts[g]!.map((count, b) => {
      const from = (b * size.width) / bins;
      const height = size.height - row.y(count);
      return element('rect', { x: from + 0.5, y: row.y(count), width: Math.max(0.5, size.width / bins - 1), height });
    });
    const name = faceted ? text(groups[g]!, { y: -9, 'font-size': LABEL_SIZE, 'font-weight': 600 }) : '';
    return moved(
      left,
      header + g * pitch,
      horizontalGrid(row.ticks, size),
      leftLabels(row.ticks),
      marks('bar', { fill: colourOf(g) }, bars),
      name,
    );
  });
  const bottom = header + (groups.length - 1) * pitch;
  const height = bottom + size.height + 42;
  return canvas(
    { description: `Histogram of ${xTitle}`, width: left + size.width + 4 + overhang(xTicks), height },
    ...plots,
    moved(
      left,
      bottom,
      baseline(size),
      bottomLabels(xTicks, size),
      bottomTitle(xTitle, size.width / 2, size.height + 42),
    ),
    faceted ? '' : leftTitle('images', 2, header + size.height / 2),
  );
}

/** The y scale of a histogram, from 0 to a round number. */
function yAxis(counts: readonly number[], height: number, count: number) {
  const domain = niceDomain([0, Math.max(1, ...counts)], 2 * count);
  const y = linearScale(domain, [height, 0]);
  return { y, ticks: ticksOf(domain, y, { count, whole: true }) };
}
