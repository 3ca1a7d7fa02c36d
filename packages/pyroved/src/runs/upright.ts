/** The upright pose: the mean angle inferred for each class's labelled images, saved with the checkpoint. */
import { type Checkpoint, type Model, SSIVAE, type TrainingImages, VED } from 'pyroved-ts';

const NAME = 'upright/angles';

/** Whether a model infers angles and classes. */
export const hasClassAngles = (model: Model): model is SSIVAE => model instanceof SSIVAE && turns(model);

/** Adds the angle of each class (radians) to a checkpoint, if the model has angles and there are labelled images. */
export function checkpointWithAngles(
  checkpoint: Checkpoint,
  model: Model,
  labelled: TrainingImages | undefined,
): Checkpoint {
  if (!labelled || !hasClassAngles(model)) return checkpoint;
  const data = model.classAngles(labelled);
  return { ...checkpoint, tensors: new Map([...checkpoint.tensors, [NAME, { shape: [data.length], data }]]) };
}

/** Whether a model is invariant to rotation. */
export const turns = (model: Model | VED): boolean =>
  !(model instanceof VED) && model.options.invariances.includes('r');

/** The upright angle of class `k`, in radians; 0 if unknown. */
export function uprightOf(classAngles: Float32Array | undefined, k: number | undefined): number {
  const angle = k === undefined ? undefined : classAngles?.[k];
  return angle !== undefined && Number.isFinite(angle) ? angle : 0;
}

/** The class angles saved in a checkpoint. */
export const classAnglesOf = ({ tensors }: Checkpoint): Float32Array | undefined =>
  tensors.get(NAME)?.data as Float32Array | undefined;

/** `angle` (radians) relative to the upright pose of its class, in degrees in (-180, 180]. */
export function degreesFromUpright(angle: number, upright: number): number {
  const turned = Number.isFinite(upright) ? angle - upright : angle;
  const degrees = (Math.atan2(Math.sin(turned), Math.cos(turned)) * 180) / Math.PI;
  return degrees <= -180 ? degrees + 360 : degrees;
}
