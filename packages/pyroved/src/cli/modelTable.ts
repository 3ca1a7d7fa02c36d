/** Command-line options of the model. */
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { angleGuideNames, anglePriorNames, likelihoodNames } from 'pyroved-ts/internal';
import type { ModelSettings } from '../runs/index.js';
import { atLeast, classPrior, counts, decimal, type Given, invariances, positive, radians, sigma } from './options.js';
import { setting } from './settings.js';

/** The angle prior with its scale or concentration. */
const ofPrior = (parameters: object, { anglePrior = 'normal' }: Given): { readonly model: ModelSettings } => ({
  model: { anglePrior: { name: anglePrior, ...parameters } as NonNullable<ModelSettings['anglePrior']> },
});

export const modelTable = [
  setting(
    '--invariances <list>',
    'transformations the content latents are invariant to: r (rotation), t (translation), s (scale), h (shear), or none (default: r,t; for signals t)',
    invariances,
    'model.invariances',
  ),
  setting(
    '--latent-dim <n>',
    'number of content latents, without those of the pose (default: 2; 4 with --decoder template)',
    atLeast(1),
    'model.latentDim',
  ),
  setting(
    '--angle-prior <name>',
    'prior of the angle (default: uniform with recognition, else normal)',
    anglePriorNames,
    'model.anglePrior',
  ),
  setting(
    '--angle-scale <angle>',
    'standard deviation of the normal angle prior, e.g. "30 deg" (default: 1 rad)',
    radians('--angle-scale'),
    { model: (scale: number, given) => ofPrior({ scale }, given) },
  ),
  setting(
    '--shear-prior <width>',
    'with the invariance h: standard deviation of the two shear latents, each half the tangent of an angle (default: 0.1)',
    positive,
    'model.shearPrior',
  ),
  setting('--angle-concentration <k>', 'concentration of the von Mises angle prior (default: 1)', decimal, {
    model: (concentration: number, given) => ofPrior({ concentration }, given),
  }),
  setting(
    '--angle-guide <name>',
    'without recognition: unimodal, or binned (multimodal: enumerates bins of the circle) (default: unimodal)',
    angleGuideNames,
    'model.angleGuide',
  ),
  setting('--angle-bins <n>', 'number of bins of the binned angle guide (default: 8)', atLeast(2), 'model.angleBins'),
  setting(
    '--exact-bins <n>',
    'enumerate this many of the most probable bins and sample one of the rest (default: 1 with --exact-classes, else all)',
    atLeast(1),
    'model.exactBins',
  ),
  setting(
    '--class-prior <what>',
    'uniform; counts: class frequencies of the labels; learned; or weights such as 5,3,2 (default: uniform)',
    classPrior,
    'model.classPrior',
  ),
  setting(
    '--likelihood <name>',
    'distribution of the pixel values (default: bernoulli; gaussian for preprocessed images)',
    likelihoodNames,
    'model.likelihood',
  ),
  setting(
    '--decoder-sigma <sigma>',
    'with --likelihood gaussian: standard deviation of a pixel, or learned (default: 0.5; learned for standardised images)',
    sigma,
    'model.decoderSigma',
  ),
  setting(
    '--hidden <widths>',
    'widths of the hidden layers of all networks (default: 128,128)',
    counts,
    'model.hidden',
  ),
  setting(
    '--activation <name>',
    'activation function of the hidden layers (default: tanh)',
    activations,
    'model.activation',
  ),
  setting(
    '--pixels <n>',
    'number of pixels decoded per step, a new random subset each step (default: 288 with recognition, else all)',
    atLeast(1),
    'model.pixels',
  ),
  setting(
    '--exact-classes <n>',
    'enumerate this many of the most probable classes and sample one of the rest (default: enumerate all)',
    atLeast(1),
    { model: (exactClasses: number) => ({ model: { enumerate: 'sum-and-sample', exactClasses } }) },
  ),
];
