/** Loads trained encoder-decoders (VED) from run folders and predicts outputs for new inputs. */
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
  /** Always empty. */
  readonly classNames: readonly string[];
  readonly normalisation?: PairedNormalisation;
  /** A warning if the newest checkpoint is damaged and the previous one was loaded. */
  readonly warning?: string;
}

/**
 * Loads the newest intact checkpoint of a run on pairs.
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

/** Reads new inputs from an array file, scaled as in training. */
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

/**
 * Predicts outputs, in the units of the training outputs.
 * @example const { mean, deviation } = predictOutputs(trained, inputs)
 */
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
 * The predictions as a `.npz` file: `mean` and `deviation` [N, L] or [N, H, W] (with several channels [N, C, ...]), `latents` and `latents_sd`
 * [N, latentDim], and `item` [N], the index of each input in its file.
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
