/** Heatmaps, e.g. of the accuracy over angle and shear of the test images. */
import { PyrovedError } from 'pyroved-ts';
import { textWidth } from '../textWidth.js';
import { LABEL_SIZE, TICK_SIZE } from '../theme.js';
import { bottomLabels, bottomTitle, labelsHeight, labelsWidth, leftLabels, leftTitle, thinned } from './axes.js';
import {
  type Domain,
  linearScale,
  percentage,
  shortNumber,
  spanOf,
  type Tick,
  ticksOf,
  VIRIDIS,
  viridis,
} from './scales.js';
import { canvas, element, marks, moved, text, uniqueId } from './svg.js';

/** The data of a heatmap: `values[row][column]`, with the first row at the bottom. */
export interface HeatmapOptions {
  readonly values: readonly (readonly number[])[];
  /** Positions of columns and rows on their axes. */
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  /** Titles of axes and values, with units. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly valueTitle: string;
  /** 'percent' shows fractions as percentages. @default 'number' */
  readonly format?: 'number' | 'percent';
  /** The values of the darkest and the lightest colour. @default the extent of the values */
  readonly domain?: readonly [number, number];
}

/** Values are written into the cells of matrices up to this size. */
const WRITTEN_CELLS = 8;

/** Height of an axis title, including its margin. */
const TITLE = 24;

/**
 * The heatmap as SVG.
 * @throws {PyrovedError} when the values do not match the axes.
 * @example heatmapChart({ values: [[0.9, 0.1], [0.2, 0.8]], columns: ['a', 'b'], rows: ['a', 'b'], xTitle: 'predicted', yTitle: 'true' })
 */
export function heatmapChart(options: HeatmapOptions): string {
  const { values, columns, rows, xTitle, yTitle, valueTitle, format = 'number' } = options;
  if (values.length !== rows.length || values.some((row) => row.length !== columns.length))
    throw new PyrovedError(
      `A heatmap of ${rows.length} rows and ${columns.length} columns requires as many values; got ${values.length} ` +
        `rows of ${values.map((row) => row.length).join(', ')}.`,
    );
  const domain = options.domain ?? spanOf(values.flat());
  const most = Math.max(rows.length, columns.length);
  const written = most <= WRITTEN_CELLS;
  const step = written ? 48 : Math.max(8, Math.min(28, Math.floor(420 / most)));
  const size = { width: step * columns.length, height: step * rows.length };
  const share = linearScale(domain, [0, 1]);
  const cells = values.flatMap((row, r) =>
    row.map((value, c) => ({ value, x: c * step, y: size.height - (r + 1) * step })),
  );
  const shown = cells.filter(({ value }) => Number.isFinite(value));
  const wordsOf = format === 'percent' ? percentage : shortNumber;
  const middle = (domain[0] + domain[1]) / 2;
  const texts = shown.map(({ value, x, y }) =>
    text(wordsOf(value), {
      x: x + step / 2,
      y: y + step / 2,
      dy: '0.35em',
      fill: value > middle ? 'black' : 'white',
    }),
  );
  const labelled = (places: readonly number[], at: (i: number) => number): Tick[] =>
    places.map((place, i) => ({ at: at(i), label: shortNumber(place) }));
  const yTicks = thinned(
    labelled(rows, (r) => size.height - (r + 0.5) * step),
    step,
    () => TICK_SIZE + 2,
  );
  const xTicks = thinned(
    labelled(columns, (c) => (c + 0.5) * step),
    step,
    (label) => textWidth(label, TICK_SIZE) + 8,
  );
  const legend = colourLegend(
    uniqueId('gradient', JSON.stringify(options)),
    valueTitle,
    domain,
    Math.min(200, size.height),
    format === 'percent',
  );
  const left = TITLE + labelsWidth(yTicks);
  const below = labelsHeight(xTicks, {}, false) + TITLE;
  return canvas(
    {
      description: `${valueTitle} for each ${xTitle} and ${yTitle}`,
      width: left + size.width + 16 + legend.width,
      height: 4 + Math.max(size.height + below, legend.height),
    },
    moved(
      left,
      4,
      marks(
        'cell',
        { 'shape-rendering': 'crispEdges' },
        shown.map(({ value, x, y }) =>
          element('rect', { x, y, width: step, height: step, fill: viridis(share(value)) }),
        ),
      ),
      written ? marks('text', { 'text-anchor': 'middle' }, texts) : '',
      leftLabels(yTicks),
      bottomLabels(xTicks, size),
      bottomTitle(xTitle, size.width / 2, size.height + below),
    ),
    leftTitle(yTitle, 2, 4 + size.height / 2),
    moved(left + size.width + 16, 4, legend.markup),
  );
}

/** The colour legend, with its title above and the largest value at the top. */
function colourLegend(id: string, title: string, domain: Domain, height: number, percent: boolean) {
  const [top, thickness] = [20, 12];
  const scale = linearScale(domain, [top + height, top]);
  const ticks = ticksOf(domain, scale, { count: 5, percent });
  const last = VIRIDIS.length - 1;
  const stops = VIRIDIS.map((colour, i) => element('stop', { offset: i / last, 'stop-color': colour }));
  const bar = { y: top, width: thickness, height, fill: `url(#${id})` };
  const markup =
    text(title, { y: 0, dy: '0.9em', 'font-size': LABEL_SIZE }) +
    element('linearGradient', { id, x1: 0, x2: 0, y1: 1, y2: 0 }, ...stops) +
    element('rect', bar) +
    marks(
      'labels',
      {},
      ticks.map(({ at, label }) => text(label, { x: thickness + 5, y: at, dy: '0.32em' })),
    );
  const labels = ticks.map(({ label }) => thickness + 5 + textWidth(label, TICK_SIZE));
  return { markup, width: Math.max(textWidth(title, LABEL_SIZE), ...labels), height: top + height + 8 };
}
