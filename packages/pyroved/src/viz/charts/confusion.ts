/** The confusion matrix: rows are the true classes, a cell's share is of its row, and the count stands below it. */
import { PyrovedError } from 'pyroved-ts';
import type { TopLevelSpec } from 'vega-lite';
import { textWidth } from '../textWidth.js';
import { INK, SHARE_COLOUR } from '../theme.js';
import { type ChartLayer, renderChart } from './render.js';

/** Counts of images: `counts[t][p]` of class `t` were taken for class `p`. */
export interface ConfusionMatrix {
  readonly classNames: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** How well one class does. NaN where there is no image to tell. */
export interface ClassScores {
  readonly name: string;
  readonly images: number;
  /** Share of the class's images that are found. */
  readonly recall: number;
  /** Share of the images taken for the class that are of it. */
  readonly precision: number;
  /** The class it is mostly mistaken for, and how often; undefined where there is no mistake. */
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

/** From this opacity on, the text in a cell is white: then either ink has 3.9:1 or more against its cell. */
const WHITE_TEXT_FROM = 0.72;

/** The matrix as SVG. @throws PyrovedError where the counts are not square or do not fit the names. */
export function confusionChart({ classNames, counts }: ConfusionMatrix): Promise<string> {
  checkMatrix(classNames, counts);
  const size = classNames.length;
  const step = size <= 6 ? 68 : size <= 12 ? 48 : 26;
  const values = counts.flatMap((row, t) =>
    row.map((count, p) => ({ true: classNames[t], predicted: classNames[p], ...cell(count, sum(row), size) })),
  );
  const axis = {
    domain: false,
    labelFontSize: 12,
    labelLimit: 200,
    labelOpacity: 1,
    labelPadding: 8,
    titlePadding: 12,
  };
  const turned = classNames.some((name) => textWidth(name, 12) > step + 4);
  const x = { field: 'predicted', type: 'nominal' as const, sort: [...classNames] };
  const y = { field: 'true', type: 'nominal' as const, sort: [...classNames] };
  const spec: TopLevelSpec = {
    description: 'Confusion matrix: rows are the true classes, columns the predicted ones',
    width: { step },
    height: { step },
    data: { values },
    encoding: {
      x: { ...x, axis: { ...axis, title: 'predicted class', orient: 'bottom', labelAngle: turned ? -40 : 0 } },
      y: { ...y, axis: { ...axis, title: 'true class' } },
    },
    config: { scale: { bandPaddingInner: 0.04, bandPaddingOuter: 0 } },
    layer: [
      // A faint ground under each cell, so that an empty one is seen to be there.
      { mark: { type: 'rect', aria: false, color: INK, opacity: 0.06, cornerRadius: 3 } },
      {
        mark: { type: 'rect', aria: false, color: SHARE_COLOUR, cornerRadius: 3 },
        encoding: {
          fillOpacity: { field: 'share', type: 'quantitative', scale: { domain: [0, 1], range: [0, 1] }, legend: null },
        },
      },
      ...cellText('percent', size <= 20, { fontSize: step > 30 ? 13 : 9, fontWeight: 600, dy: size <= 12 ? -6 : 0 }),
      ...cellText('shownCount', size <= 12, { fontSize: 10.5, dy: 10 }),
    ],
  };
  return renderChart(spec);
}

/** A line of text in each cell, where there is room for it. */
function cellText(
  field: string,
  room: boolean,
  style: { fontSize: number; fontWeight?: 600; dy: number },
): ChartLayer[] {
  if (!room) return [];
  const layer: ChartLayer = {
    mark: { type: 'text', aria: false, baseline: 'middle', ...style },
    encoding: {
      text: { field },
      color: { condition: { test: `datum.share >= ${WHITE_TEXT_FROM}`, value: 'white' }, value: INK },
      opacity: { condition: { test: 'datum.count == 0', value: 0.35 }, value: 0.95 },
    },
  };
  return [layer];
}

/** What stands in a cell; an empty one has a 0 where there is room for it, so that the others stand out. */
function cell(count: number, rowTotal: number, size: number) {
  const share = rowTotal > 0 ? count / rowTotal : 0;
  // A decimal only where there are images enough to mean it, and room for it.
  const decimals = rowTotal >= 200 && size <= 8 ? 1 : 0;
  if (count === 0) return { share, count: 0, percent: '', shownCount: size <= 6 ? '0' : '' };
  return { share, count, percent: `${(100 * share).toFixed(decimals)}%`, shownCount: String(count) };
}

function checkMatrix(classNames: readonly string[], counts: readonly (readonly number[])[]): void {
  const size = classNames.length;
  if (size === 0 || counts.length !== size || counts.some((row) => row.length !== size))
    throw new PyrovedError(
      `A confusion matrix of ${size} classes needs ${size} rows of ${size} counts, but has ` +
        `${counts.length} rows of ${[...new Set(counts.map((row) => row.length))].join(' and ') || 0}.`,
    );
  if (new Set(classNames).size !== size) throw new PyrovedError(`Two classes have one name: ${classNames.join(', ')}.`);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
