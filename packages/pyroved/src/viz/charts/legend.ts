/** Colours and symbols of series and classes, and their legends. */
import { fitted, textWidth } from '../textWidth.js';
import { CATEGORY_COLOURS, CATEGORY_SHAPES, LABEL_SIZE } from '../theme.js';
import { element, marks, text } from './svg.js';

/** The colour of the c-th class or series. */
export const colourOf = (c: number): string => CATEGORY_COLOURS[c % CATEGORY_COLOURS.length]!;

/** A symbol of `area` square pixels for the c-th class; the shape changes when the colours repeat. */
export function symbol(c: number, area: number, x: number, y: number, fill?: string): string {
  const shape = CATEGORY_SHAPES[Math.floor(c / CATEGORY_COLOURS.length) % CATEGORY_SHAPES.length]!;
  if (shape === 'circle') return element('circle', { cx: x, cy: y, r: Math.sqrt(area / Math.PI), fill });
  return element('path', { transform: `translate(${x},${y})`, d: OUTLINES[shape](Math.sqrt(area)), fill });
}

/** Outlines around the origin with about the area of a square of this side. */
const OUTLINES: Readonly<Record<Exclude<(typeof CATEGORY_SHAPES)[number], 'circle'>, (side: number) => string>> = {
  square: (side) =>
    closed([
      [-side / 2, -side / 2],
      [side / 2, -side / 2],
      [side / 2, side / 2],
      [-side / 2, side / 2],
    ]),
  'triangle-up': (side) =>
    closed([
      [0, -0.66 * side],
      [0.66 * side, 0.5 * side],
      [-0.66 * side, 0.5 * side],
    ]),
  diamond: (side) =>
    closed([
      [0, -0.75 * side],
      [0.67 * side, 0],
      [0, 0.75 * side],
      [-0.67 * side, 0],
    ]),
  cross: (side) => {
    const [long, thin] = [0.67 * side, 0.22 * side];
    const turns = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ] as const;
    // Each arm is a rotation of the right one.
    return closed(
      turns.flatMap(([c, s]) =>
        (
          [
            [long, -thin],
            [long, thin],
            [thin, thin],
          ] as const
        ).map(([x, y]) => [x * c - y * s, x * s + y * c] as const),
      ),
    );
  },
};

const closed = (points: readonly (readonly [number, number])[]): string =>
  `M${points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join('L')}Z`;

const ROW = 17;
const DASH = 14;

/** Legend of series, in rows above a plot. */
export function lineLegend(names: readonly string[], width: number): { markup: string; height: number } {
  let [x, y] = [0, 0];
  const items = names.map((name, i) => {
    const label = fitted(name, LABEL_SIZE, width - DASH - 6);
    const room = DASH + 6 + textWidth(label, LABEL_SIZE);
    if (x > 0 && x + room > width) [x, y] = [0, y + ROW];
    const item =
      element('line', { x1: x, x2: x + DASH, y1: y, y2: y, stroke: colourOf(i), 'stroke-width': 3 }) +
      text(label, { x: x + DASH + 6, y, dy: '0.35em' });
    x += room + 18;
    return item;
  });
  return { markup: marks('legend', { 'font-size': LABEL_SIZE }, items), height: names.length > 0 ? y + ROW : 0 };
}

/** Legend of classes, in a column. */
export function symbolLegend(names: readonly string[]): { markup: string; width: number; height: number } {
  const labels = names.map((name) => fitted(name, LABEL_SIZE, 300));
  const items = labels.map(
    (label, c) => symbol(c, 80, 6, 8 + c * ROW, colourOf(c)) + text(label, { x: 18, y: 8 + c * ROW, dy: '0.35em' }),
  );
  const widest = Math.max(...labels.map((label) => textWidth(label, LABEL_SIZE)));
  return {
    markup: marks('legend', { 'font-size': LABEL_SIZE }, items),
    width: 18 + widest,
    height: names.length * ROW,
  };
}
