/** Contact sheets of classified images: by class, by outlier score, or by uncertainty. */
import { inMemory, PyrovedError, subset, type TrainingImages } from 'pyroved-ts';
import type { Classification } from '../storage/index.js';
import { escapeMarkup } from '../viz/escape.js';
import { displayRange, tileImages } from '../viz/index.js';
import { type ClassifyOptions, classifyImages, type TrainedModel } from './loadModel.js';
import { stackOf } from './show.js';

/** What sheets show. */
export const galleryOrders = ['class', 'outlier', 'uncertainty'] as const;
export type GalleryOrder = (typeof galleryOrders)[number];

/** One sheet. */
export interface GallerySheet {
  /** For file names, e.g. `class-1`. */
  readonly name: string;
  readonly title: string;
  /** Indices of the images, in the order in which they are shown. */
  readonly images: readonly number[];
  /** A text below each image. */
  readonly captions: readonly string[];
}

export interface GalleryRequest extends ClassifyOptions {
  /** @default all that the model has */
  readonly by?: readonly GalleryOrder[];
  /** Largest number of images on a sheet. @default 60 */
  readonly count?: number;
}

/**
 * The sheets of a set: one per class with its most probable images first, one with the least typical images first, and one with the images first whose two
 * most probable classes are nearest.
 * @throws {PyrovedError} when sheets by outlier score are requested of a model without one.
 * @example
 * for (const sheet of gallerySheets(trained, set)) writeFileSync(`${sheet.name}.png`, sheetPng(set, sheet));
 */
export function gallerySheets(
  trained: TrainedModel,
  set: TrainingImages,
  { by, count = 60, ...options }: GalleryRequest = {},
): GallerySheet[] {
  const { classNames } = trained;
  const rows = classifyImages(trained, set, 0.8, options);
  const hasScore = rows.some(({ outlierScore }) => outlierScore !== undefined);
  if (by?.includes('outlier') && !hasScore)
    throw new PyrovedError(
      `The model of ${trained.run.path} has no outlier score: its run did not end, or is of an earlier version. Show --by class or uncertainty.`,
    );
  const wanted = by ?? galleryOrders.filter((order) => order !== 'outlier' || hasScore);
  const p = ({ probabilities, classIndex }: Classification) => probabilities[classIndex];
  const margin = (row: Classification) => {
    const [first, second = 0] = Array.from(row.probabilities).sort((a, b) => b - a);
    return first - second;
  };
  const sheet = (
    name: string,
    title: string,
    order: (row: Classification) => number,
    isShown: (row: Classification) => boolean = () => true,
  ): GallerySheet[] => {
    const all = rows.flatMap((row, i) => (isShown(row) ? [{ row, i, key: order(row) }] : []));
    const shown = all.sort((a, b) => a.key - b.key).slice(0, count);
    if (shown.length === 0) return [];
    return [
      {
        ...{ name, title: `${title} (${shown.length} of ${all.length})` },
        images: shown.map(({ i }) => i),
        captions: shown.map(({ row }) => captionOf(row, classNames)),
      },
    ];
  };
  return wanted.flatMap((order) => {
    if (order === 'class')
      return classNames.flatMap((title, k) =>
        sheet(
          `class-${k + 1}`,
          title,
          (row) => -p(row),
          ({ classIndex }) => classIndex === k,
        ),
      );
    if (order === 'outlier') return sheet('outliers', 'Least typical first', ({ outlierScore = 0 }) => outlierScore);
    return sheet('uncertain', 'Least certain first', margin);
  });
}

function captionOf({ file, classIndex, probabilities, outlierScore }: Classification, classNames: readonly string[]) {
  const score = outlierScore === undefined ? '' : `, outlier score ${outlierScore.toFixed(2)}`;
  return `${file}: ${classNames[classIndex]} ${(100 * probabilities[classIndex]).toFixed(1)}%${score}`;
}

const COLUMNS = 10;
/** Small images are enlarged to about this side. */
const SIDE = 64;

/** A sheet as PNG, without texts. @throws {PyrovedError} for signals. */
export function sheetPng(set: TrainingImages, { images }: Pick<GallerySheet, 'images'>, columns = COLUMNS): Uint8Array {
  const stack = stackOf(inMemory(subset(set, images)));
  if ('length' in stack) throw new PyrovedError('Signals have no pictures. Use pyroved traverse.');
  const scale = Math.max(1, Math.round(SIDE / stack.width));
  return tileImages(stack, { columns, scale, range: displayRange(stack.data) }).png;
}

/** All sheets as one page that needs no other file; the text of each image shows below it. */
export function galleryHtml(set: TrainingImages, sheets: readonly GallerySheet[], title: string): string {
  const sections = sheets.map(({ title: heading, images, captions }) => {
    const figures = images.map((i, k) => {
      const data = Buffer.from(sheetPng(set, { images: [i] }, 1)).toString('base64');
      const caption = escapeMarkup(captions[k]);
      return `<figure><img src="data:image/png;base64,${data}" alt="${caption}" title="${caption}"><figcaption>${caption}</figcaption></figure>`;
    });
    return `<section><h2>${escapeMarkup(heading)}</h2><div>${figures.join('')}</div></section>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title><style>
:root{color-scheme:light dark}body{font:14px/1.4 system-ui,sans-serif;margin:24px}
div{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:112px}img{width:112px;image-rendering:pixelated}
figcaption{font-size:11px;overflow-wrap:anywhere;opacity:.8}
</style></head><body><h1>${escapeMarkup(title)}</h1>${sections.join('')}</body></html>
`;
}
