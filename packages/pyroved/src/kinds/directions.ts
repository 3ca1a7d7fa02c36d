/** Settings for labelled images whose classes have no common orientation. */
import {
  defaultRanges,
  type Invariance,
  type ModelConfig,
  mirroredFraction,
  type RecognitionOptions,
  uprightFraction,
} from 'pyroved-ts';
import { isCircle } from 'pyroved-ts/internal';
import type { TrainingSets } from '../sources/sets.js';
import type { ModelSettings } from './settings.js';

/** Labelled images count as arbitrarily oriented if less than this fraction is upright. */
const FEWEST_UPRIGHT = 0.5;

/** Number of views for arbitrarily oriented objects. With more, some view of each object is always the same, and the network overfits the few labelled ones. */
const FEW_VIEWS = 3;

/** Mirror images are drawn if, in every class, at least this fraction of the images resembles mirror images of others. */
const FEWEST_MIRRORED = 0.1;

/** Views and pose ranges for arbitrarily oriented labelled images. */
export function directionSettings(
  { labelled }: TrainingSets,
  { views = FEW_VIEWS, labelledPoses, ranges = {} }: RecognitionOptions,
  invariances: readonly Invariance[],
): Pick<RecognitionOptions, 'views' | 'ranges'> {
  if (!labelled?.labels || labelledPoses === 'fixed' || !invariances.includes('r')) return {};
  if (!isCircle(ranges.angle ?? defaultRanges.angle)) return {};
  const numClasses = Math.max(...labelled.labels) + 1;
  if ((uprightFraction(labelled, numClasses) ?? 1) >= FEWEST_UPRIGHT) return {};
  const mirror = ranges.mirror ?? (mirroredFraction(labelled, numClasses) ?? 0) >= FEWEST_MIRRORED;
  return { views, ranges: { ...ranges, mirror } };
}

/** A message about settings chosen because the labelled images have arbitrary orientations. */
export function directionsLine(
  config: Extract<ModelConfig, { kind: 'ssiVAE' }>,
  { recognition }: ModelSettings,
): string | undefined {
  if (!config.recognition) return undefined;
  const { views, ranges } = config.recognition;
  const given = recognition || {};
  const chosen = [
    ...(views !== undefined && given.views === undefined ? [`${views} views (change with --views)`] : []),
    ...(ranges?.mirror && !given.ranges?.mirror ? ['mirror images included'] : []),
  ];
  if (chosen.length === 0) return undefined;
  return `The labelled images of a class have arbitrary orientations: ${chosen.join(', ')}.`;
}
