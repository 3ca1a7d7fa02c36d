/** The options of a model whose decoder is deformable templates, and the networks that stand in its slots. */
import { stopGradient } from '@pyro-ts/engine';
import { broadcastShapes } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { constraints, module, normal, OptionError, ShapeError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { EncoderNet } from '../nets/index.js';
import type { Likelihood } from './likelihood.js';
import { checkRecognition } from './recognitionNetworks.js';
import type { SemiSupervisedOptions } from './ssivae.js';

export interface TemplateOptions {
  /** Control points of the field along each axis of the image. @default 4 */
  readonly grid?: number;
  /** Precision of the field's second differences, in squared half widths of the image: the larger, the smoother the deformations. @default 50 */
  readonly bending?: number;
}

/** The options with their defaults, and the number of pictures of each class. */
export interface ResolvedTemplates extends Required<TemplateOptions> {
  readonly perClass: number;
}

/** Every picture is compared with every image. */
const MOST_PER_CLASS = 64;

const KEYS: readonly (keyof TemplateOptions)[] = ['grid', 'bending'];

/** Content latents of a template model where `latentDim` says nothing. */
export const DEFAULT_CONTENTS = 4;

/** Standard deviation of a pixel as a fraction of the contrast, where `decoderSigma` says nothing. */
export const DEFAULT_SIGMA = 0.3;

/** The options with their defaults. @throws {OptionError} that names what templates cannot do. */
export function resolveTemplates(options: SemiSupervisedOptions): ResolvedTemplates {
  const {
    shape,
    invariances = [],
    likelihood,
    sigmoidOutput,
    pixels,
    shiftPrior = 0.1,
    templatesPerClass = 1,
  } = options;
  const reject = (message: string): never => {
    throw new OptionError(`Templates: ${message}`);
  };
  if (shape?.length === 1) reject('a picture that is deformed is an image; signals have no templates.');
  checkRecognition(options);
  if (!options.recognition) reject('decoder "template" needs recognition. Add recognition: {}.');
  if (options.recognition?.labelledPoses === 'fixed')
    reject('pictures begin as upright images. Use labelledPoses "drawn".');
  if (!invariances.includes('r') || !invariances.includes('t') || invariances.length > 2) {
    reject(
      `the pose is a rotation and a shift; scale and shear are deformations; got the invariances [${invariances.join(', ')}]. Use ['r', 't'].`,
    );
  }
  if (likelihood !== undefined && likelihood !== 'gaussian') reject('the likelihood is gaussian. Omit likelihood.');
  if (sigmoidOutput !== undefined) reject('pictures are not squashed. Omit sigmoidOutput.');
  if (pixels !== undefined) reject('all pixels are drawn at every step. Omit pixels.');
  if (typeof shiftPrior === 'object') reject('shiftPrior is one number for both axes.');
  const { grid = 4, bending = 50 } = options.templates ?? {};
  refuseUnknownKeys('templates', options.templates ?? {}, KEYS);
  if (!Number.isInteger(grid) || grid < 2) reject(`grid must be an integer of at least 2; got ${grid}.`);
  if (!(bending >= 0 && Number.isFinite(bending))) reject(`bending must be a number of at least 0; got ${bending}.`);
  if (!Number.isInteger(templatesPerClass) || templatesPerClass < 1 || templatesPerClass > MOST_PER_CLASS) {
    reject(`templatesPerClass must be an integer from 1 to ${MOST_PER_CLASS}; got ${templatesPerClass}.`);
  }
  return { grid, bending, perClass: templatesPerClass };
}

/**
 * Pixels are normal around the picture. Parameter "likelihood.sigma", in the units of the images: a trainer sets it from their contrast, and it is learned
 * with `decoderSigma: 'learned'`.
 */
export function templateLikelihood(decoderSigma: number | 'learned' = DEFAULT_SIGMA): Likelihood {
  const isLearned = decoderSigma === 'learned';
  const net: Required<Likelihood>['net'] = {
    parameters: {
      sigma: { init: isLearned ? DEFAULT_SIGMA : decoderSigma, constraint: constraints.greaterThan(LEAST_SIGMA) },
    },
    apply: ({ sigma }, output) => normal(output, isLearned ? sigma : stopGradient(sigma)),
  };
  return { name: 'gaussian', net, distribution: (output) => module('likelihood', net)(output) };
}

const LEAST_SIGMA = 1e-4;

/** An encoder that corrects nothing: refinement does what an encoder would. `own` are the numbers of each part of the pose. */
export const noEncoder = (contents: number): EncoderNet => ({
  parameters: {},
  apply(_, parts) {
    const lead = parts.reduce<readonly number[] | undefined>(
      (a, t) => a && broadcastShapes(a, t.shape.slice(0, -1)),
      [],
    );
    if (!lead) throw new ShapeError('The images and the classes do not broadcast together.');
    const zeros = (size: number): tf.Tensor => tf.zeros([...lead, size]);
    return { loc: zeros(contents), scale: tf.ones([...lead, contents]), own: { angle: zeros(2), shift: zeros(4) } };
  },
});
