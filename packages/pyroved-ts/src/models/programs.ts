/**
 * The parts that the programs of all models share: sampling the latents in the guide and in the model, and observing an
 * image.
 */
import { take } from '@pyro-ts/engine';
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import {
  type Distribution,
  type ELBO,
  type InferConfig,
  module,
  type Net,
  normal,
  OptionError,
  oneHotCategorical,
  ParamStore,
  plate,
  sample,
  scale,
  seed,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';
import { type PoseTensors, poseTransform } from '../coordinates/index.js';
import { type DecoderNet, type Encoded, type EncoderNet, fcDecoder, fcEncoder, spatialNet } from '../nets/index.js';
import { resolveDecoder, resolveEncoder } from '../nets/own.js';
import { encoderOfViews, inView } from '../nets/views.js';
import type { Modes, OwnDraws, PosePart } from '../priors/index.js';
import { poseParts } from '../priors/invariances.js';
import { Latents } from '../priors/latents.js';
import { type Likelihood, likelihoodOf } from './likelihood.js';
import { type ModelOptions, type ResolvedOptions, resolveModel } from './options.js';
import { viewsOf } from './views.js';

/** A number, or a tensor of shape []. */
export type KlWeight = number | tf.Scalar;

/** Weights of the terms of the objective; they may change from step to step. */
export interface Terms {
  /**
   * Weight of the Kullback-Leibler term of the latents, at least 0. pyroVED's scale_factor. As a tensor it may change
   * from step to step without compiling again.
   * @default 1
   */
  readonly klWeight?: KlWeight;
}

/** Any of this package's networks. */
export type AnyNet = Net<never[], unknown>;

/** The networks of a model, by the names under which their parameters are kept. */
export interface ModelNets extends Readonly<Record<string, AnyNet>> {
  readonly encoder_z: EncoderNet;
  readonly decoder: DecoderNet;
}

/** What a kind of model adds to the shared parts. */
export interface ModelParts {
  /** Name in error messages, such as "iVAE". */
  readonly owner: string;
  /** The table of its own options. */
  readonly ownTable: object;
  /** Number of values that the encoder and the decoder are conditioned on: classes plus known factors. */
  readonly condition: number;
  /**
   * Number of classes whose logits the encoder returns beside the latents; the decoder is conditioned on the class.
   * @default none
   */
  readonly discrete?: number;
  /** Default of the option `exactBins`. @default all bins */
  readonly exactBins?: number;
  /** Further networks, by the name under which their parameters are stored. */
  readonly nets: Readonly<Record<string, AnyNet>>;
  /** The parts of the pose. @default those of `poseParts` */
  readonly poseParts?: readonly PosePart[];
}

/**
 * The networks, the parameters and the shared parts of the programs. Every model has its own parameter store. Batch
 * dimensions: images at -1; with `pixels`, images at -2 and pixels at -1.
 */
export abstract class VaePrograms {
  readonly params = new ParamStore();
  readonly options: ResolvedOptions;
  readonly latents: Latents;
  readonly likelihood: Likelihood;
  /** Number of grid points of an image. */
  readonly points: number;
  protected readonly encoder: EncoderNet;
  protected readonly decoder: DecoderNet;
  readonly nets: ModelNets;
  /** Inference configuration of the modes of the guide. */
  private readonly inferMode: InferConfig;

  constructor(options: ModelOptions, parts: ModelParts) {
    const { owner, ownTable, condition, discrete, nets, exactBins } = parts;
    this.options = resolveModel(owner, options, ownTable);
    const { shape, channels, latentDim, invariances, hiddenEncoder, hiddenDecoder, activation, likelihood, kernel } =
      this.options;
    this.latents = new Latents(parts.poseParts ?? poseParts(invariances, shape, this.options), latentDim);
    this.inferMode = inferMode(owner, this.latents.modes, this.options.exactBins, exactBins);
    this.likelihood = likelihoodOf(likelihood, this.options);
    this.points = sizeOf(shape);
    const { encoder, decoder } = this.options;
    const encoding = {
      owner: `${owner}: encoder`,
      shape,
      channels,
      inputs: [this.imageSize, condition],
      joint: this.latents.jointSize,
      own: Object.fromEntries(this.latents.own.map(({ kind, source }) => [kind, source.encoded])),
      ...(discrete !== undefined && { discrete }),
    };
    const net = encoder
      ? resolveEncoder(encoder, encoding)
      : fcEncoder({ ...encoding, hidden: hiddenEncoder, activation });
    const views = parts.poseParts ? undefined : viewsOf(this.options);
    this.encoder = views ? encoderOfViews(net, views) : net;
    const { hasPose } = this.latents;
    const decoding = { owner: `${owner}: decoder`, shape, channels, inputs: [latentDim, condition, discrete ?? 0] };
    const layers = { ...decoding, hidden: hiddenDecoder, activation };
    if (decoder === 'template') throw unsupportedTemplate(owner);
    if (decoder) this.decoder = resolveDecoder(decoder, { ...decoding, hasPose });
    else this.decoder = hasPose ? spatialNet({ ...layers, kernel }) : fcDecoder(layers);
    const { net: likelihoodNet } = this.likelihood;
    this.nets = {
      ...{ encoder_z: this.encoder, decoder: this.decoder },
      ...(likelihoodNet && { likelihood: likelihoodNet }),
      ...nets,
    };
    this.initialise(this.nets);
  }

  /** Number of values of one image, channels * points. */
  get imageSize(): number {
    return this.options.channels * this.points;
  }

  /** Number of nested plates of the programs. */
  get plateNesting(): number {
    return this.options.pixels === undefined ? 1 : 2;
  }

  /** The objective for training these programs. */
  elbo(): ELBO {
    const maxPlateNesting = this.plateNesting;
    return this.latents.modes === undefined
      ? new TraceELBO({ maxPlateNesting })
      : new TraceEnumELBO({ maxPlateNesting, strictEnumerationWarning: false });
  }

  /** Frees the parameters. The model can't be used afterwards. */
  dispose(): void {
    this.params.dispose();
  }

  private initialise(nets: Readonly<Record<string, AnyNet>>): void {
    // The store handles a parameter message before handlers outside of it see it, so the seed goes inside.
    tf.tidy(() =>
      this.params.run(() =>
        seed.with(this.options.seed, () => {
          for (const [name, net] of Object.entries(nets)) module(name, net);
        }),
      ),
    );
  }

  /** The plate over the images of a batch. */
  protected images<R>(x: tf.Tensor, body: () => R): R {
    return plate('data', x.shape[0], { dim: -this.plateNesting }, body);
  }

  /**
   * q(latents | parts), for use in the guide. `parts` are images [B, size] and, in some models, classes
   * [..., B or 1, K]. Returns the output of the encoder.
   */
  protected guideLatents(site: string, parts: readonly tf.Tensor[], { klWeight = 1 }: Terms): Encoded {
    const encoded = module('encoder_z', this.encoder)(parts);
    return scale.with(klWeight, () => {
      const mode = this.guideMode(encoded);
      const chosen = mode ? inView(encoded, this.fromSite(mode, 1)) : encoded;
      sample(site, normal(this.toSite(chosen.loc), this.toSite(chosen.scale)).toEvent(1));
      for (const { kind, source } of this.latents.own) {
        sample(kind, source.guide(this.toSite(chosen.own[kind] as tf.Tensor), mode));
      }
      return chosen;
    });
  }

  /** q(mode | image), sampled or summed out, if the guide has modes. */
  private guideMode({ own }: Encoded): tf.Tensor | undefined {
    const { modes, modal } = this.latents;
    if (!modes || !modal) return undefined;
    const logits = this.toSite(modes.logits(own[modal] as tf.Tensor));
    return sample(modes.site, oneHotCategorical({ logits }), { infer: this.inferMode });
  }

  /** The prior of the joint latent. @default standard normal */
  protected jointPrior(): Distribution {
    return normal(0, 1).expand([this.latents.jointSize]).toEvent(1);
  }

  /** p(latents), for use in the model. The content is [..., B, latentDim]. */
  protected modelLatents(site: string, { klWeight = 1 }: Terms): { pose: PoseTensors; content: tf.Tensor } {
    return scale.with(klWeight, () => {
      const joint = sample(site, this.jointPrior());
      const own: OwnDraws = {};
      for (const { kind, source } of this.latents.own) {
        const prior = source.prior();
        const drawn = sample(kind, prior);
        if (source.modes) sample(source.modes.site, source.modes.prior(drawn));
        own[kind] = this.fromSite(drawn, prior.eventShape.length);
      }
      return this.latents.split(this.fromSite(joint, 1), own);
    });
  }

  /**
   * p(x | latents), for use in the model. `parts` are the content and, in some models, classes; x is
   * [B, channels * points].
   */
  protected observe(site: string, parts: readonly tf.Tensor[], pose: PoseTensors, x: tf.Tensor): void {
    const target = this.pixelsOf(x);
    const decode = module('decoder', this.decoder);
    const transform = poseTransform(pose);
    const { pixels } = this.options;
    if (pixels === undefined) {
      sample(site, this.likelihood.distribution(decode({ parts, transform })).toEvent(2), { obs: target });
      return;
    }
    plate('pixels', this.points, { subsampleSize: pixels, dim: -1 }, (chosen) => {
      const output = decode({ parts, transform, pixels: chosen });
      sample(site, this.likelihood.distribution(output).toEvent(1), { obs: take(target, chosen, 1) });
    });
  }

  /** Moves the channels of images [B, channels * points] last: [B, points, channels]. */
  private pixelsOf(x: tf.Tensor): tf.Tensor {
    const { channels } = this.options;
    if (channels === 1) return tf.reshape(x, [x.shape[0], this.points, 1]);
    return tf.transpose(tf.reshape(x, [x.shape[0], channels, this.points]), [0, 2, 1]);
  }

  /** Per-image values [..., B, n] with the batch dimensions of a site: with `pixels`, [..., B, 1, n]. */
  protected toSite(x: tf.Tensor): tf.Tensor {
    return this.plateNesting === 1 ? x : tf.expandDims(x, -2);
  }

  /** The inverse of `toSite` for the value of a site. */
  protected fromSite(x: tf.Tensor, eventRank: number): tf.Tensor {
    return this.plateNesting === 1 ? x : tf.squeeze(x, [x.rank - eventRank - 1]);
  }
}

const unsupportedTemplate = (owner: string): OptionError =>
  new OptionError(
    `${owner}: decoder "template" is supported only by the semi-supervised model with recognition. Use ssiVAE({ decoder: 'template', recognition: {} }).`,
  );

/** Sums over all modes, or over the `exactBins` likeliest ones and one weighted draw from the rest. */
function inferMode(
  owner: string,
  modes: Modes | undefined,
  exactBins: number | undefined,
  defaultExactBins: number | undefined,
): InferConfig {
  if (exactBins !== undefined && !modes) {
    throw new OptionError(`${owner}: exactBins requires angleGuide "binned". Set that guide, or omit exactBins.`);
  }
  if (
    exactBins !== undefined &&
    modes &&
    (!Number.isInteger(exactBins) || exactBins < 1 || exactBins > modes.angles.length)
  ) {
    throw new OptionError(`${owner}: exactBins must be an integer from 1 to ${modes.angles.length}; got ${exactBins}.`);
  }
  const exactClasses = exactBins ?? defaultExactBins;
  return exactClasses === undefined
    ? { enumerate: 'parallel', expand: false }
    : { enumerate: 'sum-and-sample', exactClasses };
}
