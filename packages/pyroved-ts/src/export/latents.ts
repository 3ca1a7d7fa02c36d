/** The latents, classes and targets that a model infers, as arrays for NumPy. */
import type { Model, VED } from '../models/index.js';
import type { TrainingImages } from '../train/index.js';
import type { ExportedModel } from './exportModel.js';
import { encodeArchive, type NumpyArray } from './npz.js';

/** A trained model with the metadata that is stored beside its latents. */
export interface LatentsModel extends Pick<ExportedModel, 'classNames' | 'classAngles'> {
  readonly model: Model | VED;
}

/**
 * The content of a `.npz` file with the following arrays, those that the model does not infer excluded: `content` and
 * `content_scale` [N, latentDim], `angle` [N] (radians), `shift` [N, d], `scale` [N, 1 or 2], `shear` [N, 2], `classes`
 * [N] (indices), `probabilities` [N, K], `targets` [N, R], `class_names` [K], `class_angles` [K] (the inferred angles of
 * upright images of each class), and `names` [N] of the images.
 * @throws {ShapeError} when the images do not have the shape of the model.
 * @example writeFileSync('latents.npz', latentsNpz({ model, classNames }, images)); // numpy.load('latents.npz')['content']
 */
export function latentsNpz({ model, classNames = [], classAngles }: LatentsModel, set: TrainingImages): Uint8Array {
  const { count } = set;
  const { encoding, classified, targets } = model.infer(set);
  const { content, contentScale, angle, shift, scale, shear } = encoding;
  const rows = (data: Float32Array): NumpyArray => ({ shape: [count, data.length / count], data });
  return encodeArchive({
    content: rows(content),
    content_scale: rows(contentScale),
    ...(angle && { angle: { shape: [count], data: angle } }),
    ...(shift && { shift: rows(shift) }),
    ...(scale && { scale: rows(scale) }),
    ...(shear && { shear: rows(shear) }),
    ...(classified && {
      classes: { shape: [count], data: classified.classes },
      probabilities: rows(classified.probabilities),
    }),
    ...(targets && { targets: rows(targets) }),
    ...(classNames.length > 0 && { class_names: { shape: [classNames.length], data: classNames } }),
    ...(classAngles && { class_angles: { shape: [classAngles.length], data: classAngles } }),
    names: { shape: [count], data: set.names ?? Array.from({ length: count }, (_, i) => `image ${i + 1}`) },
  });
}
