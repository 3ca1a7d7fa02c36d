/** The unsupervised model, conditional or not. */
import {
  IVAE,
  type Model,
  type ModelConfig,
  PyrovedError,
  standardised,
  UnsupervisedTrainer,
  type VED,
} from 'pyroved-ts';
import type { TrainingSets } from '../sources/sets.js';
import { defineKind } from './kind.js';
import { unsupervisedDefaults } from './settings.js';
import { classVariants, factorLevels, howToLabel, trainOptionsOf, valuesAt } from './shared.js';

export const ivae = defineKind<IVAE, Extract<ModelConfig, { kind: 'iVAE' }>>({
  name: 'iVAE',
  type: IVAE,
  data: 'images',
  summary: 'unsupervised',
  title: 'VAE',
  isDefault: ({ labelled }, { condition }) => condition !== undefined || !labelled,
  modelOptions: ['condition'],
  trainOptions: [],
  usesLabels: false,
  classes: 'none',
  configure: (sets, { condition }, shared) => ({ kind: 'iVAE', ...shared, ...conditionOf(sets, condition) }),
  training: (_, __, given) => ({ ...unsupervisedDefaults, ...trainOptionsOf(given, []) }),
  trainer: (model, sets, settings) =>
    new UnsupervisedTrainer(model, { images: imagesOf(model, sets) }, trainOptionsOf(settings, [])),
  evaluate: () => undefined,
  variants(model, classNames) {
    const { numClasses, condition } = model;
    const known = condition.dim > 0 && { condition: valuesAt(condition, 0, 0) };
    if (numClasses > 0) {
      return classVariants(numClasses, classNames).map((one) => ({
        ...one,
        condition: { ...one.condition, ...known },
      }));
    }
    if (condition.dim === 0) return [{ condition: {} }];
    return factorLevels(condition).map(({ values, title }) => ({ condition: { condition: values }, title }));
  },
  images: (model, sets) => imagesOf(model, sets),
});

/** Whether the model is conditioned on known factors or classes. */
export const isConditional = (model: Model | VED): model is IVAE => model instanceof IVAE && model.conditionDim > 0;

/** The images whose conditions are known. */
const imagesOf = ({ conditionDim }: IVAE, { unlabelled, labelled }: TrainingSets) =>
  conditionDim > 0 ? (labelled ?? unlabelled) : unlabelled;

function conditionOf({ labelled, classNames }: TrainingSets, names: readonly string[] = []) {
  if (names.length === 0) return {};
  if (!labelled) {
    throw new PyrovedError('A conditional iVAE requires images with labels or factors.');
  }
  const factors = names.filter((name) => name !== 'class');
  const onClass = names.includes('class');
  if (onClass && !labelled.labels) {
    throw new PyrovedError(`An iVAE conditioned on the class requires labelled images. ${howToLabel}`);
  }
  return {
    ...(onClass && { numClasses: classNames.length }),
    ...(factors.length > 0 && { condition: standardised(labelled, factors) }),
  };
}
