/** Runs of a template model without labels: classes that are found among the images stand for labelled ones. */
import { OptionError } from 'pyro-ts';
import { findClasses, type ModelOptions } from 'pyroved-ts';
import { kindOf, type ModelSettings } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';

/** Whether a model with these settings looks for its classes: one picture each, and a single one for a model without classes. */
export function looksForClasses(
  { decoder, kind, numClasses }: ModelSettings,
  { labelled }: Pick<TrainingSets, 'labelled'>,
): boolean {
  if (decoder !== 'template' || (kind !== undefined && kindOf({ kind }).usesLabels)) return false;
  return kind !== undefined || numClasses !== undefined || !labelled?.labels;
}

/** The settings of the model that is trained on found classes, and how many they are. @throws {OptionError} where the number is missing. */
export function foundSettings(
  { numClasses, kind, ...settings }: ModelSettings,
  { classNames }: TrainingSets,
): { readonly model: ModelSettings; readonly foundClasses: number } {
  const known = classNames.length > 1 ? classNames.length : undefined;
  const foundClasses = numClasses ?? (kind !== undefined && kindOf({ kind }).classes === 'found' ? known : 1);
  if (foundClasses === undefined) {
    throw new OptionError('How many classes to look for is not known. Give their number (numClasses, --num-classes).');
  }
  return { model: { ...settings, kind: 'ssiVAE' }, foundClasses };
}

/** The images without what is known of their classes, which is kept for the evaluation. */
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

/** Images without classes, with those that were found among them as labelled images: the same at every call. */
export function withFoundClasses(sets: TrainingSets, { foundClasses, seed, kernel, say }: FindRequest): TrainingSets {
  say?.(
    foundClasses === 1
      ? 'Learning one picture of all images.'
      : `Looking for ${foundClasses} classes among the unlabelled images.`,
  );
  const options = { numClasses: foundClasses, seed, ...(kernel && { kernel }) };
  const { labelled } = findClasses(sets.unlabelled, options);
  return { ...sets, labelled, classNames: labelled.classNames ?? [] };
}
