/** How a quantity, such as the inferred angle, is spread over the images; a row for each class where there are classes. */
import { PyrovedError } from 'pyroved-ts';
import type { TopLevelSpec } from 'vega-lite';
import { CATEGORY_COLOURS } from '../theme.js';
import { renderChart } from './render.js';

/** What a histogram shows. */
export interface HistogramOptions {
  readonly values: ArrayLike<number>;
  /** The class of each value as an index into `classNames`; leave both out for one histogram of all. */
  readonly classes?: ArrayLike<number>;
  readonly classNames?: readonly string[];
  /** The quantity with its unit, e.g. "angle (deg)". */
  readonly xTitle: string;
  /** Default: what the values span. Values outside are not counted. */
  readonly domain?: readonly [number, number];
  /** Number of bars. Default 36. */
  readonly bins?: number;
  /** Where the axis is labelled, e.g. [-180, -90, 0, 90, 180]. */
  readonly ticks?: readonly number[];
  /** Width of the picture in pixels. Default 440. */
  readonly width?: number;
}

/** The histogram as SVG. @throws PyrovedError where the lengths differ. */
export function histogramChart(options: HistogramOptions): Promise<string> {
  const { values, classes, classNames = [], xTitle, bins = 36, ticks, width = 440 } = options;
  if (classes !== undefined && classes.length !== values.length)
    throw new PyrovedError(`A histogram needs as many classes (${classes.length}) as values (${values.length}).`);
  const [low, high] = options.domain ?? span(values);
  const groups = classes && classNames.length > 0 ? classNames : ['all'];
  const counts = groups.map(() => new Array<number>(bins).fill(0));
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const row = counts[groups === classNames ? classes![i]! : 0];
    if (row === undefined || !(value >= low && value <= high)) continue;
    // The upper end belongs to the last bar.
    row[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]!++;
  }
  const step = (high - low) / bins;
  const rows = groups.flatMap((group, g) =>
    counts[g]!.map((count, b) => ({ group, from: low + b * step, to: low + (b + 1) * step, count })),
  );
  const faceted = groups.length > 1;
  const spec: TopLevelSpec = {
    description: `Histogram of ${xTitle}`,
    data: { values: rows },
    ...(faceted ? { width: width - 60, height: 56 } : { width: width - 60, height: 160 }),
    mark: { type: 'bar', aria: false, binSpacing: 1 },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        bin: { binned: true, step },
        axis: { title: xTitle, grid: false, ...(ticks && { values: [...ticks] }) },
        scale: { domain: [low, high], nice: false },
      },
      x2: { field: 'to' },
      y: {
        field: 'count',
        type: 'quantitative',
        axis: { title: faceted ? null : 'images', domain: false, tickCount: faceted ? 2 : 4, format: 'd' },
      },
      color: faceted
        ? { field: 'group', type: 'nominal', sort: [...groups], scale: { domain: [...groups] }, legend: null }
        : { value: CATEGORY_COLOURS[0]! },
      ...(faceted && {
        row: { field: 'group', type: 'nominal', sort: [...groups], spacing: 14, header: { labelOrient: 'top' } },
      }),
    },
    resolve: { scale: { y: 'independent' } },
  };
  return renderChart(spec);
}

function span(values: ArrayLike<number>): [number, number] {
  const finite = Array.from(values).filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return low < high ? [low, high] : [(finite[0] ?? 0) - 0.5, (finite[0] ?? 0) + 0.5];
}
