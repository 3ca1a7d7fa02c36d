/** Generated images: card suits, glyphs, simulated nanoparticles, handwritten digits, and shifted peaks. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import {
  type CardsConfig,
  cards,
  type DigitsOptions,
  digits,
  type FieldConditions,
  type GeneratedSets,
  type GlyphsOptions,
  glyphs,
  loadTemplates,
  nanoparticles,
  type ParticlesOptions,
  type PeaksOptions,
  shiftedPeaks,
} from 'pyroved-data';
import type { TrainingSets } from './sets.js';

/** Generated card suits; `templates` names a file or folder of custom classes. */
export interface CardsSource extends CardsConfig {
  readonly kind: 'cards';
  readonly templates?: string;
}

export type GeneratedSource =
  | CardsSource
  | ({ readonly kind: 'glyphs' } & GlyphsOptions)
  | ({ readonly kind: 'particles' } & ParticlesOptions)
  | ({ readonly kind: 'digits' } & DigitsOptions)
  | ({ readonly kind: 'peaks' } & PeaksOptions);

/** Whether a source of images is a generator. */
export const isGenerated = (source: { readonly kind: string }): source is GeneratedSource =>
  Object.hasOwn(changeable, source.kind);

/** The options of a generated source that can be changed for an evaluation; each source has some of them. */
export type Changes = Partial<
  Pick<CardsConfig, 'axes' | 'seed' | 'validationPerClass'> & {
    angle: string | number;
    shear: string | number;
    scale: string;
    translation: string | number;
  } & Omit<FieldConditions, 'noise'>
>;

/** Generates the validation images of the source with `changes`. */
export async function validationOf(source: GeneratedSource, changes: Changes): Promise<GeneratedSets['validation']> {
  // Training images are not needed. For digits, which come from a finite set, fewer of them would change the validation images.
  const few = source.kind === 'cards' || source.kind === 'glyphs' ? { labelledPerClass: 1, unlabelledPerClass: 1 } : {};
  const allowed = changeable[source.kind];
  for (const name of Object.keys(changes)) {
    if (!allowed.includes(name)) {
      throw new OptionError(`The ${source.kind} of this run have no ${name} to change.${didYouMean(name, allowed)}`);
    }
  }
  const { validation } = await generated({ ...source, ...changes, ...few } as GeneratedSource);
  return validation;
}

const field = ['background', 'contrast', 'blur', 'clutter'];
const changeable: Readonly<Record<GeneratedSource['kind'], readonly string[]>> = {
  cards: ['angle', 'shear', 'scale', 'translation', 'axes', 'seed', 'validationPerClass', ...field],
  glyphs: ['angle', 'shear', 'scale', 'translation', 'seed', 'validationPerClass', ...field],
  digits: ['angle', 'translation', 'validationPerClass', ...field],
  particles: ['seed', 'validationPerClass', ...field],
  peaks: ['seed', 'validationPerClass'],
};

export async function generatedSets(source: GeneratedSource): Promise<TrainingSets> {
  const { labelled, unlabelled, validation } = await generated(source);
  const classNames = labelled.classNames ?? [];
  return { unlabelled, labelled, test: validation, classNames, notes: [], problems: [] };
}

async function generated(source: GeneratedSource): Promise<GeneratedSets> {
  switch (source.kind) {
    case 'cards': {
      const { kind: _, templates, ...config } = source;
      return cards({ ...config, ...(templates !== undefined && { templates: loadTemplates(templates) }) });
    }
    case 'glyphs': {
      const { kind: _, ...options } = source;
      return glyphs(options);
    }
    case 'particles': {
      const { kind: _, ...options } = source;
      return nanoparticles(options);
    }
    case 'digits': {
      const { kind: _, ...options } = source;
      return digits(options);
    }
    case 'peaks': {
      const { kind: _, ...options } = source;
      return shiftedPeaks(options);
    }
  }
}
