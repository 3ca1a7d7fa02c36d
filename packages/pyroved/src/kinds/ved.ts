/** The encoder-decoder (VED), which is trained on pairs of inputs and outputs. */
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

/** The model's options, except those determined by the pairs or that cannot be stored in a configuration. */
export type VEDSettings = Omit<
  VEDOptions,
  'inputShape' | 'inputChannels' | 'outputShape' | 'outputChannels' | 'seed' | 'encoder' | 'decoder'
>;

export type PairsTrainSettings = Omit<TrainerOptions, 'seed'>;

/** Training pairs and validation pairs. */
export interface TrainingPairs {
  readonly train: PairedData;
  readonly test?: PairedData;
}

/**
 * Training defaults of a run on pairs. With a KL weight of 1, the KL terms outweigh the likelihood of a short spectrum, and the model predicts the
 * mean.
 */
export const pairsDefaults = { epochs: 50, batchSize: 64, klWeight: 0.1 } as const satisfies PairsTrainSettings;

export const ved = {
  name: 'VED',
  summary: 'outputs from inputs (--outputs)',
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
  /** A new model and its trainer. */
  prepare: (config: VEDConfig, { train, test }: TrainingPairs, settings: TrainerOptions) =>
    disposeOnError(ved.create(config), (model) => ({
      model,
      trainer: new VEDTrainer(model, { ...train, ...(test && { test }) }, settings),
    })),
  evaluate: predictionError,
} as const;
