/**
 * Recognition of class and pose, and its correction by the encoder: the parts of a model with recognition other than its
 * generative model.
 */
import { affineSample } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { type InferConfig, module, normal, oneHotCategorical, plate, sample, scale, vonMises } from 'pyro-ts';
import { directionOf } from '../coordinates/index.js';
import { uprightMap } from '../coordinates/pixelMap.js';
import type { Recognised, RecognitionNet } from '../nets/index.js';
import { recognitionNet } from '../nets/recognition.js';
import type { RefinedPart } from '../priors/index.js';
import { refinedParts } from '../priors/refined.js';
import { ClassBins, meanOfTwo } from './classBins.js';
import {
  type ConsistentImages,
  centreOfPart,
  difference,
  inGuideOrder,
  type KnownPose,
  knownValue,
  type LinearMap,
  type Proposal,
  placeOf,
  rotated,
  wrapAngle,
} from './recognisedPose.js';
import { bodyFor, checkRecognition, checkViews } from './recognitionNetworks.js';
import { type ResolvedRecognition, resolveRecognition } from './recognitionOptions.js';
import { type SemiSupervisedOptions, type SemiSupervisedTerms, SSIVAE } from './ssivae.js';

/**
 * Networks of a subclass that replace the encoder and the decoder, and the number of content latents that its
 * recognition network infers.
 */
export interface RecognitionParts extends Pick<SemiSupervisedOptions, 'encoder' | 'decoder' | 'likelihood'> {
  readonly contents?: number;
}

/** The recognition network, its proposals, and the encoder that corrects them. See `RecognitionSSIVAE`. */
export abstract class PoseRecognition extends SSIVAE {
  readonly recognition: ResolvedRecognition;
  protected readonly recogniser: RecognitionNet;
  protected readonly parts: readonly RefinedPart[];
  protected readonly bins: ClassBins;
  /**
   * Pairs are sampled by default, or summed over if an option says so; the network that infers them gets no gradient.
   */
  protected readonly inferPair: InferConfig;

  /** @param own networks of a subclass, which replace those described by the options */
  constructor(options: SemiSupervisedOptions, own: RecognitionParts = {}) {
    checkRecognition(options);
    const { shape, channels = 1, invariances = [], numClasses, kernel } = options;
    const recognition = resolveRecognition(options.recognition ?? {}, shape, invariances);
    checkViews(recognition, channels);
    const { angles, anglesBetween, viewShape } = recognition;
    const body = bodyFor(recognition, channels, kernel);
    const { contents, ...networks } = own;
    const looks = { shape, channels, numClasses, viewShape, body };
    const net = recognitionNet({ ...looks, angles, contents });
    const everyView = recognitionNet({ ...looks, angles: [...angles, ...anglesBetween] });
    const parts = refinedParts(invariances, shape, options);
    const classifier = {
      parameters: net.parameters,
      apply: (weights: Readonly<Record<string, tf.Tensor>>, x: tf.Tensor) =>
        meanOfTwo(everyView.apply(weights, x).logits, angles.length),
    };
    super({ ...options, ...networks }, { classifier, net, poseParts: parts });
    this.recognition = recognition;
    this.recogniser = net;
    this.bins = new ClassBins(angles, numClasses);
    this.parts = parts;
    this.inferPair = options.enumerate ? this.inferClass : {};
  }

  /**
   * The output of the recognition network, without gradient. Its weights are constants here, not parameters of the
   * program, because an optimiser with momentum would move parameters whose gradient is 0.
   */
  protected recognise(x: tf.Tensor): Recognised {
    const names = Object.keys(this.recogniser.parameters);
    const weights = Object.fromEntries(names.map((name) => [name, this.params.get(`encoder_y.${name}`)]));
    return this.recogniser.apply(weights, x);
  }

  /** q(class, bin | x), or q(bin | x, class) if y is known: one-hot pairs [..., B, V * K]. */
  protected guidePair(seen: Recognised, y: tf.Tensor | undefined): tf.Tensor {
    const infer = this.inferPair;
    if (!y) {
      const logits = this.toSite(this.bins.flat(seen.logits));
      return this.fromSite(sample('class_bin', oneHotCategorical({ logits }), { infer }), 1);
    }
    if (this.recognition.angles.length === 1) return y;
    const logits = this.toSite(tf.sum(tf.mul(seen.logits, tf.expandDims(y, 1)), -1));
    const bin = this.fromSite(sample('angle_bin', oneHotCategorical({ logits }), { infer }), 1);
    return this.bins.pairs(bin, y);
  }

  /** The one-hot pairs of known classes and poses. */
  protected pairOf(y: tf.Tensor, { angle }: KnownPose): tf.Tensor {
    return this.bins.angles.length === 1 ? y : this.bins.pairs(this.bins.binOf(angle), y);
  }

  /** The pose that the network proposes for the given pair of each image. */
  protected proposalFor(seen: Recognised, pair: tf.Tensor): Proposal {
    const y = this.bins.classOf(pair);
    const pick = (t: tf.Tensor): tf.Tensor => this.bins.entry(t, pair);
    const vector = pick(seen.angle);
    const [cos, sin] = tf.unstack(vector, -1);
    const residual = tf.atan2(sin, cos);
    const has = (kind: string): boolean => this.parts.some((part) => part.kind === kind);
    const centre = has('shift') ? pick(seen.centre) : undefined;
    if (!has('angle')) return { y, ...(centre && { shift: tf.neg(centre) }) };
    const angle = tf.add(this.bins.viewAngle(pair), residual);
    const angleScale = tf.pow(tf.add(tf.sum(tf.square(vector), -1), 1e-6), -0.25);
    // The pose maps the centre u0 in the view to the origin: u0 R(residual) + shift = 0.
    return { y, angle, angleScale, ...(centre && { shift: tf.neg(rotated(centre, directionOf(residual))) }) };
  }

  /** log q(pose | x, class, bin) of the network: a von Mises angle and a normal centre. */
  protected recognisedPose(seen: Recognised, pair: tf.Tensor, pose: KnownPose): void {
    const pick = (t: tf.Tensor): tf.Tensor => this.bins.entry(t, pair);
    const { tolerance } = this.recognition;
    const view = this.bins.viewAngle(pair);
    const remaining = tf.sub(pose.angle, view);
    if (this.parts.some(({ kind }) => kind === 'angle')) {
      const vector = pick(seen.angle);
      const [cos, sin] = tf.unstack(vector, -1);
      const concentration = tf.add(tf.sqrt(tf.add(tf.sum(tf.square(vector), -1), 1e-6)), 1e-3);
      // The known angle is uncertain by the tolerance.
      const observed = tf.div(1, tf.add(tf.div(1, concentration), tolerance ** 2));
      sample('angle', vonMises(this.toSite1(tf.atan2(sin, cos)), this.toSite1(observed)), {
        obs: this.toSite1(wrapAngle(remaining)),
      });
    }
    if (this.parts.some(({ kind }) => kind === 'shift')) {
      const isImage = this.options.shape.length === 2;
      const place = placeOf(this.latentPose(pose));
      const centre = isImage ? rotated(place, directionOf(tf.neg(remaining))) : place;
      const spread = pick(tf.expandDims(seen.centreScale, -1));
      sample('centre', normal(this.toSite(pick(seen.centre)), this.toSite(spread)).toEvent(1), {
        obs: this.toSite(centre),
      });
    }
  }

  /** The known pose without the scale and the shear if the model has no latents for them. */
  private latentPose({ shift, ...pose }: KnownPose): Pick<KnownPose, 'shift' | 'scale' | 'shear'> {
    const of = (kind: 'scale' | 'shear') => (this.parts.some((part) => part.kind === kind) ? pose[kind] : undefined);
    return { shift, scale: of('scale'), shear: of('shear') };
  }

  /** log q(class | x) of images whose class was recognised at a different pose. */
  protected consistency({ x, y, weights, kept }: ConsistentImages): void {
    plate('consistent', x.shape[0], { dim: -this.plateNesting }, () => {
      const logits = this.toSite(tf.logSumExp(module('encoder_y', this.recogniser)(x, kept).logits, 1));
      scale.with(this.toSite1(weights), () =>
        sample('class_again', oneHotCategorical({ logits }), { obs: this.toSite(y) }),
      );
    });
  }

  /** Numbers [..., B] with the batch dimensions of a site. */
  protected toSite1(x: tf.Tensor): tf.Tensor {
    return this.toEventSite(x, 0);
  }

  // Correction and content.

  /** The output of the encoder for images transformed to upright by the proposal. */
  protected encodeUpright(x: tf.Tensor, { y, angle, shift }: Proposal) {
    const { shape, channels } = this.options;
    const known = { ...(angle && { angle: directionOf(angle) }), ...(shift && { shift }) };
    const lead = angle ? angle.shape : (shift ?? y).shape.slice(0, -1);
    const upright =
      angle || shift
        ? tf.reshape(affineSample(x, shape, channels, uprightMap(known, shape)), [...lead, this.imageSize])
        : x;
    return module('encoder_z', this.encoder)([upright, y]);
  }

  protected guidePose(x: tf.Tensor, proposal: Proposal, { klWeight = 1 }: SemiSupervisedTerms): void {
    const { loc, scale: spread, own } = this.encodeUpright(x, proposal);
    scale.with(klWeight, () => {
      const map: { -readonly [K in keyof LinearMap]: LinearMap[K] } = {};
      for (const part of inGuideOrder(this.parts)) {
        const { kind } = part;
        const numbers = own[kind] as tf.Tensor;
        if (kind === 'angle') {
          const angle = proposal.angle as tf.Tensor;
          const posterior = part.posterior(this.toSite1(angle), this.toSite(numbers));
          const drawn = this.fromSite(sample('angle', posterior), posterior.eventShape.length);
          map.turned = difference(part.toPose(drawn), directionOf(angle));
        } else {
          const around = this.toSite(centreOfPart(part, proposal, map, numbers));
          const drawn = sample(kind, part.posterior(around, this.toSite(numbers)));
          if (kind !== 'shift') map[kind] = part.toPose(this.fromSite(drawn, 1));
        }
      }
      sample('z', normal(this.toSite(loc), this.toSite(spread)).toEvent(1));
    });
  }

  /** log q of a known pose under the encoder's correction of the proposal. */
  protected corrections(x: tf.Tensor, proposal: Proposal, pose: KnownPose): void {
    const { own } = this.encodeUpright(x, proposal);
    const { scale: size, shear } = this.latentPose(pose);
    const turned = proposal.angle && difference(directionOf(pose.angle), directionOf(proposal.angle));
    for (const part of this.parts) {
      const value = knownValue(pose, part.kind);
      if (!value) continue;
      const numbers = own[part.kind] as tf.Tensor;
      const isAngle = part.kind === 'angle';
      const around = isAngle
        ? this.toSite1(proposal.angle as tf.Tensor)
        : this.toSite(centreOfPart(part, proposal, { turned, scale: size, shear }, numbers));
      const posterior = part.posterior(around, this.toSite(numbers));
      sample(`${part.kind}_known`, posterior, {
        obs: this.toEventSite(part.known(value), posterior.eventShape.length),
      });
    }
  }

  /** A value [B, ...event] with the dimensions of the plates. */
  protected toEventSite(x: tf.Tensor, eventRank: number): tf.Tensor {
    return this.plateNesting === 1 ? x : tf.expandDims(x, x.rank - eventRank);
  }
}
