/** Options of recognition: how class and pose are recognised, and the poses at which labelled images are shown. */
import { sizeOf } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import { checkRanges } from '../coordinates/drawnPoses.js';
import type { AffineRanges } from '../coordinates/index.js';
import { integer, type OptionTable, oneOf, resolveOptions } from '../options.js';
import type { Invariance } from '../priors/index.js';

export const bodyNames = ['conv', 'dense'] as const;
/** The network that processes the views: convolutional or fully connected. */
export type BodyName = (typeof bodyNames)[number];

export const labelledPosesNames = ['drawn', 'fixed'] as const;
/** How labelled images are shown; see `RecognitionOptions`. */
export type LabelledPoses = (typeof labelledPosesNames)[number];

/** Options of recognition. */
export interface RecognitionOptions {
  /**
   * `drawn`: the labelled images are upright; each is shown at random poses from `ranges`, so that its class and pose
   * are known. `fixed`: they are shown unchanged, and only their class is known.
   * @default 'drawn'
   */
  readonly labelledPoses?: LabelledPoses;
  /**
   * Poses that objects may have. Angles and shifts are latents of the model, and known for labelled images at random
   * poses. Scale and shear are drawn too, as augmentation for recognition, but are part of the content unless the model
   * is invariant to them.
   * @default angle pi, shift 0.2 (a tenth of the width either way), scale 0.77 to 1.3, shear 0.35 (20 degrees), no
   * mirror images
   */
  readonly ranges?: AffineRanges;
  /** How far labelled images may be from upright, in radians (standard deviation). @default 0.05 */
  readonly tolerance?: number;
  /**
   * Number of rotated views from which class and angle are learned. Classification also uses the views halfway between
   * them.
   * @default one every 30 degrees or so, at least 3; 3 for a run at any angle whose labelled images have any
   * orientation
   */
  readonly views?: number;
  /** Largest side of a view in pixels; larger images are downsampled. @default 32 */
  readonly viewSize?: number;
  /** Network that processes each view. @default 'conv' for images, 'dense' for signals */
  readonly body?: BodyName;
  /** Number of features that the body returns. @default 128 */
  readonly features?: number;
}

/** The options of recognition with their defaults, and its views. */
export interface ResolvedRecognition extends Required<RecognitionOptions> {
  /** Radians by which the views are rotated back: the centres of the angle's bins. */
  readonly angles: readonly number[];
  /**
   * Radians of the additional views for classification: halfway between the others, and at the ends of a range that is
   * not a full circle.
   */
  readonly anglesBetween: readonly number[];
  /** [height, width] of a view, or [length] of a signal. */
  readonly viewShape: readonly number[];
}

/**
 * Default ranges of poses: angles in radians, the shift in units of the [-1, 1] grid, and the shear in radians.
 * @example const recognition = { ranges: { ...defaultRanges, angle: Math.PI / 3 } };
 */
export const defaultRanges = {
  angle: Math.PI,
  shift: 0.2,
  scale: [0.77, 1.3],
  shear: 0.35,
} as const satisfies AffineRanges;

/** Largest angle between two views, in radians, at which a body can about recognise all orientations between them. */
const VIEW_DISTANCE = Math.PI / 6;

const table = {
  labelledPoses: { default: 'drawn' as LabelledPoses, ...oneOf(labelledPosesNames) },
  ranges: { default: {} as AffineRanges },
  tolerance: {
    default: 0.05,
    must: 'at least 0 and less than 1 radian',
    isValid: (radians: number) => radians >= 0 && radians < 1,
  },
  views: integer(1, 360),
  viewSize: { default: 32, ...integer(1, 1024) },
  body: oneOf(bodyNames),
  features: { default: 128, ...integer(1, 65_536) },
} satisfies OptionTable<RecognitionOptions>;

/** The options with their defaults for data of `shape`. @throws {OptionError} when an option is invalid. */
export function resolveRecognition(
  options: RecognitionOptions,
  shape: readonly number[],
  invariances: readonly Invariance[],
): ResolvedRecognition {
  const isImage = shape.length === 2;
  const resolved = resolveOptions('recognition', options, table);
  const { labelledPoses, tolerance, viewSize, body = isImage ? 'conv' : 'dense', features } = resolved;
  if (body === 'conv' && !isImage) {
    throw new OptionError('recognition: body "conv" is for images. Use "dense" for signals.');
  }
  const ranges = rangesFor(resolved.ranges, isImage, invariances);
  const half = Math.min(ranges.angle ?? 0, Math.PI);
  const views = options.views ?? (half === 0 ? 1 : Math.max(3, Math.ceil((2 * half) / VIEW_DISTANCE - 1e-6)));
  if (half === 0 && views > 1) {
    throw new OptionError(
      `recognition: ${views} views require a model invariant to rotation ("r") and a range of angles.`,
    );
  }
  const shrink = Math.min(1, viewSize / Math.max(...shape));
  return {
    ...{ labelledPoses, ranges, tolerance, views, viewSize, body, features },
    angles: viewAngles(half, views),
    anglesBetween: anglesBetween(half, views),
    viewShape: isImage ? shape.map((n) => Math.max(1, Math.round(n * shrink))) : [sizeOf(shape)],
  };
}

/** The ranges with their defaults, without angles or shifts for which the model has no latent. */
function rangesFor(ranges: AffineRanges, isImage: boolean, invariances: readonly Invariance[]): AffineRanges {
  checkRanges(ranges, isImage ? 2 : 1);
  const { angle, shift, ...others } = { ...defaultRanges, ...ranges };
  return {
    ...(isImage ? others : {}),
    angle: isImage && invariances.includes('r') ? angle : 0,
    shift: invariances.includes('t') ? shift : 0,
  };
}

/** Centres of `count` equal bins of [-half, half]; on a full circle, one of them is 0. */
function viewAngles(half: number, count: number): number[] {
  const width = (2 * half) / count;
  return Array.from({ length: count }, (_, i) =>
    isCircle(half) ? wrap((2 * Math.PI * i) / count) : width * (i + 0.5) - half,
  );
}

/** The edges of the bins. */
function anglesBetween(half: number, count: number): number[] {
  if (count === 1) return [];
  const width = (2 * half) / count;
  const angles = viewAngles(half, count).map((angle) => wrap(angle + width / 2));
  return isCircle(half) ? angles : [-half, ...angles];
}

/**
 * Whether angles from -half to half (radians) cover approximately the full circle.
 * @example isCircle(Math.PI) // true
 */
export const isCircle = (half: number): boolean => half > 0.97 * Math.PI;

const wrap = (angle: number): number => (angle > Math.PI + 1e-9 ? angle - 2 * Math.PI : angle);
