/** The confusion matrix: rows are true classes; cells show the fraction of the row and the count. */
import { PyrovedError } from 'pyroved-ts';
import { formatCount } from '../format.js';
import { textWidth } from '../textWidth.js';
import { LABEL_SIZE, SHARE_COLOUR } from '../theme.js';
import { bottomLabels, bottomTitle, labelsHeight, labelsWidth, leftLabels, leftTitle } from './axes.js';
import { canvas, element, marks, moved, text } from './svg.js';

/** Counts of images: `counts[t][p]` images of class `t` were predicted as class `p`. */
export interface ConfusionMatrix {
  readonly classNames: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** Scores of one class; NaN if undefined because there are no images. */
export interface ClassScores {
  readonly name: string;
  readonly images: number;
  /** Fraction of the images of the class that are predicted as this class. */
  readonly recall: number;
  /** Fraction of the images predicted as this class that belong to it. */
  readonly precision: number;
  /** The class it is most often confused with, and how often; undefined if there are no errors. */
  readonly mistakenFor?: { readonly name: string; readonly images: number };
}

/** The scores of each class. */
export function classScores({ classNames, counts }: ConfusionMatrix): ClassScores[] {
  checkMatrix(classNames, counts);
  return classNames.map((name, c) => {
    const row = counts[c]!;
    const images = sum(row);
    const taken = sum(counts.map((other) => other[c]!));
    const mistakes = row.map((count, p) => (p === c ? 0 : count));
    const most = Math.max(0, ...mistakes);
    return {
      name,
      images,
      recall: row[c]! / images,
      precision: row[c]! / taken,
      ...(most > 0 && { mistakenFor: { name: classNames[mistakes.indexOf(most)]!, images: most } }),
    };
  });
}

/** Text is white in cells of at least this opacity, for a contrast of at least 3.9:1. */
const WHITE_TEXT_FROM = 0.72;

/** Class names along both axes. */
const NAMES = { size: LABEL_SIZE, opacity: 1, limit: 200 };
/** Height of an axis title, including its margin. */
const TITLE = 24;

/** The matrix as SVG. @throws {PyrovedError} when the counts are not square or do not match the names. */
export function confusionChart({ classNames, counts }: ConfusionMatrix): string {
  checkMatrix(classNames, counts);
  const classes = classNames.length;
  const step = classes <= 6 ? 68 : classes <= 12 ? 48 : 26;
  const side = classes * step;
  const size = { width: side, height: side };
  const cells = counts.flatMap((row, t) =>
    row.map((count, p) => ({ ...cell(count, sum(row), classes), x: p * step, y: t * step })),
  );
  const names = classNames.map((label, c) => ({ at: (c + 0.5) * step, label }));
  const rising = classNames.some((name) => textWidth(name, LABEL_SIZE) > step + 4);
  const left = TITLE + labelsWidth(names, NAMES);
  const below = labelsHeight(names, NAMES, rising) + TITLE;
  const inner = step * (1 - GAP);
  const rect = (place: { x: number; y: number }, opacity?: number) =>
    element('rect', { x: place.x, y: place.y, width: inner, height: inner, rx: 3, 'fill-opacity': opacity });
  return canvas(
    {
      description: 'Confusion matrix: rows are the true classes, columns the predicted ones',
      width: left + side + 4,
      height: 4 + side + below,
    },
    moved(
      left,
      4,
      // A faint background, so that empty cells are visible.
      marks(
        'ground',
        { opacity: 0.06 },
        cells.map((place) => rect(place)),
      ),
      marks(
        'cell',
        { fill: SHARE_COLOUR },
        cells.map((place) => rect(place, place.share)),
      ),
      classes <= 20 ? cellTexts(cells, inner, 'percent', step > 30 ? 13 : 9, classes <= 12 ? -6 : 0) : '',
      classes <= 12 ? cellTexts(cells, inner, 'shownCount', 10.5, 10) : '',
      leftLabels(names, NAMES),
      bottomLabels(names, size, { ...NAMES, rising }),
      bottomTitle('predicted class', side / 2, side + below),
    ),
    leftTitle('true class', 2, 4 + side / 2),
  );
}

/** The gap between cells, as a fraction of the cell size. */
const GAP = 0.04;

/** A line of text in each cell, `down` pixels below its centre. */
function cellTexts(
  cells: readonly (Cell & { readonly x: number; readonly y: number })[],
  inner: number,
  line: 'percent' | 'shownCount',
  size: number,
  down: number,
): string {
  const texts = cells.map((place) =>
    text(place[line], {
      x: place.x + inner / 2,
      y: place.y + inner / 2 + down,
      dy: '0.35em',
      fill: place.share >= WHITE_TEXT_FROM ? 'white' : undefined,
      opacity: place.count === 0 ? 0.35 : undefined,
    }),
  );
  const weight = line === 'percent' ? 600 : undefined;
  return marks('text', { 'text-anchor': 'middle', 'font-size': size, 'font-weight': weight }, texts);
}

interface Cell {
  readonly share: number;
  readonly count: number;
  readonly percent: string;
  readonly shownCount: string;
}

/** The content of a cell; an empty one shows 0 if there is room. */
function cell(count: number, rowTotal: number, size: number): Cell {
  const share = rowTotal > 0 ? count / rowTotal : 0;
  // A decimal only if there are enough images and enough room.
  const decimals = rowTotal >= 200 && size <= 8 ? 1 : 0;
  if (count === 0) return { share, count: 0, percent: '', shownCount: size <= 6 ? '0' : '' };
  return { share, count, percent: `${(100 * share).toFixed(decimals)}%`, shownCount: formatCount(count) };
}

function checkMatrix(classNames: readonly string[], counts: readonly (readonly number[])[]): void {
  const size = classNames.length;
  if (size === 0 || counts.length !== size || counts.some((row) => row.length !== size))
    throw new PyrovedError(
      `A confusion matrix of ${size} classes requires ${size} rows of ${size} counts; got ` +
        `${counts.length} rows of ${[...new Set(counts.map((row) => row.length))].join(' and ') || 0}.`,
    );
  if (new Set(classNames).size !== size)
    throw new PyrovedError(`Class names must be distinct; got ${classNames.join(', ')}.`);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
