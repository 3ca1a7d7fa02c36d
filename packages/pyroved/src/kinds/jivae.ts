/** The joint VAE, which finds classes without labels. */
import { JIVAE, type ModelConfig, PyrovedError, UnsupervisedTrainer } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import type { TrainingSets } from '../sources/sets.js';
import { evaluateFound } from './evaluation.js';
import { defineKind } from './kind.js';
import { unsupervisedDefaults } from './settings.js';
import { classVariants, trainOptionsOf } from './shared.js';

export const jivae = defineKind<JIVAE, Extract<ModelConfig, { kind: 'jiVAE' }>>({
  name: 'jiVAE',
  type: JIVAE,
  data: 'images',
  summary: 'unsupervised, finds classes',
  title: 'joint VAE with classes found without labels',
  isDefault: (_, { numClasses }) => numClasses !== undefined,
  modelOptions: ['numClasses', 'enumerate', 'exactClasses'],
  trainOptions: ['discreteKlWeight'],
  usesLabels: false,
  classes: 'found',
  configure: (sets, { enumerate, exactClasses, numClasses = classesToFind(sets) }, shared) => ({
    kind: 'jiVAE',
    ...shared,
    ...defined({ enumerate, exactClasses }),
    numClasses,
  }),
  training: (_, __, given) => ({ ...unsupervisedDefaults, ...trainOptionsOf(given, ['discreteKlWeight']) }),
  trainer: (model, { unlabelled }, settings) =>
    new UnsupervisedTrainer(model, { images: unlabelled }, trainOptionsOf(settings, ['discreteKlWeight'])),
  evaluate: evaluateFound,
  variants: ({ numClasses }, classNames) => classVariants(numClasses, classNames),
});

function classesToFind({ classNames }: TrainingSets): number {
  if (classNames.length > 1) return classNames.length;
  throw new PyrovedError('A jiVAE requires the number of classes to find (numClasses, --num-classes).');
}
