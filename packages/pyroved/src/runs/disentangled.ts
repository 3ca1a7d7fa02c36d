/** How well the latent variables of a run's model keep the known factors of variation apart, as figures and as a table. */
import { type Disentanglement, disentanglementOf, type Model, subset, type TrainingImages } from 'pyroved-ts';
import { lookUp } from 'pyroved-ts/internal';
import { isConditional } from '../kinds/ivae.js';
import type { RunFolder } from '../storage/index.js';
import { symmetryOf } from '../studies/comparison.js';
import { formatPercent, type ReportTable } from '../viz/index.js';
import { dataSection } from './settings.js';

/** See `disentanglementOf`; generated classes have the symmetries that they are drawn with. Nothing where no factor of `images` is known. */
export function disentangledBy(run: RunFolder, model: Model, images: TrainingImages): Disentanglement | undefined {
  const { source } = dataSection(run.config);
  const { classNames = [] } = images;
  // Images of a user's own need not be of all classes.
  const known = source.kind === 'imported' ? {} : symmetryOf(source, { classNames });
  return disentanglementOf(model, knownTo(model, images), {
    symmetry: classNames.map((name) => lookUp(known, name) ?? 1),
  });
}

/** The images of which all is known that the model has to be told. */
function knownTo(model: Model, images: TrainingImages): TrainingImages {
  if (!isConditional(model)) return images;
  const { names } = model.condition;
  const isKnown = (i: number): boolean =>
    names.every((name) => Number.isFinite(lookUp(images.factors, name)?.[i])) &&
    (model.numClasses === 0 || (images.labels?.[i] ?? -1) >= 0);
  const places = Array.from({ length: images.count }, (_, i) => i).filter(isKnown);
  return places.length === images.count ? images : subset(images, places);
}

/** A row a factor. */
export function disentanglementTable({ variables, factors, separation, images }: Disentanglement): ReportTable {
  return {
    title: 'What each latent variable tells',
    intro:
      'How much of the variance of each known factor a line in one latent variable predicts, and a line in all of them, for images that the line was not fitted to ' +
      `${images ? ` (${images} images` : ''}, each class by itself). The last column is how far the best variable is ahead of the next; its mean is ` +
      `${formatPercent(separation)} (separated attribute predictability). Angle and shifts are as the model infers them.`,
    header: ['factor', ...variables, 'all together', 'ahead by'],
    rows: factors.map(({ factor, alone, together, gap }) => [
      factor,
      ...[...alone, together, gap].map((share) => formatPercent(share)),
    ]),
  };
}
