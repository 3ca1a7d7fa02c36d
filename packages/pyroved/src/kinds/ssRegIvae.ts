/** The semi-supervised regression model. */
import {
  factorNames,
  type ModelConfig,
  PyrovedError,
  regressionOf,
  SemiSupervisedTrainer,
  SSRegIVAE,
  standardised,
} from 'pyroved-ts';
import { defined, semiSupervisedKeys } from 'pyroved-ts/internal';
import type { TrainingSets } from '../sources/sets.js';
import { defineKind } from './kind.js';
import { trainDefaults } from './settings.js';
import { factorLevels, labelledData, trainOptionsOf } from './shared.js';

export const ssRegIvae = defineKind<SSRegIVAE, Extract<ModelConfig, { kind: 'ssRegIVAE' }>>({
  name: 'ssRegIVAE',
  type: SSRegIVAE,
  data: 'images',
  summary: 'semi-supervised regression of quantities',
  title: 'semi-supervised VAE for regression',
  isDefault: ({ labelled }, { targets, numClasses, condition }) =>
    targets !== undefined ||
    (numClasses === undefined && condition === undefined && labelled !== undefined && !labelled.labels),
  modelOptions: ['targets', 'regressorSigma', 'hiddenRegressor', 'predictor'],
  trainOptions: semiSupervisedKeys,
  usesLabels: true,
  classes: 'none',
  configure: (sets, { regressorSigma, hiddenRegressor, predictor: regressor, targets }, shared) => ({
    kind: 'ssRegIVAE',
    ...shared,
    ...defined({ regressorSigma, hiddenRegressor, regressor }),
    targets: targetsOf(sets, targets),
  }),
  training: (_, __, given) => ({ ...trainDefaults, ...trainOptionsOf(given, semiSupervisedKeys) }),
  trainer: (model, sets, settings) =>
    new SemiSupervisedTrainer(model, labelledData(sets), trainOptionsOf(settings, semiSupervisedKeys)),
  evaluate: (model, images) => ({ on: 'targets', ...regressionOf(model, images) }),
  variants: ({ targets }) =>
    factorLevels(targets).map(({ values, title }) => ({ condition: { targets: values }, title })),
});

function targetsOf({ labelled }: TrainingSets, names: readonly string[] | undefined) {
  const known = factorNames(labelled ?? {});
  if (!labelled || known.length === 0) {
    throw new PyrovedError('An ssRegIVAE requires images with known quantities. Provide a table of factors.');
  }
  return standardised(labelled, names ?? known);
}
