/**
 * The variational encoder-decoder: predicts one kind of data from another, such as a spectrum from an image, through a
 * few latents.
 */
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import {
  type ELBO,
  module,
  normal,
  OptionError,
  ParamStore,
  plate,
  RandomStream,
  ShapeError,
  sample,
  scale,
  seed,
  TraceELBO,
} from 'pyro-ts';
import { formatShape, rejectUnknownKeys } from 'pyro-ts/internal';
import { gather, type ImageSet, imageSet, imageSize, type StreamedSet } from '../data/index.js';
import { convNet, type DecoderNet, type EncoderNet } from '../nets/index.js';
import { resolveDecoder, resolveEncoder } from '../nets/own.js';
import { integer, type OptionTable, resolveOptions } from '../options.js';
import { type Likelihood, likelihoodOf } from './likelihood.js';
import type { Terms } from './programs.js';
import { collect, type Encoding, type PoseRows } from './queries/host.js';
import { type Manifold, type ManifoldOptions, manifold } from './queries/manifold.js';
import { type Traversal, type TraverseOptions, traverse } from './queries/traverse.js';
import { convolutionsOf, type ResolvedVED, resolveVED, type VEDOptions } from './vedOptions.js';

/** A prediction: mean and standard deviation over samples of the latents. */
export interface Prediction {
  readonly mean: ImageSet;
  /**
   * Standard deviation over the samples at each point: the uncertainty of the latents, without the noise of the data.
   */
  readonly deviation: ImageSet;
}

/** Options of `VED.predict`. */
export interface PredictOptions {
  /** Number of samples of the latents, at least 2. @default 30 */
  readonly samples?: number;
  /** Seed of the samples. @default 1 */
  readonly seed?: number | string;
}

const predictTable = {
  samples: { default: 30, ...integer(2) },
  seed: { default: 1 as number | string },
} satisfies OptionTable<PredictOptions>;

type Data = ImageSet | StreamedSet;

/**
 * z ~ N(0, 1), y ~ likelihood(decoder(z)); q(z | x) from the encoder. Sites: "z", "obs".
 * @see `pyroved.models.VED`; Kalinin et al. 2021 (im2spec) for image to spectrum.
 * @example
 * const ved = new VED({ inputShape: [32, 32], outputShape: [64] });
 * await new VEDTrainer(ved, { inputs: images, outputs: spectra }, { epochs: 20 }).train();
 * const { mean, deviation } = ved.predict(newImages);
 */
export class VED {
  readonly kind = 'VED';
  readonly params = new ParamStore();
  readonly options: ResolvedVED;
  readonly likelihood: Likelihood;
  /** Number of nested plates of the programs. */
  readonly plateNesting = 1;
  /** Both networks by the names under which their parameters are stored. */
  readonly nets: { readonly encoder_z: EncoderNet; readonly decoder: DecoderNet };
  private readonly encoder: EncoderNet;
  private readonly decoder: DecoderNet;

  constructor(options: VEDOptions) {
    this.options = resolveVED(options);
    const { inputShape, inputChannels, outputShape, outputChannels, latentDim, encoder, decoder } = this.options;
    this.likelihood = likelihoodOf(this.options.likelihood, this.options);
    const conv = convolutionsOf(this.options);
    this.encoder = resolveEncoder(encoder ?? convNet(conv.encoder), {
      owner: 'VED: encoder',
      shape: inputShape,
      channels: inputChannels,
      inputs: [inputChannels * sizeOf(inputShape)],
      joint: latentDim,
      own: {},
    });
    this.decoder = resolveDecoder(decoder ?? convNet(conv.decoder), {
      owner: 'VED: decoder',
      shape: outputShape,
      channels: outputChannels,
      inputs: [latentDim],
      hasPose: false,
    });
    this.nets = { encoder_z: this.encoder, decoder: this.decoder };
    this.params.run(() =>
      seed.with(this.options.seed, () => {
        module('encoder_z', this.encoder);
        module('decoder', this.decoder);
        if (this.likelihood.net) module('likelihood', this.likelihood.net);
      }),
    );
  }

  /**
   * p(y, z). x: inputs [B, channels * points], of which only the batch size is used; y: outputs [B, channels * points].
   */
  readonly model = (x: tf.Tensor, y: tf.Tensor, { klWeight = 1 }: Terms = {}): void => {
    const { latentDim, outputChannels: channels, outputShape } = this.options;
    plate('data', x.shape[0], { dim: -1 }, () => {
      const z = scale.with(klWeight, () => sample('z', normal(0, 1).expand([latentDim]).toEvent(1)));
      const output = module('decoder', this.decoder)({ parts: [z], transform: {} });
      const observed = tf.transpose(tf.reshape(y, [y.shape[0], channels, sizeOf(outputShape)]), [0, 2, 1]);
      sample('obs', this.likelihood.distribution(output).toEvent(2), { obs: observed });
    });
  };

  /** q(z | x). */
  readonly guide = (x: tf.Tensor, _y: tf.Tensor, { klWeight = 1 }: Terms = {}): void => {
    plate('data', x.shape[0], { dim: -1 }, () => {
      const { loc, scale: sd } = module('encoder_z', this.encoder)([x]);
      scale.with(klWeight, () => sample('z', normal(loc, sd).toEvent(1)));
    });
  };

  /** The objective for training these programs. */
  elbo(): ELBO {
    return new TraceELBO({ maxPlateNesting: this.plateNesting });
  }

  /** Infers the latents of each input: means and standard deviations, [count, latentDim]. */
  encode(inputs: Data): Encoding {
    const { content = none, contentScale = none } = this.onBatches(inputs, (x) => {
      const { loc, scale: sd } = module('encoder_z', this.encoder)([x]);
      return { content: loc, contentScale: sd };
    });
    return { count: inputs.count, content, contentScale };
  }

  /** Decodes latents [count, latentDim] (row major) to outputs, the mean of the likelihood. */
  decode(content: Float32Array | readonly number[]): ImageSet {
    const { latentDim } = this.options;
    const count = content.length / latentDim;
    if (!Number.isInteger(count))
      throw new OptionError(
        `The number of values of content must be a multiple of ${latentDim}, the number of latents; got ${content.length}.`,
      );
    const all = Float32Array.from(content);
    const { images = none } = collect(count, (from, size) =>
      this.params.run(() => {
        const z = tf.tensor2d(all.slice(from * latentDim, (from + size) * latentDim), [size, latentDim]);
        return { images: channelsFirst(this.meanOf(z)) };
      }),
    );
    return this.outputsOf(images);
  }

  /**
   * Predicts outputs from inputs.
   * @see `pyroved.models.VED.predict`
   */
  predict(inputs: Data, options: PredictOptions = {}): Prediction {
    const { samples, seed: chosen } = resolveOptions('predict', options, predictTable);
    const stream = new RandomStream(chosen);
    const { mean = none, deviation = none } = this.onBatches(inputs, (x, from) => {
      const { loc, scale: sd } = module('encoder_z', this.encoder)([x]);
      const noise = stream.fork(`predict/${from}`);
      const draw = () => this.meanOf(tf.add(loc, tf.mul(sd, noise.normal(loc.shape))) as tf.Tensor2D);
      const found = momentsOf(samples, draw);
      return { mean: channelsFirst(found.mean), deviation: channelsFirst(found.deviation) };
    });
    return { mean: this.outputsOf(mean), deviation: this.outputsOf(deviation) };
  }

  /** Latents of inputs. */
  infer(inputs: Data): { readonly encoding: Encoding; readonly classified?: undefined; readonly targets?: undefined } {
    return { encoding: this.encode(inputs) };
  }

  /** Decodes outputs over a grid of two latents. */
  manifold(options: Omit<ManifoldOptions, keyof PoseRows> = {}): Manifold {
    rejectUnknownKeys('manifold', options, ['size', 'axes', 'coverage']);
    return manifold(this.options.latentDim, options, (content) => this.decode(content));
  }

  /** Varies one latent at a time with the others fixed: one row for each. */
  traverse(options: Omit<TraverseOptions, keyof PoseRows> = {}): Traversal {
    rejectUnknownKeys('traverse', options, ['latents', 'size', 'coverage', 'at']);
    const { latentDim } = this.options;
    return traverse({ latentDim, numClasses: 0 }, options, (content) => this.decode(content));
  }

  /** @throws {ShapeError} when the inputs do not have the shape of this model. */
  checkInputs(set: Pick<ImageSet, 'shape' | 'channels'>): void {
    checkSameShape('inputs', set, this.options.inputShape, this.options.inputChannels);
  }

  /** @throws {ShapeError} when the outputs do not have the shape of this model. */
  checkOutputs(set: Pick<ImageSet, 'shape' | 'channels'>): void {
    checkSameShape('outputs', set, this.options.outputShape, this.options.outputChannels);
  }

  /** Frees the parameters. The model can't be used afterwards. */
  dispose(): void {
    this.params.dispose();
  }

  /** The mean of the likelihood for latents [n, latentDim]: [n, points, channels]. */
  private meanOf(z: tf.Tensor2D): tf.Tensor {
    const output = module('decoder', this.decoder)({ parts: [z], transform: {} });
    return this.likelihood.distribution(output).mean();
  }

  private outputsOf(images: Float32Array): ImageSet {
    return imageSet({ images, shape: this.options.outputShape, channels: this.options.outputChannels });
  }

  /** Runs `body` inside `params.run` on batches [B, channels * points] of the inputs, and concatenates its results. */
  private onBatches<Name extends string>(
    inputs: Data,
    body: (x: tf.Tensor2D, from: number) => Readonly<Record<Name, tf.Tensor>>,
  ): Partial<Record<Name, Float32Array>> {
    this.checkInputs(inputs);
    return collect(inputs.count, (from, count) =>
      this.params.run(() => {
        const indices = Int32Array.from({ length: count }, (_, i) => from + i);
        return body(tf.tensor2d(gather(inputs, indices), [count, imageSize(inputs)]), from);
      }),
    );
  }
}

const none = new Float32Array(0);

const channelsFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);

/**
 * Mean and sample standard deviation (as in PyTorch) of `count` draws, of which one is in memory at a time (Welford
 * 1962).
 */
function momentsOf(count: number, draw: () => tf.Tensor): { mean: tf.Tensor; deviation: tf.Tensor } {
  let [mean, squares] = [draw(), undefined as tf.Tensor | undefined];
  for (let n = 2; n <= count; n++) {
    const before = [mean, squares];
    [mean, squares] = tf.tidy(() => {
      const y = draw();
      const delta = tf.sub(y, mean);
      const newMean = tf.add(mean, tf.div(delta, n));
      const increment = tf.mul(delta, tf.sub(y, newMean));
      return [newMean, squares ? tf.add(squares, increment) : increment];
    });
    tf.dispose(before.filter((t) => t !== undefined));
  }
  return { mean, deviation: tf.sqrt(tf.div(squares as tf.Tensor, count - 1)) };
}

function checkSameShape(
  what: string,
  set: Pick<ImageSet, 'shape' | 'channels'>,
  shape: readonly number[],
  channels: number,
): void {
  if (formatShape(set.shape) === formatShape(shape) && set.channels === channels) return;
  throw new ShapeError(
    `The ${what} have shape ${formatShape(set.shape)} and ${set.channels} channel(s); this model's have ${formatShape(shape)} and ${channels}. ` +
      'Resize them, or construct a model of their shape.',
  );
}
