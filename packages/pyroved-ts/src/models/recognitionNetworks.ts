/** The options that a model with recognition accepts, and the network that looks at its views. */
import { OptionError } from 'pyro-ts';
import { type Body, convBody, denseBody } from '../nets/index.js';
import { checkShape } from './options.js';
import type { ResolvedRecognition } from './recognitionOptions.js';
import type { SemiSupervisedOptions } from './ssivae.js';

/** Options of the model without recognition. */
const withoutRecognition = [
  'angleGuide',
  'angleBins',
  'exactBins',
  'encoder',
  'classifier',
  'hiddenClassifier',
] as const satisfies readonly (keyof SemiSupervisedOptions)[];

/** Rejects options that belong to the model without recognition. */
export function checkRecognition(options: SemiSupervisedOptions) {
  checkShape('ssiVAE', 'shape', options.shape);
  const name = withoutRecognition.find((known) => options[known] !== undefined);
  if (name === undefined) return;
  throw new OptionError(
    `ssiVAE: ${name} is an option of the model without recognition. Omit it, or set recognition to false (--recipe paper).`,
  );
}

/** The network that looks at one view. */
export function bodyFor(
  { body, viewShape, features }: ResolvedRecognition,
  channels: number,
  kernel: SemiSupervisedOptions['kernel'],
): Body {
  const [height, width] = viewShape;
  if (body === 'conv') return { features, net: convBody({ shape: [height, width], channels, features, kernel }) };
  return { features, net: denseBody(channels * viewShape.reduce((a, b) => a * b, 1), features) };
}
