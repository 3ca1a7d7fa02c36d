/** The options of a model with deformable templates, and its likelihood and encoder. */
import { stopGradient } from '@pyro-ts/engine';
import { broadcastShapes } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { constraints, module, normal, OptionError, ShapeError } from 'pyro-ts';
import type { EncoderNet } from '../nets/index.js';
import { integer, nonNegative, type OptionTable, resolveOptions } from '../options.js';
import type { Likelihood } from './likelihood.js';
import { checkRecognition } from './recognitionNetworks.js';
import type { SemiSupervisedOptions } from './ssivae.js';

/** Options of the deformation field of a template model. */
export interface TemplateOptions {
  /** Number of control points of the field along each axis of the image. @default 4 */
  readonly grid?: number;
  /**
   * Precision of the second differences of the field, in half widths of the image. Larger values give smoother
   * deformations.
   * @default 50
   */
  readonly bending?: number;
}

/** The options with their defaults, and the number of pictures of each class. */
export interface ResolvedTemplates extends Required<TemplateOptions> {
  readonly perClass: number;
}

/** Limits the cost: every picture is compared with every image. */
const MOST_PER_CLASS = 64;

const table = {
  grid: { default: 4, ...integer(2) },
  bending: { default: 50, ...nonNegative },
} satisfies OptionTable<TemplateOptions>;

/** Default of `latentDim` in a template model. */
export const DEFAULT_CONTENTS = 4;

/** Default of `decoderSigma`, as a fraction of the contrast of the images. */
export const DEFAULT_SIGMA = 0.3;

/** The options with their defaults. @throws {OptionError} when an option is invalid or not supported with templates. */
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
  if (shape?.length === 1) reject('only images are supported; got the shape of a signal.');
  checkRecognition(options);
  if (!options.recognition) reject('decoder "template" requires recognition. Add recognition: {}.');
  if (options.recognition?.labelledPoses === 'fixed')
    reject('labelledPoses must be "drawn", since the pictures are initialised from upright images.');
  if (!invariances.includes('r') || !invariances.includes('t') || invariances.length > 2) {
    reject(`invariances must be ['r', 't'], since the field models scale and shear; got [${invariances.join(', ')}].`);
  }
  if (likelihood !== undefined && likelihood !== 'gaussian') reject('likelihood must be "gaussian". Omit it.');
  if (sigmoidOutput !== undefined) reject('sigmoidOutput is not supported. Omit it.');
  if (pixels !== undefined) reject('pixels is not supported. Omit it.');
  if (typeof shiftPrior === 'object') reject('shiftPrior must be one number for both axes.');
  const { grid, bending } = resolveOptions('templates', options.templates ?? {}, table);
  if (!Number.isInteger(templatesPerClass) || templatesPerClass < 1 || templatesPerClass > MOST_PER_CLASS) {
    reject(`templatesPerClass must be an integer from 1 to ${MOST_PER_CLASS}; got ${templatesPerClass}.`);
  }
  return { grid, bending, perClass: templatesPerClass };
}

/**
 * A normal likelihood of the pixels. The trainer sets its parameter "likelihood.sigma", in the units of the images,
 * from their contrast; with `decoderSigma: 'learned'` it is then learned.
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

/**
 * An encoder that returns constants, since refinement takes its place. `own` holds the zero outputs of each part of the
 * pose.
 */
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
