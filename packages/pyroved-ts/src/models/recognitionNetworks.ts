/** Checks of the options of a model with recognition, and the network that processes its views. */
import { OptionError } from 'pyro-ts';
import { convBody } from '../nets/conv/body.js';
import { denseBody } from '../nets/fcEncoder.js';
import type { Body } from '../nets/index.js';
import { checkOptions } from '../options.js';
import { checkInvariances } from '../priors/invariances.js';
import { checkClasses } from '../sizes.js';
import { modelTable } from './options.js';
import type { ResolvedRecognition } from './recognitionOptions.js';
import type { SemiSupervisedOptions } from './ssivae.js';

/** Options that only the model without recognition supports. */
const withoutRecognition = [
  'angleGuide',
  'angleBins',
  'exactBins',
  'encoder',
  'classifier',
  'hiddenClassifier',
] as const satisfies readonly (keyof SemiSupervisedOptions)[];

/** @throws {OptionError} when an option is invalid or requires a model without recognition. */
export function checkRecognition(options: SemiSupervisedOptions) {
  checkOptions('ssiVAE', options, modelTable);
  const { shape, invariances = [], numClasses, decoder } = options;
  checkInvariances(invariances, shape);
  // A template model may have a single class.
  checkClasses('ssiVAE', 'numClasses', numClasses, decoder === 'template' ? 1 : 2);
  const name = withoutRecognition.find((known) => options[known] !== undefined);
  if (name === undefined) return;
  throw new OptionError(
    `ssiVAE: ${name} is an option of the model without recognition. Omit it, or set recognition to false (--recipe paper).`,
  );
}

/** Maximum number of values of all views of an image; the view map takes 32 bytes for each. */
const MOST_VIEW_VALUES = 2 ** 22;

/** @throws {OptionError} when the views of one image have more values than are supported. */
export function checkViews({ angles, anglesBetween, viewShape }: ResolvedRecognition, channels: number): void {
  const values = (angles.length + anglesBetween.length) * channels * viewShape.reduce((a, b) => a * b, 1);
  if (values <= MOST_VIEW_VALUES) return;
  throw new OptionError(
    `recognition: ${angles.length} views of ${viewShape.join(' x ')} pixels and ${channels} channel(s), and those between them, have ${values} values; at most ` +
      `${MOST_VIEW_VALUES} are supported. Choose fewer views (views) or smaller ones (viewSize).`,
  );
}

/** The network that processes one view. */
export function bodyFor(
  { body, viewShape, features }: ResolvedRecognition,
  channels: number,
  kernel: SemiSupervisedOptions['kernel'],
): Body {
  const [height, width] = viewShape;
  if (body === 'conv') return { features, net: convBody({ shape: [height, width], channels, features, kernel }) };
  return { features, net: denseBody(channels * viewShape.reduce((a, b) => a * b, 1), features) };
}
