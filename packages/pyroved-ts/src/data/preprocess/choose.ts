/** Chooses the preprocessing from the images: none for clean ones, so that their values stay in [0, 1]. */
import { gather, type ImageSet, imageSize, type StreamedSet } from '../dataset.js';
import { type BorderFigures, borderMeter, quantile } from './border.js';
import { type BackgroundRemoval, noPreprocessing, type Preprocessing } from './preprocessing.js';

/** The choice, and its reason as the end of a sentence that begins with "because". */
export interface ChosenPreprocessing {
  readonly preprocessing: Preprocessing;
  readonly reason: string;
}

/** Number of images used, evenly spaced over the set. */
const MOST_IMAGES = 400;

/** Thresholds; all but the last two are fractions of the typical contrast of objects. */
export const preprocessingThresholds = {
  /** Typical unevenness of the border of an image above which the background is removed. */
  uneven: 0.12,
  /** Unevenness after subtracting a plane above which a polynomial is tried, which must leave less than two thirds. */
  besidePlane: 0.15,
  /** Distance between the 20th and the 80th percentile of the level above which the background is removed. */
  level: 0.15,
  /** Level below which the background counts as 0. */
  zero: 0.05,
  /** 10th percentile of the contrast divided by the 90th, below which images are standardised. */
  contrast: 0.5,
  /**
   * Tolerance of values beyond [0, 1] due to rounding; images with values beyond it are divided by their RMS.
   */
  beyond: 1e-3,
} as const;

/**
 * Background removal and standardisation for images with values in [0, 1]. Clean images keep `none` and `none`: the
 * border has one grey level, the same in all images, and objects have one contrast. An uneven border, or a level that
 * differs from image to image, asks for a plane (a polynomial, the blurred image, where a plane leaves too much) and
 * division by the RMS; a differing contrast alone, or values beyond [0, 1] as of noisy images, for division by the RMS,
 * after a plane where the background is not 0. Decided from robust statistics over images and border segments, which
 * noise and objects that touch the border hardly change. Signals are left as they are, because their ends say too
 * little of their background. The same images give the same choice.
 * @param images a set, or several of one shape; channels are averaged
 * @example
 * const { preprocessing, reason } = choosePreprocessing(images);
 * const flat = preprocessed(images, preprocessing);
 */
export function choosePreprocessing(
  images: ImageSet | StreamedSet | readonly (ImageSet | StreamedSet)[],
): ChosenPreprocessing {
  const sets = [images].flat();
  const [set] = sets;
  if (set.shape.length !== 2) return { preprocessing: noPreprocessing, reason: 'the data are signals' };
  if (Math.min(...set.shape) < 8) return { preprocessing: noPreprocessing, reason: 'the images are too small' };
  const figures = figuresOf(sets);
  const typical = (name: keyof BorderFigures) =>
    quantile(
      figures.map((f) => f[name]),
      0.5,
    );
  const spread = (name: keyof BorderFigures, low: number, high: number) => {
    const values = figures.map((f) => f[name]);
    return [quantile(values, low), quantile(values, high)];
  };
  const thresholds = preprocessingThresholds;
  const contrast = Math.max(typical('contrast'), 1e-6);
  const uneven = typical('uneven') / contrast;
  const [low, high] = spread('level', 0.2, 0.8);
  const level = (high - low) / contrast;
  const [faint, strong] = spread('contrast', 0.1, 0.9);
  const background = removalFor(
    uneven,
    typical('unevenBesidePlane') / contrast,
    typical('unevenBesidePolynomial') / contrast,
  );
  if (background !== 'none') {
    const reason = `the background within an image varies by ${percent(uneven)} of the contrast`;
    return { preprocessing: { background, standardise: 'rms' }, reason };
  }
  if (level > thresholds.level) {
    const reason = `the background differs between images by ${percent(level)} of the contrast`;
    return { preprocessing: { background: 'plane', standardise: 'rms' }, reason };
  }
  // The root mean square is about 0, so a background that is not 0 has to go first.
  const isZero = Math.abs(typical('level')) < thresholds.zero;
  const scaled: Preprocessing = { background: isZero ? 'none' : 'plane', standardise: 'rms' };
  if (strong > 0 && faint / strong < thresholds.contrast) {
    const reason = `the contrast of the images differs by a factor of ${Number((strong / Math.max(faint, 1e-6)).toPrecision(2))}`;
    return { preprocessing: scaled, reason };
  }
  const [least, most] = [Math.min(...figures.map((f) => f.least)), Math.max(...figures.map((f) => f.most))];
  if (least < -thresholds.beyond || most > 1 + thresholds.beyond) {
    const reason = `pixel values reach from ${Number(least.toPrecision(2))} to ${Number(most.toPrecision(2))}, beyond [0, 1]`;
    return { preprocessing: scaled, reason };
  }
  return { preprocessing: noPreprocessing, reason: 'background and contrast are the same in all images' };
}

function removalFor(uneven: number, besidePlane: number, besidePolynomial: number): BackgroundRemoval {
  const least = preprocessingThresholds;
  if (uneven <= least.uneven) return 'none';
  if (besidePlane <= least.besidePlane) return 'plane';
  if (besidePolynomial < (2 / 3) * besidePlane) return 'polynomial';
  // What no smooth surface explains is the texture of the images and no background of theirs.
  return besidePlane < (2 / 3) * uneven ? 'plane' : 'none';
}

type Figures = BorderFigures & { readonly least: number; readonly most: number };

function figuresOf(sets: readonly (ImageSet | StreamedSet)[]): Figures[] {
  const total = sets.reduce((n, { count }) => n + count, 0);
  const { shape, channels } = sets[0];
  const meter = borderMeter(shape);
  const points = imageSize({ shape, channels: 1 });
  return sets.flatMap((set) => {
    // In proportion to the size of each set, but at least one image.
    const share = Math.ceil((set.count * Math.min(total, MOST_IMAGES)) / total);
    return Array.from({ length: share }, (_, k) => {
      const image = gather(set, [Math.floor(((k + 0.5) * set.count) / share)]);
      let [lowest, highest] = [Infinity, -Infinity];
      for (const value of image) {
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
      }
      return { ...meter(channels === 1 ? image : averaged(image, channels, points)), least: lowest, most: highest };
    });
  });
}

const averaged = (image: Float32Array, channels: number, points: number): Float32Array =>
  Float32Array.from({ length: points }, (_, p) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += image[c * points + p];
    return sum / channels;
  });

const percent = (fraction: number): string => `${Math.round(100 * fraction)}%`;
