/** All images of a run, with what its model infers from each: the points of a latent map, and the candidates for labelling. */
import {
  type ImageSet,
  type Inferred,
  imageSet,
  inMemory,
  PyrovedError,
  subset,
  type TrainingImages,
} from 'pyroved-ts';
import type { TrainingSets } from '../sources/sets.js';
import type { TrainedModel } from './loadModel.js';
import { dataSection } from './settings.js';
import { imagesOf } from './trainingImages.js';

export interface RunImages {
  /** The unlabelled images, then those with labels: the labelled images and the validation set. */
  readonly set: ImageSet;
  readonly inferred: Inferred;
  /** Number of images of the run, of which at most `most` are in the set. */
  readonly total: number;
}

export interface RunImagesOptions {
  /** Of more unlabelled images, evenly spaced ones are taken. @default 50,000 */
  readonly most?: number;
}

/**
 * Reads the images of a run and infers their latents, and their classes if the model has any.
 * @throws {PyrovedError} when the run has no images, e.g. since its model was imported.
 * @example
 * const { set, inferred } = await runImages(await loadModel('runs/first'));
 * console.log(set.names?.[0], inferred.encoding.content.subarray(0, 2));
 */
export async function runImages(trained: TrainedModel, { most = 50_000 }: RunImagesOptions = {}): Promise<RunImages> {
  if (!Number.isInteger(most) || most < 1)
    throw new PyrovedError(`runImages: most must be an integer of at least 1; got ${most}.`);
  const { run, model } = trained;
  const sets = await imagesOf(dataSection(run.config));
  try {
    const parts = partsOf(sets);
    const total = parts.reduce((n, { count }) => n + count, 0);
    const [first, ...others] = parts;
    const room = Math.max(1, most - (total - first.count));
    const set = joined([spread(first, room), ...others].map(inMemory), sets.classNames);
    return { set, inferred: model.infer(set), total };
  } finally {
    sets.close?.();
  }
}

/** The sets, each once; unlabelled images without the true labels that generated ones have. */
function partsOf({ unlabelled, labelled, test }: TrainingSets): TrainingImages[] {
  const { labels: _, ...rest } = unlabelled;
  const isOwnSet = unlabelled !== labelled;
  return [...(isOwnSet ? [rest as TrainingImages] : []), ...(labelled ? [labelled] : []), ...(test ? [test] : [])];
}

/** At most `most` evenly spaced images. */
const spread = (set: TrainingImages, most: number): TrainingImages =>
  set.count <= most
    ? set
    : subset(
        set,
        Array.from({ length: most }, (_, i) => Math.floor((i * set.count) / most)),
      );

/** Unlike `concatenated`, keeps labels and names that only some of the sets have. */
function joined(sets: readonly ImageSet[], classNames: readonly string[]): ImageSet {
  const [{ shape, channels }] = sets;
  const images = new Float32Array(sets.reduce((n, set) => n + set.images.length, 0));
  let at = 0;
  for (const set of sets) {
    images.set(set.images, at);
    at += set.images.length;
  }
  const labels = sets.flatMap(({ count, labels }) => (labels ? [...labels] : new Array<number>(count).fill(-1)));
  const hasNames = sets.some(({ names }) => names !== undefined);
  const names = sets.flatMap(({ count, names }) => names ?? new Array<string>(count).fill(''));
  return imageSet({
    ...{ images, shape, channels, classNames },
    labels: Int32Array.from(labels),
    ...(hasNames && { names }),
  });
}
