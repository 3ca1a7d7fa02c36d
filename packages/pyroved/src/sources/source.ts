/** Where a run's images come from, as its configuration keeps it, and how they are made or read again. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { PyrovedError } from 'pyroved-ts';
import {
  type ArraySource,
  arraySets,
  type ImagesSource,
  imageSets,
  type MicrographSource,
  micrographSets,
} from './files.js';
import { type GeneratedSource, generatedSets } from './generated.js';
import type { LoadSetsOptions, TrainingSets } from './sets.js';

/** None: the model was trained elsewhere, and its weights were imported. */
export interface ImportedSource {
  readonly kind: 'imported';
  readonly file: string;
}

export type Source = GeneratedSource | ImagesSource | ArraySource | MicrographSource;

const kinds: readonly Source['kind'][] = [
  'cards',
  'glyphs',
  'particles',
  'digits',
  'peaks',
  'images',
  'array',
  'micrographs',
];

/**
 * Makes or reads the images of a run. Where only labelled images are given, they serve as the unlabelled ones too.
 * @throws {DataError} for images that cannot be used, naming each.
 */
export async function loadSets(source: Source | ImportedSource, options: LoadSetsOptions = {}): Promise<TrainingSets> {
  switch (source.kind) {
    case 'images':
      return imageSets(source, options);
    case 'array':
      return arraySets(source, options);
    case 'micrographs':
      return micrographSets(source, options);
    case 'cards':
    case 'glyphs':
    case 'particles':
    case 'digits':
    case 'peaks':
      return generatedSets(source);
    case 'imported':
      throw new PyrovedError(
        `The model was imported from ${source.file}: its run has no images to train or test on. Give images of your own.`,
      );
    default: {
      const kind = String((source as { kind: unknown }).kind);
      throw new OptionError(`There is no source of images "${kind}".${didYouMean(kind, kinds)}`);
    }
  }
}
