/** New images for a trained model, resized, normalised and preprocessed as its training images. */
import { loadMicrographs, type MicrographOptions, readFolder } from 'pyroved-data';
import { type FileProblem, noPreprocessing, PyrovedError, preprocessed, type TrainingImages } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import type { ReadLimits } from 'pyroved-ts/node';
import { inputsFor, isTrainedVED, type TrainedVED } from '../pairs/predict.js';
import type { TrainedModel } from '../runs/loadModel.js';
import { dataSection } from '../runs/settings.js';
import { arrayImages } from './files.js';

/** The location of new images: a folder of image files, an array file, or micrographs to cut patches from. */
export type NewImages = ReadLimits &
  ({ readonly folder: string } | { readonly array: string; readonly dataset?: string } | MicrographImages);

/** Micrographs to cut patches from; options that are omitted are those of the run. */
export interface MicrographImages
  extends Omit<MicrographOptions, 'size' | 'normalisation' | 'flatten' | 'isolate' | 'pad'> {
  readonly micrographs: string | readonly string[];
}

export interface FoundImages {
  readonly set: TrainingImages;
  /** Files, items or objects that were skipped. */
  readonly problems: readonly FileProblem[];
  readonly notes: readonly string[];
  /** Closes the file that images are streamed from. */
  readonly close?: () => void;
}

/** An alteration of normalised images before preprocessing, such as added noise. */
export type Alteration = (set: TrainingImages) => TrainingImages;

/**
 * Reads the images at `from` (a path is a folder of image files), or the inputs of a VED from an array. Skipped files are listed in `problems`.
 * @example const { set, problems } = await imagesFor(trained, 'new-images')
 */
export async function imagesFor(trained: TrainedModel | TrainedVED, from: string | NewImages): Promise<FoundImages> {
  if (typeof from === 'string') return imagesFor(trained, { folder: from });
  if (isTrainedVED(trained)) {
    if ('array' in from) return { ...(await inputsFor(trained, from.array, from.dataset)), notes: [] };
    throw new PyrovedError(
      `The run ${trained.run.path} was trained on pairs, whose inputs are the items of an array. Provide an array file (--array).`,
    );
  }
  const { set, ...rest } = await normalisedImages(trained, from);
  return { set: preprocessedFor(trained, set), ...rest };
}

/**
 * How objects are found and patches cut for a trained model: as in the run, except for the given options.
 * @throws {PyrovedError} when the run was not trained on micrographs and no patch is given.
 */
export function findingOf(
  { run }: Pick<TrainedModel, 'run'>,
  given: Omit<MicrographImages, 'micrographs'>,
): Omit<MicrographOptions, 'size' | 'normalisation'> & { readonly patch: number } {
  const { source } = dataSection(run.config);
  const own = source.kind === 'micrographs' ? source : undefined;
  const patch = given.patch ?? own?.patch;
  if (patch === undefined) {
    throw new PyrovedError(
      `The run ${run.path} was not trained on micrographs, so the patch size is required (--patch-size).`,
    );
  }
  const { polarity, split, minArea, maxArea, channel, dataset, commonPixelSize, flatten, isolate } = own ?? {};
  const inherited = { polarity, split, minArea, maxArea, channel, dataset, commonPixelSize, flatten, isolate };
  return { ...defined(inherited), pad: flatten === true, ...defined(given), patch };
}

/** The patches of micrographs at their own resolution, without preprocessing; undefined for other images, and where they have the model's size. */
export async function atOwnResolution(trained: TrainedModel, from: NewImages): Promise<TrainingImages | undefined> {
  if (!('micrographs' in from)) return undefined;
  const { micrographs, ...given } = from;
  const { normalisation = { low: 0, high: 1 } } = trained;
  const finding = findingOf(trained, given);
  if (trained.model.options.shape[0] === finding.patch) return undefined;
  return (await loadMicrographs(micrographs, { ...finding, size: finding.patch, normalisation })).set;
}

/** Applies the preprocessing of the run. */
export const preprocessedFor = (
  { preprocessing = noPreprocessing }: Pick<TrainedModel, 'preprocessing'>,
  set: TrainingImages,
): TrainingImages => preprocessed(set, preprocessing);

/** Reads the images without preprocessing them. */
export async function normalisedImages(trained: TrainedModel, from: NewImages): Promise<FoundImages> {
  const { run, model, normalisation = { low: 0, high: 1 } } = trained;
  const { source } = dataSection(run.config);
  const { shape, channels } = model.options;
  const limits = defined({ maxPixels: from.maxPixels, maxBytes: from.maxBytes });
  if ('array' in from) {
    const { array, dataset } = from;
    const size = shape.length === 2 && shape[0] === shape[1] ? { size: shape[0] } : {};
    return arrayImages(array, { ...size, ...limits, normalisation, ...(dataset !== undefined && { dataset }) });
  }
  if (shape.length !== 2 || shape[0] !== shape[1]) {
    throw new PyrovedError(
      `The model of ${run.path} takes data of shape ${shape.join(' x ')}; image files are only supported for models of square images. Provide an array file instead.`,
    );
  }
  if ('micrographs' in from) {
    const { micrographs, ...given } = from;
    return loadMicrographs(micrographs, { ...findingOf(trained, given), ...limits, size: shape[0], normalisation });
  }
  return readFolder(from.folder, {
    size: shape[0],
    channels: channels === 3 ? 3 : 1,
    ...limits,
    ...(source.kind === 'images' && defined({ crop: source.crop })),
    normalisation,
  });
}
