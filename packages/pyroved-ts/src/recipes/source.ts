/** Where a run's images come from, as its configuration keeps it, and how they are made or read again. */
import { OptionError } from 'pyro-ts';
import {
  type CardsConfig,
  cards,
  type ImageSet,
  loadImages,
  loadTemplates,
  type Normalisation,
  type ReadOptions,
  type SourceOptions,
} from '../data/index.js';
import type { FileProblem } from '../errors.js';

/** The generated card data; `templates` names a file or folder of a user's own. */
export interface CardsSource extends CardsConfig {
  readonly kind: 'cards';
  readonly templates?: string;
}

/** A user's own images. */
export interface ImagesSource extends SourceOptions, Omit<ReadOptions, 'onProgress'> {
  readonly kind: 'images';
  /** Share of the labels that is held out; 0.2. */
  readonly heldOut?: number;
  readonly seed?: string | number;
}

export type Source = CardsSource | ImagesSource;

/** What a run trains and is judged on. */
export interface TrainingSets {
  readonly unlabelled: ImageSet;
  readonly labelled?: ImageSet;
  /** Labelled images that training does not see. */
  readonly test?: ImageSet;
  /** Names of the classes; empty where there are no labels. */
  readonly classNames: readonly string[];
  /** The grey range that became [0, 1]; absent for generated images. */
  readonly normalisation?: Normalisation;
  readonly notes: readonly string[];
  readonly problems: readonly FileProblem[];
}

/**
 * Makes or reads the images of a run. Where only labelled images are given, they serve as the unlabelled ones too.
 * @throws {DataError} for images that cannot be used, naming each.
 */
export async function loadSets(
  source: Source,
  {
    normalisation,
    onProgress,
  }: { normalisation?: Normalisation; onProgress?: (done: number, total: number) => void } = {},
): Promise<TrainingSets> {
  if (source.kind === 'cards') return cardSets(source);
  if (source.kind !== 'images') {
    throw new OptionError(
      `There is no source of images "${(source as { kind: unknown }).kind}"; it can be "cards" or "images".`,
    );
  }
  const { kind: _, ...options } = source;
  const found = await loadImages({
    ...options,
    ...(normalisation && { normalisation }),
    ...(onProgress && { onProgress }),
  });
  const unlabelled = found.unlabelled ?? (found.labelled as ImageSet);
  return {
    unlabelled,
    ...(found.labelled && { labelled: found.labelled }),
    ...(found.heldOut && { test: found.heldOut }),
    classNames: found.labelled?.classNames ?? [],
    normalisation: found.normalisation,
    notes: found.notes,
    problems: found.problems,
  };
}

async function cardSets({ kind: _, templates, ...config }: CardsSource): Promise<TrainingSets> {
  const own = templates === undefined ? undefined : await loadTemplates(templates);
  const { labelled, unlabelled, validation } = cards({ ...config, ...(own && { templates: own }) });
  return { unlabelled, labelled, test: validation, classNames: labelled.classNames ?? [], notes: [], problems: [] };
}
