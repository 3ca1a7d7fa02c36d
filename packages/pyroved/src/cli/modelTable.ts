/** The options of the model. */
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { angleGuideNames, anglePriorNames, likelihoodNames } from 'pyroved-ts';
import type { ModelSettings } from '../runs/index.js';
import { atLeast, classPrior, counts, decimal, type Given, invariances, positive, radians, sigma } from './options.js';
import { setting } from './settings.js';

/** Scale or concentration of the angle prior, with the prior's name. */
const ofPrior = (parameters: object, { anglePrior = 'normal' }: Given): { readonly model: ModelSettings } => ({
  model: { anglePrior: { name: anglePrior, ...parameters } as NonNullable<ModelSettings['anglePrior']> },
});

export const modelTable = [
  setting(
    '--invariances <list>',
    'what is taken out of the content: r (rotation), t (translation), s (scale), h (shear), or none (default: r,t; for signals t)',
    invariances,
    'model.invariances',
  ),
  setting(
    '--latent-dim <n>',
    'content latents, those of the pose apart (default: 2; 4 with --decoder template)',
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
    'with the invariance h: standard deviation of the two numbers of the shear, each half the tangent of an angle (default: 0.1)',
    positive,
    'model.shearPrior',
  ),
  setting('--angle-concentration <k>', 'concentration of the von Mises angle prior (default: 1)', decimal, {
    model: (concentration: number, given) => ofPrior({ concentration }, given),
  }),
  setting(
    '--angle-guide <name>',
    'without recognition: unimodal, one likely angle per image; binned, several, summed over bins of the circle (default: unimodal)',
    angleGuideNames,
    'model.angleGuide',
  ),
  setting('--angle-bins <n>', 'bins of the binned angle guide (default: 8)', atLeast(2), 'model.angleBins'),
  setting(
    '--exact-bins <n>',
    'sum this many of the likeliest bins exactly and sample one of the rest (default: with --exact-classes 1, else all)',
    atLeast(1),
    'model.exactBins',
  ),
  setting(
    '--class-prior <what>',
    'uniform; counts: as frequent as among the labels; learned; or weights such as 5,3,2 (default: uniform)',
    classPrior,
    'model.classPrior',
  ),
  setting(
    '--likelihood <name>',
    'distribution of the pixel values (default: bernoulli; gaussian for images that are preprocessed)',
    likelihoodNames,
    'model.likelihood',
  ),
  setting(
    '--decoder-sigma <sigma>',
    'with --likelihood gaussian: standard deviation of a pixel, or learned (default: 0.5; learned for standardised images)',
    sigma,
    'model.decoderSigma',
  ),
  setting('--hidden <widths>', 'hidden layers of every network (default: 128,128)', counts, 'model.hidden'),
  setting('--activation <name>', 'after each hidden layer (default: tanh)', activations, 'model.activation'),
  setting(
    '--pixels <n>',
    'number of pixels decoded per step, a new random subset each step (default: 288 with recognition, else all)',
    atLeast(1),
    'model.pixels',
  ),
  setting(
    '--exact-classes <n>',
    'sum this many of the likeliest classes exactly and sample one of the rest (default: sum all)',
    atLeast(1),
    { model: (exactClasses: number) => ({ model: { enumerate: 'sum-and-sample', exactClasses } }) },
  ),
];
