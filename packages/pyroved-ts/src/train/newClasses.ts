/**
 * Classes without labelled images in the training of a template model: when each gets its first picture, and which have
 * one.
 */
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from 'pyro-ts';
import { gather } from '../data/index.js';
import type { TemplateSSIVAE } from '../models/index.js';
import { anyAngle } from '../templates/anyAngle.js';
import type { Candidates, Explanations } from '../templates/explain.js';
import { newPicture } from '../templates/newPicture.js';
import { tidyHost } from '../tidyHost.js';
import { imageTensor, type TrainingImages } from './data.js';
import { explainTraining } from './templateExplaining.js';

/**
 * As fractions of the joint steps: they get their first pictures from `from` on, within `within`, from so many
 * `images`; until `proposed` after that, their poses are proposed without recognition.
 */
const FOUND = { from: 0.15, within: 0.3, images: 400, proposed: 0.2 } as const;

export class NewClasses {
  /** Classes without labelled images, in the order in which they get a picture. */
  private readonly labels: readonly number[];
  /** Number of these classes that have a picture. */
  found = 0;

  constructor(
    private readonly model: TemplateSSIVAE,
    labelled: ArrayLike<number>,
  ) {
    const withLabels = new Set(Array.from(labelled));
    this.labels = Array.from({ length: model.numClasses }, (_, k) => k).filter((k) => !withLabels.has(k));
  }

  /** Whether a class already has a picture. */
  isKnown(label: number): boolean {
    return !this.labels.includes(label, this.found);
  }

  /** The largest evidence of each image among the classes that have a picture. */
  bestKnown({ evidence, count, pictures, candidates }: Explanations): Float64Array {
    const { perClass } = this.model.templates;
    const best = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    evidence.forEach((e, row) => {
      const group = Math.floor(row / candidates);
      const image = Math.floor(group / pictures);
      if (this.isKnown(Math.floor((group % pictures) / perClass))) best[image] = Math.max(best[image], e);
    });
    return best;
  }

  /** Gives a picture to the next class when it is due. @param progress of the joint steps, from 0 to 1 */
  findNext(unlabelled: TrainingImages, progress: number, stream: RandomStream): void {
    const { model, labels, found } = this;
    if (found === labels.length) return;
    if (progress < FOUND.from + (FOUND.within * found) / labels.length) return;
    const { shape, channels } = model.options;
    const indices = stream.permutation(unlabelled.count).subarray(0, FOUND.images);
    const images = gather(unlabelled, indices);
    const picture = tidyHost(() => {
      const propose = this.proposing(progress);
      const explained = explainTraining(model, imageTensor(unlabelled, indices), propose ? { propose } : {});
      const evidence = this.bestKnown(explained);
      return newPicture(
        { images, evidence, shape, channels },
        {
          sceneOf: (x, pictures) => model.scene(x, model.blur, pictures),
          sigma: model.params.get('likelihood.sigma').dataSync()[0],
          rng: stream.fork('pictures'),
          ...(model.options.kernel && { kernel: model.options.kernel }),
        },
      );
    });
    model.setPicture(labels[found], picture);
    this.found++;
  }

  /**
   * Proposes poses for classes without labels, which recognition has not learned yet: the angle of every view, at the
   * centre of the foreground.
   */
  proposing(progress: number): ((x: tf.Tensor2D, found: Candidates) => void) | undefined {
    const { model, labels } = this;
    if (labels.length === 0 || progress > FOUND.from + FOUND.within + FOUND.proposed) return undefined;
    return (x, { count, pictures, candidates, dim, theta }) => {
      const { shape, channels } = model.options;
      const { perClass } = model.templates;
      const { angles } = model.recognition;
      const any = anyAngle(x.dataSync<'float32'>(), count, pictures, dim, shape, channels, angles);
      for (let image = 0; image < count; image++) {
        for (const label of labels) {
          const at = (image * pictures + label * perClass) * candidates * dim;
          theta.set(any.theta.subarray(at, at + perClass * candidates * dim), at);
        }
      }
    };
  }
}
