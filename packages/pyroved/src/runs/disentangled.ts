/** Disentanglement of the known factors of variation by the latent variables, as figures and as a table. */
import { type Disentanglement, disentanglementOf, type Model, subset, type TrainingImages } from 'pyroved-ts';
import { lookUp } from 'pyroved-ts/internal';
import { isConditional } from '../kinds/ivae.js';
import type { RunFolder } from '../storage/index.js';
import { symmetryOf } from '../studies/comparison.js';
import { formatCount, formatPercent, type ReportTable } from '../viz/index.js';
import { dataSection } from './settings.js';

/** `disentanglementOf` with the symmetries of generated classes; undefined if no factor of `images` is known. */
export function disentangledBy(run: RunFolder, model: Model, images: TrainingImages): Disentanglement | undefined {
  const { source } = dataSection(run.config);
  const { classNames = [] } = images;
  // A user's own images need not contain all classes.
  const known = source.kind === 'imported' ? {} : symmetryOf(source, { classNames });
  return disentanglementOf(model, knownTo(model, images), {
    symmetry: classNames.map((name) => lookUp(known, name) ?? 1),
  });
}

/** The images for which all conditions of the model are known. */
function knownTo(model: Model, images: TrainingImages): TrainingImages {
  if (!isConditional(model)) return images;
  const { names } = model.condition;
  const isKnown = (i: number): boolean =>
    names.every((name) => Number.isFinite(lookUp(images.factors, name)?.[i])) &&
    (model.numClasses === 0 || (images.labels?.[i] ?? -1) >= 0);
  const places = Array.from({ length: images.count }, (_, i) => i).filter(isKnown);
  return places.length === images.count ? images : subset(images, places);
}

const factorLabels: Readonly<Record<string, string>> = {
  tx: 'shift x',
  ty: 'shift y',
  shearX: 'shear x',
  shearY: 'shear y',
};
const factorLabel = (factor: string): string => lookUp(factorLabels, factor) ?? factor;

/** A table with one row per factor. */
export function disentanglementTable({ variables, factors, separation, images }: Disentanglement): ReportTable {
  return {
    title: 'Disentanglement',
    intro:
      'Fraction of the variance of each known factor predicted by linear regression, within each class, on one latent variable and on all of them, for ' +
      `${images ? `${formatCount(images)} ` : ''}validation images. The last column is the difference between the best and the second-best variable; its mean is ` +
      `${formatPercent(separation)} (separated attribute predictability). Angle and shifts are those inferred by the model.`,
    header: ['factor', ...variables, 'all', 'difference'],
    rows: factors.map(({ factor, alone, together, gap }) => [
      factorLabel(factor),
      ...[...alone, together, gap].map((share) => formatPercent(share)),
    ]),
  };
}
