/** What decides a run on pairs, as its configuration keeps it: source, model and training. */
import {
  type PairedNormalisation,
  PyrovedError,
  type TrainerOptions,
  VED,
  type VEDConfig,
  type VEDOptions,
  VEDTrainer,
} from 'pyroved-ts';
import { disposeOnError } from 'pyroved-ts/internal';
import type { RunFolder } from '../storage/index.js';
import type { PairedSets, PairsSource } from './source.js';

/** The model's options but for what the pairs decide, and what a configuration cannot hold. */
export type VEDSettings = Omit<
  VEDOptions,
  'inputShape' | 'inputChannels' | 'outputShape' | 'outputChannels' | 'seed' | 'encoder' | 'decoder'
>;

export type PairsTrainSettings = Omit<TrainerOptions, 'seed'>;

/**
 * Training defaults of a run on pairs. With a KL weight of 1 a few latents cost more nats than a short spectrum gains by them, and the model
 * predicts the mean.
 */
export const pairsDefaults = { epochs: 50, batchSize: 64, klWeight: 0.1 } as const satisfies PairsTrainSettings;

/** The data section of a run on pairs. */
export interface PairsSection {
  readonly source: PairsSource;
  readonly classNames: readonly [];
  readonly normalisation?: PairedNormalisation;
}

export interface PairsSections {
  readonly model: VEDConfig;
  readonly data: PairsSection;
  readonly train: PairsTrainSettings;
}

/** Whether a run's model was trained on pairs. */
export const isPairsRun = ({ config }: RunFolder): boolean => config.model.kind === 'VED';

/** The typed sections of the configuration. @throws {PyrovedError} for a run of another kind of model. */
export function pairsSections(run: RunFolder): PairsSections {
  if (isPairsRun(run)) return run.config as unknown as PairsSections;
  throw new PyrovedError(
    `The model of ${run.path} (${String(run.config.model.kind)}) was not trained on pairs of inputs and outputs, so it predicts none.`,
  );
}

/** The model's configuration for pairs of these sizes. */
export function vedConfigFor({ train }: PairedSets, settings: VEDSettings, seed: number): VEDConfig {
  const { inputs, outputs } = train;
  return {
    kind: 'VED',
    ...settings,
    inputShape: inputs.shape,
    inputChannels: inputs.channels,
    outputShape: outputs.shape,
    outputChannels: outputs.channels,
    seed,
  };
}

/** The model that a configuration describes. */
export function vedFromConfig({ kind: _, ...options }: VEDConfig): VED {
  return new VED(options);
}

/** A fresh model and the trainer for it. */
export function prepareVED(
  config: VEDConfig,
  { train, test }: PairedSets,
  settings: TrainerOptions,
): { model: VED; trainer: VEDTrainer } {
  return disposeOnError(vedFromConfig(config), (model) => ({
    model,
    trainer: new VEDTrainer(model, { ...train, ...(test && { test }) }, settings),
  }));
}
