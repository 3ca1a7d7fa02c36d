/** What a run chooses where the labelled images of a class lie in any direction. */
import {
  defaultRanges,
  type Invariance,
  isCircle,
  type ModelConfig,
  mirroredFraction,
  type RecognitionOptions,
  uprightFraction,
} from 'pyroved-ts';
import type { TrainingSets } from '../sources/sets.js';
import type { ModelSettings } from './settings.js';

/** Fewer labelled images than this share lie upright: they lie in any direction. */
const FEWEST_UPRIGHT = 0.5;

/** Views of objects that lie in any direction: with more, each object is always seen alike in one of them, and a network learns the few labelled objects by heart. */
const FEW_VIEWS = 3;

/** In every class at least this share of the images resemble mirror images of others: both kinds occur. */
const FEWEST_MIRRORED = 0.1;

/** Views and ranges for labelled images that lie in any direction. */
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

/** A line about what was chosen because the labelled images lie in any direction. */
export function directionsLine(
  config: Extract<ModelConfig, { kind: 'ssiVAE' }>,
  { recognition }: ModelSettings,
): string | undefined {
  if (!config.recognition) return undefined;
  const { views, ranges } = config.recognition;
  const given = recognition || {};
  const chosen = [
    ...(views !== undefined && given.views === undefined ? [`${views} views (--views sets another number)`] : []),
    ...(ranges?.mirror && !given.ranges?.mirror ? ['mirror images are drawn too'] : []),
  ];
  if (chosen.length === 0) return undefined;
  return `Labelled images of a class lie in any direction: ${chosen.join(', ')}.`;
}
