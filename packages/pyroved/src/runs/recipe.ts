/** Named sets of options: the defaults and the paper's protocol. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { type ModelSettings, type TrainSettings, trainDefaults } from '../kinds/index.js';

export const recipeNames = ['default', 'paper'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** The settings that a recipe provides defaults for. */
export interface RecipeSettings {
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
}

/**
 * The protocol of the paper's runs: labelled images without augmentation, latent poses for all images, a unimodal angle guide, a Bernoulli likelihood of
 * grey values, and pyroVED's trainer with its second optimiser step.
 * @see Ziatdinov et al., Digital Discovery 2024, 3, 1213; pyroVED 0.1.2
 */
const paper: RecipeSettings = {
  model: { recognition: false, angleGuide: 'unimodal', anglePrior: 'normal', likelihood: 'bernoulli' },
  train: { ...trainDefaults, lr: 5e-4, auxStep: 'pyroved', schedule: 'pyroved', compile: false },
};

/** The settings, completed by those of the recipe. @throws {OptionError} for an unknown recipe. */
export function withRecipe<S extends RecipeSettings>(name: RecipeName | undefined, settings: S): S {
  if (name === undefined || name === 'default') return settings;
  if (name !== 'paper') {
    throw new OptionError(`Unknown recipe "${String(name)}".${didYouMean(String(name), recipeNames)}`);
  }
  return { ...settings, model: { ...paper.model, ...settings.model }, train: { ...paper.train, ...settings.train } };
}
