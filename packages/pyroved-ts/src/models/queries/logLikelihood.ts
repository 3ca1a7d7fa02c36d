/**
 * log p(image) by importance sampling with the guide, a few rows at a time, so that memory does not grow with the
 * number of images or particles.
 */
import { logSumExp } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  enumerate,
  Handler,
  inferConfig,
  type Message,
  RandomStream,
  replay,
  type SampleSite,
  seed as seeded,
  trace,
} from 'pyro-ts';
import { gather, type ImageSet, imageSize, type StreamedSet } from '../../data/index.js';
import { DataError } from '../../errors.js';
import { type OptionTable, positiveInteger, resolveOptions } from '../../options.js';

/** Options of `logLikelihood`. */
export interface LogLikelihoodOptions {
  /** Number of samples from the guide for each image. @default 100 */
  readonly particles?: number;
  /**
   * Number of samples decoded at once, over all images (times the number of classes); bounds the memory.
   * @default 256
   */
  readonly rows?: number;
  /** Seed of the samples. @default 0 */
  readonly seed?: number | string;
}

const table = {
  particles: { default: 100, ...positiveInteger },
  rows: { default: 256, ...positiveInteger },
  seed: { default: 0 as number | string },
} satisfies OptionTable<LogLikelihoodOptions>;

type Program = (x: tf.Tensor, y?: tf.Tensor) => void;

/** The parts of a model that the estimate uses. */
export interface Estimated {
  readonly model: Program;
  readonly guide: Program;
  /** 1, or 2 if there is a plate "pixels" over `points` at -1. */
  readonly plateNesting: number;
  readonly points: number;
  /** The condition of the images at `indices` of the set, [B, n]. */
  readonly condition: (indices: Int32Array) => tf.Tensor | undefined;
}

/**
 * log 1/K sum_k p(x, z_k) / q(z_k | x) for each image. Discrete sites that the guide enumerates are summed exactly: the
 * term of the sum over k is then sum_y p(x, y, z_ky) / q(z_ky | x, y).
 * @see Burda, Grosse & Salakhutdinov 2016, "Importance weighted autoencoders", eq. 8.
 */
export function logLikelihood(
  set: ImageSet | StreamedSet,
  programs: Estimated,
  options: LogLikelihoodOptions,
): Float64Array {
  const { particles, rows, seed } = resolveOptions('logLikelihood', options, table);
  const [atOnce, draws] = [Math.max(1, Math.floor(rows / particles)), Math.min(particles, rows)];
  const stream = new RandomStream(seed);
  const result = new Float64Array(set.count);
  for (let from = 0; from < set.count; from += atOnce) {
    const indices = Int32Array.from({ length: Math.min(atOnce, set.count - from) }, (_, i) => from + i);
    const images = finiteImages(set, indices);
    const sums = Array.from(indices, () => new LogSum());
    for (let done = 0; done < particles; done += draws) {
      const repeats = Math.min(draws, particles - done);
      const weights = tf.tidy(() => {
        const x = tf.tensor2d(images, [indices.length, imageSize(set)]);
        const y = programs.condition(indices);
        const key = stream.fork(`${from}/${done}`).next();
        return logWeights(programs, repeated(x, repeats), y && repeated(y, repeats), key).dataSync();
      });
      weights.forEach((w, i) => {
        sums[Math.floor(i / repeats)].add(w);
      });
    }
    sums.forEach((sum, i) => {
      result[from + i] = sum.value - Math.log(particles);
    });
  }
  return result;
}

/** log p(x, z) - log q(z | x) of one sample for each row, with enumerated sites summed out: [B]. */
function logWeights(
  { model, guide, plateNesting, points }: Estimated,
  x: tf.Tensor,
  y: tf.Tensor | undefined,
  key: number,
): tf.Tensor {
  // "sum-and-sample" is meant for gradients; the estimate sums over all values.
  const allValues = inferConfig(guide, ({ infer }) =>
    infer.enumerate ? { enumerate: 'parallel', expand: false } : {},
  );
  return new AllPixels(points).run(() => {
    const drawn = seeded(enumerate(allValues, { firstAvailableDim: -1 - plateNesting }), key);
    const guideTrace = trace(drawn).getTrace(x, y);
    const modelTrace = trace(replay(model, guideTrace)).getTrace(x, y);
    const perImage = ({ unscaledLogProb }: SampleSite) =>
      plateNesting === 1 ? unscaledLogProb : tf.sum(unscaledLogProb, -1);
    const drawnSites = guideTrace.latentSites.filter((site) => site.enumeration?.own === undefined);
    const total = [...modelTrace.sampleSites.map(perImage), ...drawnSites.map((site) => tf.neg(perImage(site)))].reduce(
      (a, b) => tf.add(a, b),
    );
    const [count] = x.shape;
    return logSumExp(tf.reshape(total, [-1, count]), 0);
  });
}

/**
 * Replaces the subsample of the plate over pixels by all pixels: a subsample does not give an unbiased estimate of
 * p(image).
 */
class AllPixels extends Handler {
  constructor(private readonly points: number) {
    super();
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || !message.isSubsample || message.name !== 'pixels') return;
    message.value = tf.range(0, this.points, 1, 'int32');
  }
}

/** Repeats each row `times` times. */
function repeated(x: tf.Tensor, times: number): tf.Tensor {
  const [count, ...rest] = x.shape;
  const tiled = tf.tile(tf.expandDims(x, 1), [1, times, ...rest.map(() => 1)]);
  return tf.reshape(tiled, [count * times, ...rest]);
}

function finiteImages(set: ImageSet | StreamedSet, indices: Int32Array): Float32Array {
  const images = gather(set, indices);
  const wrong = images.findIndex((v) => !Number.isFinite(v));
  if (wrong < 0) return images;
  throw new DataError(`Image ${indices[Math.floor(wrong / imageSize(set))]} has a pixel value of ${images[wrong]}.`);
}

/** Streaming log-sum-exp in double precision. */
class LogSum {
  private max = Number.NEGATIVE_INFINITY;
  private sum = 0;

  add(x: number): void {
    if (x === Number.NEGATIVE_INFINITY) return;
    if (x <= this.max) {
      this.sum += Math.exp(x - this.max);
      return;
    }
    this.sum = this.sum * Math.exp(this.max - x) + 1;
    this.max = x;
  }

  get value(): number {
    return this.max + Math.log(this.sum);
  }
}
