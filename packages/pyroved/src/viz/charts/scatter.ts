/** Scatter plots, e.g. of the latent space, coloured by class. */
import { PyrovedError } from 'pyroved-ts';
import { textWidth } from '../textWidth.js';
import { LABEL_SIZE, QUIET } from '../theme.js';
import { bottomLabels, bottomTitle, horizontalGrid, labelsWidth, leftLabels, verticalGrid } from './axes.js';
import { colourOf, symbol, symbolLegend } from './legend.js';
import { type Domain, linearScale, spanOf, ticksOf } from './scales.js';
import { canvas, marks, moved, text } from './svg.js';

/** The data of a scatter plot. */
export interface ScatterOptions {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** The class of each point as an index into `classNames`; omit both for points of one colour. */
  readonly classes?: ArrayLike<number>;
  readonly classNames?: readonly string[];
  /** @default "z₁" and "z₂" */
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** Whether both axes have one symmetric scale, e.g. for predicted against true values; otherwise each fits its points. @default false */
  readonly sameScale?: boolean;
  /** Largest number of points; more are subsampled, to keep the file small. @default 2000 */
  readonly maxPoints?: number;
  /** Width and height of the plot in pixels. @default 400 */
  readonly size?: number;
}

/**
 * The scatter plot as SVG.
 * @throws {PyrovedError} when the lengths differ.
 * @example scatterChart({ x: z1, y: z2, classes: labels, classNames: ['a', 'b'] })
 */
export function scatterChart(options: ScatterOptions): string {
  const {
    x,
    y,
    classes,
    classNames = [],
    xTitle = 'z₁',
    yTitle = 'z₂',
    maxPoints = 2000,
    size = 400,
    sameScale = false,
  } = options;
  if (y.length !== x.length || (classes !== undefined && classes.length !== x.length))
    throw new PyrovedError(
      `A scatter plot requires as many y (${y.length}) and classes (${classes?.length ?? 'none'}) as x (${x.length}).`,
    );
  const names = classes === undefined ? [] : [...classNames];
  const points: { x: number; y: number; class: number }[] = [];
  for (let i = 0; i < x.length; i++) {
    if (!isDrawn(i, maxPoints / x.length)) continue;
    const point = { x: x[i]!, y: y[i]!, class: classes?.[i] ?? 0 };
    if (Number.isFinite(point.x) && Number.isFinite(point.y)) points.push(point);
  }
  const [xDomain, yDomain] = domainsOf(points, sameScale);
  const [across, up] = [linearScale(xDomain, [0, size]), linearScale(yDomain, [size, 0])];
  const plot = { width: size, height: size };
  const xTicks = ticksOf(xDomain, across, { count: 7 });
  const yTicks = ticksOf(yDomain, up, { count: 7 });
  const area = points.length > 1000 ? 14 : 26;
  const dots = points.map((point) =>
    symbol(point.class, area, across(point.x), up(point.y), names.length > 0 ? colourOf(point.class) : undefined),
  );
  const legend = names.length > 0 ? symbolLegend(names) : undefined;
  const titleWidth = textWidth(yTitle, LABEL_SIZE);
  const left = titleWidth + 10 + labelsWidth(yTicks);
  return canvas(
    {
      description: `${xTitle} and ${yTitle} of ${points.length} images`,
      width: left + size + (legend ? 20 + legend.width : 8),
      height: 4 + Math.max(size + 42, legend?.height ?? 0),
    },
    moved(
      left,
      4,
      verticalGrid(xTicks, plot),
      horizontalGrid(yTicks, plot),
      marks('dot', { 'fill-opacity': 0.6 }, dots),
      leftLabels(yTicks),
      bottomLabels(xTicks, plot),
      bottomTitle(xTitle, size / 2, size + 42),
    ),
    text(yTitle, { x: 2, y: 4 + size / 2, dy: '0.35em', 'font-size': LABEL_SIZE, 'fill-opacity': QUIET }),
    legend ? moved(left + size + 20, 4, legend.markup) : '',
  );
}

/** Selects a fraction of the points evenly, independent of the order of classes, by multiples of the golden ratio. */
const isDrawn = (i: number, share: number): boolean => (i * ((Math.sqrt(5) - 1) / 2)) % 1 < share;

/** The domains of both axes, with a margin around the points. */
function domainsOf(
  points: readonly { readonly x: number; readonly y: number }[],
  sameScale: boolean,
): [Domain, Domain] {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  if (!sameScale) return [widened(spanOf(xs)), widened(spanOf(ys))];
  const reach = [...xs, ...ys].reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return [
    [-1.05 * reach, 1.05 * reach],
    [-1.05 * reach, 1.05 * reach],
  ];
}

function widened([low, high]: Domain): Domain {
  const margin = 0.04 * (high - low);
  return [low - margin, high + margin];
}
