/** Template models without labels: classes found among the images replace labelled images. */
import { OptionError } from 'pyro-ts';
import { findClasses, type ModelOptions } from 'pyroved-ts';
import { kindOf, type ModelSettings } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';

/** Whether a model with these settings finds its classes by itself, with one template per class. */
export function looksForClasses(
  { decoder, kind, numClasses }: ModelSettings,
  { labelled }: Pick<TrainingSets, 'labelled'>,
): boolean {
  if (decoder !== 'template' || (kind !== undefined && kindOf({ kind }).usesLabels)) return false;
  return kind !== undefined || numClasses !== undefined || !labelled?.labels;
}

/** The settings of the model trained on found classes, and their number. @throws {OptionError} when the number is missing. */
export function foundSettings(
  { numClasses, kind, ...settings }: ModelSettings,
  { classNames }: TrainingSets,
): { readonly model: ModelSettings; readonly foundClasses: number } {
  const known = classNames.length > 1 ? classNames.length : undefined;
  const foundClasses = numClasses ?? (kind !== undefined && kindOf({ kind }).classes === 'found' ? known : 1);
  if (foundClasses === undefined) {
    throw new OptionError('The number of classes to find is required (numClasses, --num-classes).');
  }
  return { model: { ...settings, kind: 'ssiVAE' }, foundClasses };
}

/** The images without their labels, which are only used for the evaluation. */
export function withoutClasses({ labelled: _, test, ...sets }: TrainingSets): TrainingSets {
  const { labels: __, classNames: ___, ...unlabelled } = sets.unlabelled;
  return {
    ...sets,
    unlabelled: unlabelled as TrainingSets['unlabelled'],
    classNames: [],
    found: { ...(test && { test }) },
  };
}

export interface FindRequest {
  readonly foundClasses: number;
  readonly seed: number;
  readonly kernel?: ModelOptions['kernel'];
  readonly say?: (line: string) => void;
}

/** Images with the classes found among them as labelled images; deterministic for a given seed. */
export function withFoundClasses(sets: TrainingSets, { foundClasses, seed, kernel, say }: FindRequest): TrainingSets {
  say?.(
    foundClasses === 1
      ? 'Learning a single template from all images.'
      : `Finding ${foundClasses} classes among the unlabelled images.`,
  );
  const options = { numClasses: foundClasses, seed, ...(kernel && { kernel }) };
  const { labelled } = findClasses(sets.unlabelled, options);
  return { ...sets, labelled, classNames: labelled.classNames ?? [] };
}
