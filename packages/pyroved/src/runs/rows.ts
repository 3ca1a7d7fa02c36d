/** Rows of images decoded by a trained model: latent traversals, interpolations, and straightened images. */
import {
  type ImageSet,
  type InvariantVAE,
  inMemory,
  latentPoint,
  PyrovedError,
  subset,
  type TrainingImages,
} from 'pyroved-ts';
import { isClassifier } from 'pyroved-ts/internal';
import { variantsOf } from '../kinds/index.js';
import { asSvgFile, displayRange, type ImageRowsOptions, imageRowsPicture, tileImages } from '../viz/index.js';
import type { TrainedModel } from './loadModel.js';
import { latentName, stackOf } from './show.js';
import type { AnyTrained } from './tables.js';
import { turns, uprightOf } from './upright.js';

/** A labelled picture as SVG and, for images, its tiles without labels as PNG. */
export interface Picture {
  readonly svg: string;
  readonly png?: Uint8Array;
}

const pictureOf = (options: ImageRowsOptions): Picture => {
  const { svg, png } = imageRowsPicture(options);
  return { svg: asSvgFile(svg), ...(png && { png }) };
};

export interface TraverseRequest {
  readonly size?: number;
  readonly coverage?: number;
  /** Indices of latents, from 0. @default all */
  readonly latents?: readonly number[];
  /** Only this class. */
  readonly class?: number;
  /** Degrees counter-clockwise from upright. */
  readonly angle?: number;
}

/** One row per class (or value of the condition or target) and latent. */
export function traversePicture(
  { model, classNames, classAngles }: AnyTrained,
  { angle = 0, class: only, ...request }: TraverseRequest = {},
): Picture {
  const vae: Pick<InvariantVAE, 'traverse'> = model;
  const rows = variantsOf(model, classNames)
    .filter((variant) => only === undefined || variant.class === only)
    .flatMap(({ condition, title, class: k }) => {
      const pose = turns(model) ? { angle: uprightOf(classAngles, k) + (angle * Math.PI) / 180 } : {};
      const { images, rows: found, values } = vae.traverse({ ...request, ...condition, ...pose });
      const length = values.length;
      return found.map(({ latent }, r) => ({
        label: [title, latentName(latent)].filter((part) => part !== undefined).join(', '),
        images: stackOf(
          subset(
            images,
            Array.from({ length }, (_, i) => r * length + i),
          ),
        ),
        values,
      }));
    });
  const columnLabels = Array.from(rows[0].values, (v) => v.toFixed(2).replace('-', '−'));
  return pictureOf({ rows, columnLabels });
}

export interface InterpolationRequest {
  readonly steps?: number;
  /** Draw all images upright. */
  readonly upright?: boolean;
  /** Draw all images as this class. */
  readonly class?: number;
}

/** Image `from`, the images decoded on the path from it to image `to`, and image `to`. */
export function interpolationPicture(
  { model, classNames, classAngles }: TrainedModel,
  set: TrainingImages,
  [from, to]: readonly [number, number],
  request: InterpolationRequest = {},
): Picture {
  const wrong = [from, to].find((i) => !(Number.isInteger(i) && i >= 0 && i < set.count));
  if (wrong !== undefined) throw new PyrovedError(`Image ${wrong + 1} does not exist: there are ${set.count} images.`);
  const vae: InvariantVAE = model;
  const ends = inMemory(subset(set, [from, to]));
  const encoding = vae.encode(ends);
  const points = [latentPoint(encoding, 0), latentPoint(encoding, 1)];
  const upright = request.upright === true && classAngles !== undefined;
  // Upright is the mean pose of the class's labelled images, not angle zero of the model.
  const [a, b] = upright
    ? points.map((point) => ({ ...point, angle: uprightOf(classAngles, request.class ?? point.class) }))
    : points;
  const { upright: _, ...rest } = request;
  const drawn = vae.interpolate(a, b, upright ? rest : request);
  const classes = isClassifier(model) ? model.classify(ends).classes : undefined;
  const caption = (i: number) => (classes ? `: ${classNames[classes[i]]}` : '');
  return pictureOf({
    rows: [
      { label: `from${caption(0)}`, images: stackOf(subset(ends, [0])) },
      { label: 'interpolated', images: stackOf(drawn) },
      { label: `to${caption(1)}`, images: stackOf(subset(ends, [1])) },
    ],
  });
}

/**
 * The images, rotated upright and centred by their inferred pose. Upright is the mean pose of the labelled images of the class, if there were any.
 * @param original the same images at another resolution, to transform instead of those that the pose is inferred from
 */
export function straightened(
  { model, classAngles }: TrainedModel,
  set: TrainingImages,
  original?: TrainingImages,
): ImageSet {
  if (model.options.invariances.length === 0) {
    throw new PyrovedError('The model has no invariances and infers no pose. Train a model with --invariances.');
  }
  const own = original && { original };
  if (!classAngles || !isClassifier(model)) return model.straighten(set, { ...own });
  const { classes } = model.classify(set);
  const reference = Float32Array.from(classes, (k) => uprightOf(classAngles, k));
  return model.straighten(set, { reference, ...own });
}

/** Image `i` as PNG, at its own size. */
export function imagePng(set: ImageSet, i: number): Uint8Array {
  const stack = stackOf(subset(set, [i]));
  if ('length' in stack)
    throw new PyrovedError('Signals cannot be written as pictures. Use a name ending in .npy to write an array.');
  return tileImages(stack, { columns: 1, range: displayRange(stack.data) }).png;
}
