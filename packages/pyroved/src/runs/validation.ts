/** The validation images of a run. A user's labelled images are upright, so they are shown at random poses; generated images already have random poses. */
import { type AffineRanges, type ModelConfig, posedCopies, type TrainingImages, truePoses } from 'pyroved-ts';
import { defined, namedAngle } from 'pyroved-ts/internal';
import { kindOf } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';
import type { RunConfig } from '../storage/index.js';
import { dataSection, modelSection } from './settings.js';

/** Validation images and how they are shown. */
export interface Validation {
  /** The copies at random poses, or the unchanged images. */
  readonly images: TrainingImages;
  /** Number of distinct images. */
  readonly distinct: number;
  /** Copies of each of them. */
  readonly copies: number;
  /** `drawn`: upright images, shown at random poses; `own`: unchanged images. */
  readonly poses: 'drawn' | 'own';
  /** The ranges of the random poses. */
  readonly ranges?: AffineRanges;
  /** The images in the upright pose. */
  readonly upright?: TrainingImages;
  /** True angles in radians, [images], if known. */
  readonly angles?: Float32Array;
}

/** The description of the validation images in `summary.json`. */
export interface ValidationSummary extends Pick<Validation, 'copies' | 'poses'> {
  /** Number of distinct images. */
  readonly images: number;
  /** Half-range of the random angles in degrees. */
  readonly rotation?: number;
  /** Half-range of the random shifts, as a fraction of the image's width. */
  readonly shift?: number;
  readonly scale?: readonly [number, number];
  /** Half-range of the random shears in degrees. */
  readonly shear?: number;
}

/** Approximate number of images after copying, with at most `MOST_COPIES` copies of each. */
const ENOUGH = 500;
const MOST_COPIES = 20;

/** The validation images of a run; undefined if there are none. The same arguments give the same images. */
export function validationFor(config: RunConfig, sets: TrainingSets): Validation | undefined {
  const { test } = sets;
  if (!test) return undefined;
  const model = modelSection(config);
  const { source, fold } = dataSection(config);
  const isUpright = source.kind === 'images' || source.kind === 'array' || source.kind === 'micrographs';
  const kind = kindOf(model);
  const ranges = kind.poseRanges(model) ?? poseRangesOf(model);
  if (!isUpright || kind.classes === 'none' || !test.labels || Object.keys(ranges).length === 0) {
    const angles = test.shape.length === 2 ? truePoses(test)?.angle : undefined;
    return { images: test, distinct: test.count, copies: 1, poses: 'own', ...(angles && { angles }) };
  }
  // In a cross-validation, every labelled image counts once.
  const copies = fold ? 1 : Math.min(MOST_COPIES, Math.max(1, Math.ceil(ENOUGH / test.count)));
  const seed = `${config.seed}/validation`;
  const images = posedCopies(test, ranges, { copies, seed, noise: 'lost', outside: 'border' });
  const { angle: angles } = images.poses;
  return { images, distinct: test.count, copies, poses: 'drawn', ranges, upright: test, angles };
}

type Posed = Pick<ModelConfig, 'shape' | 'invariances' | 'anglePrior' | 'shiftPrior' | 'scalePrior' | 'shearPrior'>;

/** Half-range of the uniform distribution with a standard deviation of 1. */
const UNIFORM = Math.sqrt(3);

/**
 * The ranges of random poses for upright images: for each invariance of the model, the uniform distribution with the standard deviation of the prior, with
 * angles of at most 180 degrees. Images remain upright for a model without invariances.
 */
export function poseRangesOf(model: Posed): AffineRanges {
  const { shape, invariances = [], anglePrior, shiftPrior, scalePrior, shearPrior } = model;
  return defined({
    angle:
      invariances.includes('r') && shape.length === 2
        ? (namedAngle(anglePrior ?? 'normal')?.halfRange ?? Math.PI)
        : undefined,
    shift: invariances.includes('t') ? shiftRange(shiftPrior, shape.length) : undefined,
    scale: invariances.includes('s') && shape.length === 2 ? scaleRange(scalePrior) : undefined,
    shear: invariances.includes('h') && shape.length === 2 ? shearRange(shearPrior) : undefined,
  });
}

const DEFAULT_WIDTH = 0.1;

function shiftRange(prior: Posed['shiftPrior'] = DEFAULT_WIDTH, dims: number): number | number[] {
  if (typeof prior === 'number') return UNIFORM * prior;
  if (Array.isArray(prior) && prior.length === dims) return prior.map((width: number) => UNIFORM * width);
  return UNIFORM * DEFAULT_WIDTH;
}

/** The prior is of the factor on the coordinates, the inverse of the magnification. */
function scaleRange(prior: Posed['scalePrior'] = DEFAULT_WIDTH): [number, number] {
  const width = typeof prior === 'number' ? prior : DEFAULT_WIDTH;
  const reach = Math.min(0.9, UNIFORM * width);
  return [1 / (1 + reach), 1 / (1 - reach)];
}

/** Shears along both axes each add half their tangent to the same latent, so the range of the tangents is larger by the square root of 2. */
function shearRange(prior: Posed['shearPrior'] = DEFAULT_WIDTH): number {
  const width = typeof prior === 'number' ? prior : Array.isArray(prior) ? Math.max(...prior) : DEFAULT_WIDTH;
  return Math.min(1.4, Math.atan(Math.SQRT2 * UNIFORM * width));
}

const DEGREES = 180 / Math.PI;

export function validationSummary({ distinct, copies, poses, ranges }: Validation): ValidationSummary {
  const { angle, shift, scale, shear } = ranges ?? {};
  const widest = shift === undefined ? undefined : Math.max(...[shift].flat()) / 2;
  const rounded = (x: number | undefined, digits: number) => (x === undefined ? undefined : Number(x.toFixed(digits)));
  return {
    images: distinct,
    copies,
    poses,
    ...defined({
      rotation: rounded(angle && angle * DEGREES, 1),
      shift: rounded(widest, 4),
      scale: scale && ([rounded(scale[0], 3), rounded(scale[1], 3)] as [number, number]),
      shear: rounded(shear && shear * DEGREES, 1),
    }),
  };
}

/** "at random poses (rotation up to 180°, shift up to 9% of the width; 12 copies of each)" */
export function posesText({ poses, copies, rotation, shift, scale, shear }: ValidationSummary): string {
  if (poses === 'own') return '';
  const parts = [
    rotation !== undefined && `rotation up to ${Math.round(rotation)}°`,
    shift !== undefined && `shift up to ${Math.round(100 * shift)}% of the width`,
    scale && `scale ${scale[0].toFixed(2)} to ${scale[1].toFixed(2)}`,
    shear !== undefined && `shear up to ${Math.round(shear)}°`,
  ].filter(Boolean);
  const each = copies > 1 ? `; ${copies} copies of each` : '';
  return `at random poses (${parts.join(', ')}${each})`;
}
