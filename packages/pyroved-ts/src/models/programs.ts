/** The programs that all models are made of: how the guide draws the latents, how the model does, and how an image is observed. */
import { take } from '@pyro-ts/engine';
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import {
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
import {
  type DecoderNet,
  type Encoded,
  type EncoderNet,
  encoderOfViews,
  fcDecoder,
  fcEncoder,
  inView,
  resolveDecoder,
  resolveEncoder,
  spatialNet,
} from '../nets/index.js';
import { Latents, type Modes, type OwnDraws, type PosePart, poseParts } from '../priors/index.js';
import { type Likelihood, likelihoodOf } from './likelihood.js';
import { type ModelOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { viewsOf } from './views.js';

/** Weights of the terms of the objective; they may change from step to step. */
export interface Terms {
  /** Weight of the latents' Kullback-Leibler term, 0 or more; 1. pyroVED's scale_factor. */
  readonly klWeight?: number;
}

/** Any of this package's networks. */
export type AnyNet = Net<never[], unknown>;

/** The networks of a model, by the names under which their parameters are kept. */
export interface ModelNets extends Readonly<Record<string, AnyNet>> {
  readonly encoder_z: EncoderNet;
  readonly decoder: DecoderNet;
}

/** What a kind of model adds to what all share. */
export interface ModelParts {
  /** As in messages: "iVAE". */
  readonly owner: string;
  readonly optionKeys: readonly string[];
  /** Size of what the encoder and the decoder are given beside image and content: the number of classes and of known numbers. */
  readonly condition: number;
  /** Number of classes whose logits the encoder gives beside the latents, one of which conditions the decoder. @default none */
  readonly discrete?: number;
  /** How many bins of the angle are summed exactly where `exactBins` does not say. @default all */
  readonly exactBins?: number;
  /** Further networks, by the names under which their parameters are kept. */
  readonly nets: Readonly<Record<string, AnyNet>>;
  /** The parts of the pose. @default those of `poseParts` */
  readonly poseParts?: readonly PosePart[];
}

/**
 * Networks, parameters and the shared pieces of the programs. Every model has a parameter store of its own. Batch dimensions: images at -1; with
 * `pixels`, images at -2 and pixels at -1.
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
  /** How the modes of the guide are summed out. */
  private readonly inferMode: InferConfig;

  constructor(options: ModelOptions, parts: ModelParts) {
    const { owner, optionKeys, condition, discrete, nets, exactBins } = parts;
    this.options = resolveOptions(owner, options, optionKeys);
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
    if (decoder === 'template') throw templatesElsewhere(owner);
    if (decoder) this.decoder = resolveDecoder(decoder, { ...decoding, hasPose });
    else this.decoder = hasPose ? spatialNet({ ...layers, kernel }) : fcDecoder(layers);
    const { net: ofLikelihood } = this.likelihood;
    this.nets = {
      ...{ encoder_z: this.encoder, decoder: this.decoder },
      ...(ofLikelihood && { likelihood: ofLikelihood }),
      ...nets,
    };
    this.initialise(this.nets);
  }

  /** Values of one image: channels times points. */
  get imageSize(): number {
    return this.options.channels * this.points;
  }

  /** Number of plates that the programs nest. */
  get plateNesting(): number {
    return this.options.pixels === undefined ? 1 : 2;
  }

  /** The objective that these programs are trained on. */
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
    // The store answers a parameter as soon as it sees it, so the seed goes inside.
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

  /** q(latents | parts): inside the guide. `parts` are images [B, size], and perhaps classes [..., B or 1, K]. Returns what the encoder said. */
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

  /** q(mode | image), drawn or summed out, where the guide has modes. */
  private guideMode({ own }: Encoded): tf.Tensor | undefined {
    const { modes, modal } = this.latents;
    if (!modes || !modal) return undefined;
    const logits = this.toSite(modes.logits(own[modal] as tf.Tensor));
    return sample(modes.site, oneHotCategorical({ logits }), { infer: this.inferMode });
  }

  /** p(latents): inside the model. The content is [..., B, latentDim]. */
  protected modelLatents(site: string, { klWeight = 1 }: Terms): { pose: PoseTensors; content: tf.Tensor } {
    return scale.with(klWeight, () => {
      const joint = sample(site, normal(0, 1).expand([this.latents.jointSize]).toEvent(1));
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

  /** p(x | latents): inside the model. `parts` are content and perhaps classes, x is [B, channels * points]. */
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

  /** Images [B, channels * points] with the channels last: [B, points, channels]. */
  private pixelsOf(x: tf.Tensor): tf.Tensor {
    const { channels } = this.options;
    if (channels === 1) return tf.reshape(x, [x.shape[0], this.points, 1]);
    return tf.transpose(tf.reshape(x, [x.shape[0], channels, this.points]), [0, 2, 1]);
  }

  /** Per-image numbers [..., B, n] as a site's parameter or value: with `pixels`, [..., B, 1, n]. */
  protected toSite(x: tf.Tensor): tf.Tensor {
    return this.plateNesting === 1 ? x : tf.expandDims(x, -2);
  }

  /** The reverse for a site's value. */
  protected fromSite(x: tf.Tensor, eventRank: number): tf.Tensor {
    return this.plateNesting === 1 ? x : tf.squeeze(x, [x.rank - eventRank - 1]);
  }
}

const templatesElsewhere = (owner: string): OptionError =>
  new OptionError(
    `${owner}: decoder "template" belongs to the semi-supervised model with recognition. Make it by ssiVAE({ decoder: 'template', recognition: {} }).`,
  );

/** Sums over all modes, or over the likeliest `asked` (by default `usual`) and one weighted draw of the rest. */
function inferMode(
  owner: string,
  modes: Modes | undefined,
  asked: number | undefined,
  usual: number | undefined,
): InferConfig {
  if (asked !== undefined && !modes) {
    throw new OptionError(
      `${owner}: exactBins belongs to angleGuide "binned". Ask for that guide, or leave exactBins out.`,
    );
  }
  if (asked !== undefined && modes && (!Number.isInteger(asked) || asked < 1 || asked > modes.angles.length)) {
    throw new OptionError(`${owner}: exactBins is a whole number from 1 to ${modes.angles.length}, not ${asked}.`);
  }
  const exactClasses = asked ?? usual;
  return exactClasses === undefined
    ? { enumerate: 'parallel', expand: false }
    : { enumerate: 'sum-and-sample', exactClasses };
}
