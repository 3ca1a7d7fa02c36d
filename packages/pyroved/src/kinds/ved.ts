/** The encoder-decoder, which predicts outputs from inputs and learns from pairs of them. */
import {
  type PairedData,
  predictionError,
  type TrainerOptions,
  VED,
  type VEDConfig,
  type VEDOptions,
  VEDTrainer,
} from 'pyroved-ts';
import { disposeOnError } from 'pyroved-ts/internal';

/** The model's options but for what the pairs decide, and what a configuration cannot hold. */
export type VEDSettings = Omit<
  VEDOptions,
  'inputShape' | 'inputChannels' | 'outputShape' | 'outputChannels' | 'seed' | 'encoder' | 'decoder'
>;

export type PairsTrainSettings = Omit<TrainerOptions, 'seed'>;

/** Pairs to train on, and those that are kept for testing. */
export interface TrainingPairs {
  readonly train: PairedData;
  readonly test?: PairedData;
}

/**
 * Training defaults of a run on pairs. With a KL weight of 1 a few latents cost more nats than a short spectrum gains by them, and the model
 * predicts the mean.
 */
export const pairsDefaults = { epochs: 50, batchSize: 64, klWeight: 0.1 } as const satisfies PairsTrainSettings;

export const ved = {
  name: 'VED',
  summary: 'what --outputs holds',
  title: 'encoder-decoder',
  data: 'pairs',
  type: VED,
  /** The model's configuration for pairs of these sizes. */
  configure({ train: { inputs, outputs } }: TrainingPairs, settings: VEDSettings, seed: number): VEDConfig {
    return {
      kind: 'VED',
      ...settings,
      inputShape: inputs.shape,
      inputChannels: inputs.channels,
      outputShape: outputs.shape,
      outputChannels: outputs.channels,
      seed,
    };
  },
  training: (given: PairsTrainSettings): PairsTrainSettings => ({ ...pairsDefaults, ...given }),
  create: ({ kind: _, ...options }: VEDConfig): VED => new VED(options),
  /** A fresh model and the trainer for it. */
  prepare: (config: VEDConfig, { train, test }: TrainingPairs, settings: TrainerOptions) =>
    disposeOnError(ved.create(config), (model) => ({
      model,
      trainer: new VEDTrainer(model, { ...train, ...(test && { test }) }, settings),
    })),
  evaluate: predictionError,
} as const;
