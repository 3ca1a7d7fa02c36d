/**
 * Explaining images by templates: for each image and class, from the proposals of recognition to the refined pose and
 * its evidence.
 */
import * as tf from '@tensorflow/tfjs';
import { OptionError, RandomStream } from 'pyro-ts';
import { rowDeviations } from 'pyro-ts/internal';
import { orderedBatches } from '../data/batches.js';
import { gather, type ImageSet, type StreamedSet } from '../data/index.js';
import type { Recognised, RecognitionNet } from '../nets/index.js';
import { recognitionNet } from '../nets/recognition.js';
import type { AnglePrior } from '../priors/index.js';
import { namedAngle } from '../priors/namedAngles.js';
import { templatesOf } from '../templates/decoder.js';
import {
  bestCandidates,
  type Candidates,
  type Explanations,
  explain,
  selected,
  somePixels,
  type TemplateScene,
} from '../templates/explain.js';
import { displacementOf } from '../templates/geometry.js';
import { type TemplatePriors, templateRows } from '../templates/rows.js';
import { tidyHost } from '../tidyHost.js';
import { bodyFor } from './recognitionNetworks.js';
import type { SemiSupervisedOptions } from './ssivae.js';
import { TemplatePrograms } from './templatePrograms.js';

/** The best explanation of each image by each class, row major. */
export interface ClassExplanations {
  readonly count: number;
  /** log p(image, class) in nats, [count, K]. */
  readonly evidence: Float64Array;
  /** Angle, rightward and downward displacement (half widths), content: [count, K, 3 + C]. */
  readonly theta: Float64Array;
  /** Standard deviations of `theta` by Laplace's approximation, same shape. */
  readonly spread: Float64Array;
  /** log q(class | image) of the recognition network, [count, K]. */
  readonly recognised: Float32Array;
  /** The picture of the class that explains the image best, to which `theta` and `spread` belong, [count, K]. */
  readonly template: Int32Array;
}

/** Batch size of the refinement. */
const EXPLAINED_AT_ONCE = 64;

/**
 * Coarse to fine: number of bins refined for each class, number of steps, number of pixels, and the blur (for images of
 * 48 pixels).
 */
const STAGES = [
  { bins: 6, steps: 3, pixels: 256, blur: 1.5 },
  { bins: 2, steps: 3, pixels: 1152, blur: 0 },
  // Classes are compared on all pixels, since a subsample would amplify the noise of its pixels.
  { bins: 1, steps: 2, pixels: Number.POSITIVE_INFINITY, blur: 0 },
] as const;

/** See `TemplateSSIVAE`. */
export abstract class TemplateExplanations extends TemplatePrograms {
  /** The recognition network applied to its views and those between them. */
  private readonly everyView: RecognitionNet;

  constructor(options: SemiSupervisedOptions) {
    super(options);
    const { numClasses, recognition, kernel } = this;
    const { shape, channels, latentDim } = this.options;
    const { angles, anglesBetween, viewShape } = recognition;
    const body = bodyFor(recognition, channels, kernel);
    const looks = { shape, channels, numClasses, viewShape, body, contents: latentDim };
    this.everyView = recognitionNet({ ...looks, angles: [...angles, ...anglesBetween] });
  }

  /**
   * Images and pictures blurred by `pixels`, with the priors of the latents. Its tensors belong to the caller's tidy.
   * @param pictures [g, channels, height, width]
   * @default those of the model
   */
  scene(x: tf.Tensor, pixels: number, pictures?: tf.Tensor): TemplateScene {
    return this.sceneOf(this.blurredImages(x, pixels), pixels, pictures);
  }

  /** `scene` for images that are already blurred. */
  sceneOf(
    images: tf.Tensor,
    pixels: number,
    pictures = this.params.get('decoder.pictures'),
    anglePrior = this.options.anglePrior,
  ): TemplateScene {
    const { params } = this;
    const weights = { pictures, field: params.get('decoder.field'), blur: params.get('decoder.blur') };
    return {
      templates: templatesOf(weights, pixels),
      images: images as tf.Tensor2D,
      priors: this.templatePriors(anglePrior),
      ...(this.kernel && { kernel: this.kernel }),
    };
  }

  private recogniseWith(net: RecognitionNet, x: tf.Tensor): Recognised {
    const names = Object.keys(net.parameters);
    return net.apply(Object.fromEntries(names.map((name) => [name, this.params.get(`encoder_y.${name}`)])), x);
  }

  /**
   * The latents that recognition proposes for every picture and bin of images x [n, channels * points], and log q(class
   * | x) [n, K].
   * @param between whether log q also uses the views between the bins, as `classLogits` does. Poses are proposed only
   * for the bins: with more of them, the few that are refined would be too similar.
   */
  proposals(x: tf.Tensor, between = false): { found: Candidates; recognised: Float32Array } {
    const { shape, latentDim } = this.options;
    const { angles } = this.recognition;
    const { numClasses, pictureCount } = this;
    const { perClass } = this.templates;
    const [views, dim] = [angles.length, 3 + latentDim];
    const { logits, angle, centre, content } = tidyHost(() => {
      const seen = between ? this.recogniseWith(this.everyView, x) : this.recognise(x);
      const read = (t: tf.Tensor): Float32Array => t.dataSync<'float32'>().slice();
      const ofBins = (t: tf.Tensor): Float32Array =>
        read(tf.slice(t, [0, 0, 0, 0], [x.shape[0], views, numClasses, t.shape[3] as number]));
      return {
        ...{ logits: read(classLogs(seen.logits, views)), angle: ofBins(seen.angle), centre: ofBins(seen.centre) },
        content: seen.content ? ofBins(seen.content) : new Float32Array(x.shape[0] * views * numClasses * latentDim),
      };
    });
    const count = x.shape[0];
    const theta = new Float64Array(count * pictureCount * views * dim);
    for (let image = 0; image < count; image++) {
      for (let view = 0; view < views; view++) {
        for (let p = 0; p < pictureCount; p++) {
          const from = (image * views + view) * numClasses + Math.floor(p / perClass);
          const to = ((image * pictureCount + p) * views + view) * dim;
          theta[to] = angles[view] + Math.atan2(angle[2 * from + 1], angle[2 * from]);
          // The centre, rotated from the frame of the view to that of the image; see `RecognitionSSIVAE.proposalFor`.
          const [right, down] = displacementOf(angles[view], -centre[2 * from], -centre[2 * from + 1], shape);
          theta.set([right, down], to + 1);
          for (let c = 0; c < latentDim; c++) theta[to + 3 + c] = content[from * latentDim + c];
        }
      }
    }
    return { found: { count, pictures: pictureCount, candidates: views, dim, theta }, recognised: logits };
  }

  /**
   * The cost that refinement minimises, at the given pose and content: -log p(x, pose, z | class) in nats, [n]. The
   * density of the shift is with respect to displacements in half widths of the image.
   * @param rows angle [n], shift [n, 2] and content [n, latentDim], row major
   */
  costsOf(
    x: tf.Tensor2D,
    classes: Int32Array,
    { angle, shift, content }: Readonly<Record<'angle' | 'shift' | 'content', ArrayLike<number>>>,
  ): Float64Array {
    const { shape, latentDim } = this.options;
    const theta = new Float64Array(classes.length * (3 + latentDim));
    for (let i = 0; i < classes.length; i++) {
      const place = displacementOf(angle[i], shift[2 * i], shift[2 * i + 1], shape);
      const own = Array.from({ length: latentDim }, (_, c) => content[i * latentDim + c]);
      theta.set([angle[i], ...place, ...own], i * (3 + latentDim));
    }
    return tidyHost(() => {
      const { priors, ...scene } = this.scene(x, this.blur);
      const image = Int32Array.from(classes.keys());
      return Float64Array.from(templateRows({ ...scene, image, picture: classes }, priors).at(theta).cost);
    });
  }

  /**
   * Explains each image by each class, coarse to fine: the best bins on blurred images, then the best of those on sharp
   * images.
   */
  explainBatch(x: tf.Tensor, anglePrior = this.options.anglePrior): ClassExplanations {
    const { shape } = this.options;
    const rng = new RandomStream('pixels of explanations');
    const { found, recognised } = this.proposals(x, true);
    const { count } = found;
    const prior = Array.from(this.classPrior(), Math.log);
    return tidyHost(() => {
      const [coarse, sharp, last] = STAGES.map(({ bins, steps, pixels: most, blur }) => {
        const width = (blur * Math.max(...shape)) / 48;
        const scene = this.sceneOf(this.blurredImages(x, width), width, undefined, anglePrior);
        const pixels = somePixels(this.points, most, rng);
        return { refine: (from: Candidates) => explain(scene, from, steps, pixels), scene, pixels, bins };
      });
      const best = (from: Explanations, bins: number): Candidates =>
        selected(from, Math.min(bins, from.candidates), (row) => from.evidence[row]);
      const rough = coarse.refine(bestCandidates(coarse.scene, found, coarse.bins, coarse.pixels));
      const refined = last.refine(best(sharp.refine(best(rough, sharp.bins)), last.bins));
      return { count, ...byClass(refined, this.templates.perClass, prior), recognised };
    });
  }

  /**
   * `explainBatch` of every image of a set.
   * @param anglePrior
   * @default the prior of the model
   */
  explainImages(set: ImageSet | StreamedSet, anglePrior = this.options.anglePrior): ClassExplanations {
    this.checkImages(set);
    const { numClasses, options, imageSize } = this;
    const size = numClasses * (3 + options.latentDim);
    const found = {
      count: set.count,
      evidence: new Float64Array(set.count * numClasses),
      theta: new Float64Array(set.count * size),
      spread: new Float64Array(set.count * size),
      recognised: new Float32Array(set.count * numClasses),
      template: new Int32Array(set.count * numClasses),
    };
    for (const indices of orderedBatches(set.count, EXPLAINED_AT_ONCE)) {
      const x = tf.tensor2d(gather(set, indices), [indices.length, imageSize]);
      const part = this.explainBatch(x, anglePrior);
      x.dispose();
      found.evidence.set(part.evidence, indices[0] * numClasses);
      found.recognised.set(part.recognised, indices[0] * numClasses);
      found.template.set(part.template, indices[0] * numClasses);
      found.theta.set(part.theta, indices[0] * size);
      found.spread.set(part.spread, indices[0] * size);
    }
    return found;
  }

  private templatePriors(anglePrior: AnglePrior = 'uniform'): TemplatePriors {
    const angle = namedAngle(anglePrior);
    if (!angle) throw new OptionError('A template model requires a named angle prior; got a custom one.');
    const { shape, shiftPrior = 0.1 } = this.options;
    const sigma = this.params.get('likelihood.sigma').dataSync()[0];
    const [height, width] = shape.map((n) => ((shiftPrior as number) * (n - 1)) / n);
    return {
      ...{ sigma, bending: this.templates.bending, displacement: [width, height] },
      angle: angle.penalty(),
    };
  }
}

/**
 * Reduces explanations by pictures, one candidate each, to classes: the evidence of a class is the mean over its
 * pictures, its latents are those of the best one.
 */
function byClass({ count, pictures, dim, evidence, theta, refined }: Explanations, perClass: number, prior: number[]) {
  const classes = pictures / perClass;
  const found = {
    evidence: new Float64Array(count * classes),
    theta: new Float64Array(count * classes * dim),
    spread: new Float64Array(count * classes * dim),
    template: new Int32Array(count * classes),
  };
  for (let group = 0; group < count * classes; group++) {
    const own = evidence.subarray(group * perClass, (group + 1) * perClass);
    const template = own.indexOf(Math.max(...own));
    const row = group * perClass + template;
    const others = own.reduce((sum, e) => sum + Math.exp(e - evidence[row]), 0);
    found.evidence[group] = evidence[row] + Math.log(others / perClass) + prior[group % classes];
    found.theta.set(theta.subarray(row * dim, (row + 1) * dim), group * dim);
    found.spread.set(rowDeviations(refined, row), group * dim);
    found.template[group] = template;
  }
  return found;
}

/**
 * log q(class | image) [B, K] from pair logits [B, V, K]: the class probabilities of the first `views` views and of the
 * others are averaged.
 */
function classLogs(pairs: tf.Tensor, views: number): tf.Tensor {
  const others = (pairs.shape[1] as number) - views;
  const parts = others > 0 ? tf.split(pairs, [views, others], 1) : [pairs];
  const logs = parts.map((part) => tf.logSoftmax(tf.logSumExp(part, 1)));
  return logs.length === 1 ? logs[0] : tf.sub(tf.logSumExp(tf.stack(logs), 0), Math.log(2));
}
