/** A trained encoder-decoder from its run folder, and what it predicts of new inputs. */
import { loadArray } from 'pyroved-data';
import {
  encodeNpz,
  type FileProblem,
  type ImageSet,
  loadParams,
  type Model,
  type PairedNormalisation,
  type Prediction,
  type PredictOptions,
  type TrainingImages,
  VED,
} from 'pyroved-ts';
import { disposeOnError } from 'pyroved-ts/internal';
import { ved } from '../kinds/index.js';
import { RunFolder } from '../storage/index.js';
import { pairsSections } from './sections.js';

export interface TrainedVED {
  readonly run: RunFolder;
  readonly model: VED;
  /** None. */
  readonly classNames: readonly string[];
  readonly normalisation?: PairedNormalisation;
  /** Said where the newest checkpoint is damaged and the one before it was taken. */
  readonly warning?: string;
}

/**
 * Loads the newest whole checkpoint of a run on pairs.
 * @example
 * const trained = loadVED('runs/rods');
 * const { set } = await inputsFor(trained, 'images.npy');
 * writeFileSync('spectra.npz', predictionNpz(trained, set));
 */
export function loadVED(folder: string): TrainedVED {
  const run = RunFolder.open(folder);
  const { model: config, data } = pairsSections(run);
  const { checkpoint, warning } = run.loadCheckpoint();
  const model = ved.create(config);
  disposeOnError(model, ({ params }) => loadParams(params, checkpoint.tensors));
  return {
    run,
    model,
    classNames: [],
    ...(data.normalisation && { normalisation: data.normalisation }),
    ...(warning !== undefined && { warning }),
  };
}

export const isTrainedVED = (trained: { readonly model: Model | VED }): trained is TrainedVED =>
  trained.model instanceof VED;

/** New inputs from an array file, in the range of the run's own. */
export async function inputsFor(
  { model, normalisation }: TrainedVED,
  file: string,
  dataset?: string,
): Promise<{ readonly set: ImageSet; readonly problems: readonly FileProblem[]; readonly places: readonly number[] }> {
  const found = await loadArray(file, {
    normalisation: normalisation?.inputs ?? { low: 0, high: 1 },
    ...(dataset !== undefined && { dataset }),
  });
  model.checkInputs(found.set);
  return found;
}

/** Predicted outputs in the units of the run's own. */
export function predictOutputs(
  { model, normalisation }: TrainedVED,
  inputs: TrainingImages,
  options: PredictOptions = {},
): Prediction {
  const { mean, deviation } = model.predict(inputs, options);
  if (!normalisation) return { mean, deviation };
  const { low, high } = normalisation.outputs;
  return {
    mean: { ...mean, images: mean.images.map((v) => low + (high - low) * v) },
    deviation: { ...deviation, images: deviation.images.map((v) => (high - low) * v) },
  };
}

/**
 * The content of a `.npz` file: `mean` and `deviation` [N, L] or [N, H, W] (with several channels [N, C, ...]), `latents` and `latents_sd`
 * [N, latentDim], and `item` [N], the place of each in the file that the inputs came from.
 */
export function predictionNpz(
  trained: TrainedVED,
  inputs: TrainingImages,
  options: PredictOptions & { readonly places?: readonly number[] } = {},
): Uint8Array {
  const { places, ...how } = options;
  const { mean, deviation } = predictOutputs(trained, inputs, how);
  const { content, contentScale, count } = trained.model.encode(inputs);
  const { outputShape, outputChannels, latentDim } = trained.model.options;
  const shape = [count, ...(outputChannels > 1 ? [outputChannels] : []), ...outputShape];
  return encodeNpz({
    mean: { data: mean.images, shape },
    deviation: { data: deviation.images, shape },
    latents: { data: content, shape: [count, latentDim] },
    latents_sd: { data: contentScale, shape: [count, latentDim] },
    item: { data: Int32Array.from(places ?? Array.from({ length: count }, (_, i) => i)), shape: [count] },
  });
}
