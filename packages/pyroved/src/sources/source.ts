/** The source of a run's images, as stored in its configuration, and loading the images from it. */
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

/** No images: the weights of the model were imported. */
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
 * Generates or reads the images of a run. If all images are labelled, they also serve as unlabelled ones.
 * @throws {DataError} when images cannot be used, naming each.
 * @example const { labelled, unlabelled, test } = await loadSets({ kind: 'images', labelled: 'examples', unlabelled: 'images' })
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
        `The model was imported from ${source.file}, so its run has no images. Provide your own images.`,
      );
    default: {
      const kind = String((source as { kind: unknown }).kind);
      throw new OptionError(`Unknown source of images "${kind}".${didYouMean(kind, kinds)}`);
    }
  }
}
