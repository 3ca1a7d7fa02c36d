/** The process that loads one run and infers the latents of its images, so that the server answers meanwhile. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { PyroError, type SavedTensor, writeSafetensors } from 'pyro-ts';
import { loadModel, type RunImages, runImages, type TrainedModel } from 'pyroved';
import { saveParams } from 'pyroved-ts';
import type { ExploreMetadata } from '../../api.js';

/** What the process sends: two safetensors files and the images as bytes, or why there are none. */
export type AnalysisMessage =
  | {
      readonly latents: Uint8Array;
      readonly weights: Uint8Array;
      readonly images: Uint8Array;
      readonly imageSize: number;
      readonly names: readonly string[];
      /** Class index of each image, -1 if unknown. */
      readonly labels: Int32Array;
      /** [images, classes]; empty for a model without classes. */
      readonly probabilities: Float32Array;
      /** [images, latents] */
      readonly content: Float32Array;
      readonly classNames: readonly string[];
    }
  | { readonly error: string };

const [folder] = process.argv.slice(2);
const message = await analyse(folder).catch((error: unknown): AnalysisMessage => {
  if (error instanceof PyroError) return { error: error.message };
  console.error(error);
  return { error: 'The run could not be analysed. The terminal where the studio was started has the details.' };
});
process.send?.(message, () => process.disconnect?.());

async function analyse(run: string): Promise<AnalysisMessage> {
  await selectEngine();
  const kernel = await selectKernel();
  const trained = await loadModel(run, kernel);
  const found = await runImages(trained);
  const { set, inferred } = found;
  return {
    latents: latentsFile(trained, found),
    weights: writeSafetensors(saveParams(trained.model.params)),
    images: Uint8Array.from(set.images, (value) => Math.round(255 * Math.min(1, Math.max(0, value)))),
    imageSize: set.images.length / set.count,
    names: set.names ?? [],
    labels: set.labels ?? new Int32Array(0),
    probabilities: inferred.classified?.probabilities ?? new Float32Array(0),
    content: inferred.encoding.content,
    classNames: trained.classNames,
  };
}

function latentsFile({ run, model, classNames, classAngles }: TrainedModel, { set, inferred, total }: RunImages) {
  const { count, content, contentScale, angle, angleBins, shift, scale, shear } = inferred.encoding;
  const { classes, probabilities, entropy } = inferred.classified ?? {};
  const arrays = {
    ...{ content, contentScale, angle, angleBins, shift, scale, shear },
    ...{ classes, probabilities, entropy, labels: set.labels, classAngles },
  };
  const tensors = new Map(
    Object.entries(arrays).flatMap(([name, data]): [string, SavedTensor][] =>
      data && data.length > 0 ? [[name, { shape: [data.length], data }]] : [],
    ),
  );
  const about: ExploreMetadata = {
    ...{ count, total, classNames, shape: set.shape, channels: set.channels },
    latentDim: model.options.latentDim,
    names: set.names ?? [],
    model: run.config.model,
  };
  return writeSafetensors(tensors, { about: JSON.stringify(about) });
}
