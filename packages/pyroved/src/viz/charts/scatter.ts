/** The latent space: one point an image, coloured by its class. */
import { PyrovedError } from 'pyroved-ts';
import type { TopLevelSpec } from 'vega-lite';
import { CATEGORY_COLOURS, CATEGORY_SHAPES, INK } from '../theme.js';
import { renderChart } from './render.js';

/** Points and their classes. */
export interface ScatterOptions {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** The class of each point as an index into `classNames`; leave both out for points of one colour. */
  readonly classes?: ArrayLike<number>;
  readonly classNames?: readonly string[];
  /** Default "z₁" and "z₂". */
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** Beyond this many points an even choice of them is drawn, to keep the file small. Default 2000. */
  readonly maxPoints?: number;
  /** Width and height of the plot in pixels. Default 400. */
  readonly size?: number;
}

/** The scatter as SVG, both axes on one scale. @throws PyrovedError where the lengths differ. */
export function scatterChart(options: ScatterOptions): Promise<string> {
  const { x, y, classes, classNames = [], xTitle = 'z₁', yTitle = 'z₂', maxPoints = 2000, size = 400 } = options;
  if (y.length !== x.length || (classes !== undefined && classes.length !== x.length))
    throw new PyrovedError(
      `A scatter needs as many y (${y.length}) and classes (${classes?.length ?? 'none'}) as x (${x.length}).`,
    );
  const values: { x: number; y: number; class?: string }[] = [];
  for (let i = 0; i < x.length; i++) {
    if (!isDrawn(i, maxPoints / x.length)) continue;
    const point = { x: rounded(x[i]!), y: rounded(y[i]!) };
    if (!Number.isFinite(point.x) || !Number.isFinite(point.y)) continue;
    values.push(classes ? { ...point, class: classNames[classes[i]!] ?? `class ${classes[i]}` } : point);
  }
  const domain = commonDomain(values.flatMap((point) => [point.x, point.y]));
  const names = [...classNames];
  const legend = { title: null, orient: 'right' as const, symbolSize: 80, symbolStrokeWidth: 0 };
  const scale = {
    domain: names,
    range: names.map((_, c) => CATEGORY_COLOURS[c % CATEGORY_COLOURS.length]!),
  };
  const shapes = names.map((_, c) => shapeOf(c));
  const grouped = classes !== undefined && names.length > 0;
  const axis = { domain: false, tickCount: 7 };
  const spec: TopLevelSpec = {
    description: `${xTitle} and ${yTitle} of ${values.length} images`,
    width: size,
    height: size,
    data: { values },
    mark: {
      type: 'point',
      aria: false,
      filled: true,
      size: values.length > 1000 ? 14 : 26,
      opacity: 0.6,
      strokeWidth: 0,
    },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis: { ...axis, title: xTitle } },
      y: {
        field: 'y',
        type: 'quantitative',
        scale: { domain, nice: false },
        axis: { ...axis, title: yTitle, ...upright },
      },
      ...(grouped
        ? {
            color: { field: 'class', type: 'nominal', sort: names, scale, legend },
            shape: { field: 'class', type: 'nominal', sort: names, scale: { domain: names, range: shapes }, legend },
          }
        : { color: { value: INK } }),
    },
  };
  return renderChart(spec);
}

const upright = { titleAngle: 0, titleAlign: 'right' as const };

/** Shapes change once all colours are used up. */
const shapeOf = (c: number): string =>
  CATEGORY_SHAPES[Math.floor(c / CATEGORY_COLOURS.length) % CATEGORY_SHAPES.length]!;

/** An even choice of a share of the points, whatever the order of the classes: multiples of the golden ratio. */
const isDrawn = (i: number, share: number): boolean => (i * ((Math.sqrt(5) - 1) / 2)) % 1 < share;

/** Four significant digits are a tenth of a pixel. */
const rounded = (value: number): number => Number(value.toPrecision(4));

/** One symmetric range for both axes, so that distances and the prior's circle are not distorted. */
function commonDomain(values: readonly number[]): [number, number] {
  const reach = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return [-1.05 * reach, 1.05 * reach];
}
