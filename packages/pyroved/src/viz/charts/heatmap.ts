/** A grid of figures, such as the accuracy for each angle and shear of the test images. */
import { PyrovedError } from 'pyroved-ts';
import type { TopLevelSpec } from 'vega-lite';
import { renderChart } from './render.js';

/** What a heatmap shows: `values[row][column]`, the first row at the bottom. */
export interface HeatmapOptions {
  readonly values: readonly (readonly number[])[];
  /** The places of columns and rows on their axes. */
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  /** Quantities with their units. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly valueTitle: string;
  /** Shares from 0 to 1 are shown as percentages. Default 'number'. */
  readonly format?: 'number' | 'percent';
  /** The values of the darkest and the lightest colour. Default: what the values span. */
  readonly domain?: readonly [number, number];
}

/** Figures are written into the cells where there is room. */
const WRITTEN_CELLS = 8;

/** The heatmap as SVG. @throws PyrovedError where the values do not fit the axes. */
export function heatmapChart(options: HeatmapOptions): Promise<string> {
  const { values, columns, rows, xTitle, yTitle, valueTitle, format = 'number' } = options;
  if (values.length !== rows.length || values.some((row) => row.length !== columns.length))
    throw new PyrovedError(
      `A heatmap of ${rows.length} rows and ${columns.length} columns needs as many values, but has ${values.length} ` +
        `rows of ${values.map((row) => row.length).join(', ')}.`,
    );
  const finite = values.flat().filter(Number.isFinite);
  const domain = options.domain ?? [Math.min(...finite), Math.max(...finite)];
  const written = Math.max(rows.length, columns.length) <= WRITTEN_CELLS;
  const step = written ? 48 : Math.max(8, Math.min(28, Math.floor(420 / Math.max(rows.length, columns.length))));
  const cells = values.flatMap((row, r) => row.map((value, c) => ({ x: columns[c], y: rows[r], value })));
  const numberFormat = format === 'percent' ? '.0%' : '.3~g';
  const axis = { domain: false, grid: false, labelOverlap: 'parity' as const, format: '.3~g', labelAngle: 0 };
  const middle = (domain[0] + domain[1]) / 2;
  const spec: TopLevelSpec = {
    description: `${valueTitle} for each ${xTitle} and ${yTitle}`,
    width: { step },
    height: { step },
    data: { values: cells },
    encoding: {
      x: { field: 'x', type: 'ordinal', sort: [...columns], axis: { ...axis, title: xTitle } },
      y: { field: 'y', type: 'ordinal', sort: [...rows].reverse(), axis: { ...axis, title: yTitle } },
    },
    config: { scale: { bandPaddingInner: 0, bandPaddingOuter: 0 } },
    layer: [
      {
        mark: { type: 'rect', aria: false },
        encoding: {
          color: {
            field: 'value',
            type: 'quantitative',
            scale: { domain: [...domain], scheme: 'viridis', clamp: true },
            legend: {
              title: valueTitle,
              format: numberFormat,
              gradientLength: Math.min(200, step * rows.length),
              gradientThickness: 12,
              tickCount: 5,
            },
          },
        },
      },
      ...(written
        ? [
            {
              mark: { type: 'text' as const, aria: false, fontSize: 11 },
              encoding: {
                text: { field: 'value', type: 'quantitative' as const, format: numberFormat },
                color: { condition: { test: `datum.value > ${middle}`, value: 'black' }, value: 'white' },
              },
            },
          ]
        : []),
    ],
  };
  return renderChart(spec);
}
