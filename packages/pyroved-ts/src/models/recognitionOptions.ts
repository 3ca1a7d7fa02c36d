/** How a semi-supervised model recognises class and pose, and at which poses its labelled images are shown. */
import { sizeOf } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import { didYouMean, refuseUnknownKeys } from 'pyro-ts/internal';
import { type AffineRanges, checkRanges } from '../coordinates/index.js';
import type { Invariance } from '../priors/index.js';

export const bodyNames = ['conv', 'dense'] as const;
export type BodyName = (typeof bodyNames)[number];

export const labelledPosesNames = ['drawn', 'fixed'] as const;
export type LabelledPoses = (typeof labelledPosesNames)[number];

export interface RecognitionOptions {
  /**
   * `drawn`: the labelled images are upright, so each is shown at poses drawn from `ranges`, and its class and pose are both known. `fixed`: they are
   * shown as they are, and only their class is known. @default 'drawn'
   */
  readonly labelledPoses?: LabelledPoses;
  /**
   * Poses that objects may have. Angles and shifts are latents of the model and known of labelled images at drawn poses; scale and shear are drawn too, so
   * that recognition expects them, but remain content unless the model is invariant to them.
   * @default angle pi, shift 0.2 (a tenth of the width either way), scale 0.77 to 1.3, shear 0.35 (20 degrees), no mirror images
   */
  readonly ranges?: AffineRanges;
  /** How far labelled images may be from upright, in radians (standard deviation). @default 0.05 */
  readonly tolerance?: number;
  /**
   * Number of rotated views that class and angle are learned from; classification uses the views halfway between them too.
   * @default as many as keep them about 30 degrees apart, at least 3; a run at any angle has 3 where the labelled images lie in any direction themselves
   */
  readonly views?: number;
  /** Largest side of a view in pixels; larger images are looked at smaller. @default 32 */
  readonly viewSize?: number;
  /** Network that looks at each view. @default 'conv' for images, 'dense' for signals */
  readonly body?: BodyName;
  /** Number of features that the body gives. @default 128 */
  readonly features?: number;
}

const keys: readonly (keyof RecognitionOptions)[] = [
  'labelledPoses',
  'ranges',
  'tolerance',
  'views',
  'viewSize',
  'body',
  'features',
];

export interface ResolvedRecognition extends Required<RecognitionOptions> {
  /** Radians by which the views are rotated back: the centres of the angle's bins. */
  readonly angles: readonly number[];
  /** Radians of the further views that only classification uses: halfway between the others, and at the ends of a range that is no circle. */
  readonly anglesBetween: readonly number[];
  /** [height, width] of a view, or [length] of a signal. */
  readonly viewShape: readonly number[];
}

/** The ranges of poses where an option says nothing. */
export const defaultRanges = {
  angle: Math.PI,
  shift: 0.2,
  scale: [0.77, 1.3],
  shear: 0.35,
} as const satisfies AffineRanges;

/** Distance of two views that is about enough for a body to recognise what lies between them. */
const VIEW_DISTANCE = Math.PI / 6;

/** The largest sizes that are supported. */
const MOST = { views: 360, viewSize: 1024, features: 65_536 } as const;

/** The options with their defaults for data of `shape`. @throws {OptionError} that names the option. */
export function resolveRecognition(
  options: RecognitionOptions,
  shape: readonly number[],
  invariances: readonly Invariance[],
): ResolvedRecognition {
  refuseUnknownKeys('recognition', options, keys);
  const isImage = shape.length === 2;
  const {
    labelledPoses = 'drawn',
    tolerance = 0.05,
    viewSize = 32,
    body = isImage ? 'conv' : 'dense',
    features = 128,
  } = options;
  if (!labelledPosesNames.includes(labelledPoses)) {
    throw new OptionError(
      `recognition: labelledPoses must be "drawn" or "fixed"; got "${labelledPoses}".${didYouMean(String(labelledPoses), labelledPosesNames)}`,
    );
  }
  if (!bodyNames.includes(body) || (body === 'conv' && !isImage)) {
    throw new OptionError(
      `recognition: body must be "conv" (images only) or "dense"; got "${body}".${didYouMean(String(body), bodyNames)}`,
    );
  }
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new OptionError(`recognition: tolerance must be from 0 to 1 radian; got ${tolerance}.`);
  }
  const ranges = rangesFor(options.ranges ?? {}, isImage, invariances);
  const half = Math.min(ranges.angle ?? 0, Math.PI);
  const views = options.views ?? (half === 0 ? 1 : Math.max(3, Math.ceil((2 * half) / VIEW_DISTANCE - 1e-6)));
  for (const [name, n] of Object.entries({ views, viewSize, features })) {
    if (!Number.isInteger(n) || n < 1)
      throw new OptionError(`recognition: ${name} must be a positive integer; got ${n}.`);
    if (n > MOST[name as keyof typeof MOST])
      throw new OptionError(`recognition: ${name} must be at most ${MOST[name as keyof typeof MOST]}; got ${n}.`);
  }
  if (half === 0 && views > 1) {
    throw new OptionError(
      `recognition: ${views} views need a model invariant to rotation ("r") and a range of angles.`,
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

/** The default ranges, or those that are given in their place; poses that the model has no latents for are not drawn. */
function rangesFor(ranges: AffineRanges, isImage: boolean, invariances: readonly Invariance[]): AffineRanges {
  refuseUnknownKeys('recognition: ranges', ranges, ['angle', 'shift', 'scale', 'shear', 'mirror']);
  checkRanges(ranges, isImage ? 2 : 1);
  const { angle, shift, ...others } = { ...defaultRanges, ...ranges };
  return {
    ...(isImage ? others : {}),
    angle: isImage && invariances.includes('r') ? angle : 0,
    shift: invariances.includes('t') ? shift : 0,
  };
}

/** Centres of `count` equal bins of [-half, half]; around the whole circle one of them is 0. */
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

/** Whether angles from -half to half (radians) are about all there are. @example isCircle(Math.PI) // true */
export const isCircle = (half: number): boolean => half > 0.97 * Math.PI;

const wrap = (angle: number): number => (angle > Math.PI + 1e-9 ? angle - 2 * Math.PI : angle);
