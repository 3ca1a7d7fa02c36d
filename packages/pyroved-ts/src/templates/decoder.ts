/** The template decoder: one picture per class, deformed by a smooth field that is linear in the content, then posed. */
import { broadcastShapes, expandTo, sizeOf } from '@pyro-ts/engine/internal';
import { drawTemplates, type SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from 'pyro-ts';
import type { CoordinateTransform } from '../coordinates/transform.js';
import type { DecoderNet } from '../nets/slots.js';
import { blurred } from './blur.js';
import { withoutPose } from './field.js';

/** Options of `templateDecoder`. */
export interface TemplateDecoderOptions {
  /** [height, width]. */
  readonly shape: readonly number[];
  readonly channels: number;
  readonly numClasses: number;
  /** Number of pictures of each class. */
  readonly perClass: number;
  /** Number of content latents. */
  readonly contents: number;
  /** Number of control points of the field along each axis. */
  readonly grid: number;
  readonly kernel?: SpatialDecoderOptions['kernel'];
}

/** Standard deviation of the initial field, in half widths of the image per unit of content. */
const FIRST_FIELD = 0.05;

/** The pictures and the field of a template decoder, as computed from its weights. */
export interface Templates {
  /** [numClasses * perClass, channels, height, width]. */
  readonly pictures: tf.Tensor4D;
  /** [contents, 2, grid, grid]. */
  readonly field: tf.Tensor4D;
}

/**
 * The pictures under a blur, and the field with rotation and shift projected out.
 * @param blur standard deviation in pixels
 * @default that of the weights
 */
export function templatesOf(
  weights: Readonly<Record<string, tf.Tensor>>,
  blur: number = weights.blur.dataSync()[0],
): Templates {
  return {
    pictures: blurred(weights.pictures, blur) as tf.Tensor4D,
    field: withoutPose(weights.field as tf.Tensor4D),
  };
}

/**
 * Parameters: "pictures" [numClasses * perClass, channels, height, width], zero until a trainer sets them; "field"
 * [contents, 2, grid, grid]; "blur", the standard deviation in pixels of a blur of the pictures, which a trainer decreases
 * to 0. The second part of the input is one-hot rows of pictures, or of classes, for the first picture of each.
 */
export function templateDecoder(options: TemplateDecoderOptions): DecoderNet {
  const { shape, channels, numClasses, perClass, contents, grid, kernel } = options;
  const [height, width] = shape;
  return {
    parameters: {
      pictures: { init: () => tf.zeros([numClasses * perClass, channels, height, width]) },
      field: { init: (rng) => rng.fill([contents, 2, grid, grid], () => FIRST_FIELD * rng.nextNormal()) },
      blur: { init: () => tf.scalar(0) },
    },
    apply(weights, { parts, transform, pixels }) {
      const [content, classes] = parts;
      const leads = [content, classes].map((t) => t.shape.slice(0, -1));
      const poses = [transform.matrix?.shape.slice(0, -2), transform.shift?.shape.slice(0, -1)];
      const lead = [...leads, ...poses].reduce<readonly number[] | undefined>(
        (a, b) => a && (b ? broadcastShapes(a, b) : a),
        [],
      );
      if (!lead) throw new ShapeError('The content, the classes and the poses of templates do not broadcast together.');
      const rows = sizeOf(lead);
      const flat = (t: tf.Tensor, size: number): tf.Tensor2D => tf.reshape(expandTo(t, [...lead, size]), [rows, size]);
      const pose = seenPose(transform, shape).map((t) => flat(tf.expandDims(t, -1), 1));
      const columns = classes.shape[classes.rank - 1] as number;
      const first = columns === numClasses ? perClass : 1;
      const picture = tf.argMax(flat(classes, columns), 1).dataSync<'int32'>();
      const drawn = drawTemplates(
        {
          ...templatesOf(weights),
          theta: tf.concat([...pose, flat(content, contents)], 1) as tf.Tensor2D,
          picture: Int32Array.from(picture, (k) => k * first),
        },
        { kernel, ...(pixels && { pixels: pixels.dataSync<'int32'>() }) },
      );
      const points = drawn.shape[1] / channels;
      const perChannel = tf.reshape(drawn, [rows, channels, points]);
      const last = channels === 1 ? tf.reshape(drawn, [rows, points, 1]) : tf.transpose(perChannel, [0, 2, 1]);
      return tf.reshape(last, [...lead, points, channels]);
    },
  };
}

/** Angle, rightward and downward displacement [...] of poses; see `displacementOf`. */
function seenPose({ matrix, shift }: CoordinateTransform, [height, width]: readonly number[]): tf.Tensor[] {
  const entry = (row: number, column: number): tf.Tensor | undefined =>
    matrix && tf.squeeze(tf.slice(matrix, [...start(matrix, 2), row, column], [...all(matrix, 2), 1, 1]), [-2, -1]);
  const [cos, sin] = [entry(0, 0) ?? tf.scalar(1), entry(0, 1) ?? tf.scalar(0)];
  const angle = tf.atan2(sin, cos);
  if (!shift) return [angle, tf.zerosLike(angle), tf.zerosLike(angle)];
  const [first, second] = tf.unstack(shift, -1);
  const a = tf.neg(tf.add(tf.mul(first, cos), tf.mul(second, sin)));
  const b = tf.neg(tf.sub(tf.mul(second, cos), tf.mul(first, sin)));
  return [angle, tf.mul(b, -(width - 1) / width), tf.mul(a, (height - 1) / height)];
}

const start = (t: tf.Tensor, inner: number): number[] => t.shape.slice(0, -inner).map(() => 0);
const all = (t: tf.Tensor, inner: number): number[] => t.shape.slice(0, -inner);
