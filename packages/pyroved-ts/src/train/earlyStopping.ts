/** Early stopping: training ends before its last epoch when it no longer improves. */
import { OptionError } from 'pyro-ts';
import { type OptionTable, oneOf, openFraction, positiveInteger, resolveOptions, withDefaults } from '../options.js';
import type { EpochRecord } from './history.js';

/** When training ends before its last epoch. */
export interface EarlyStopping {
  /** Number of consecutive epochs without improvement after which training ends. */
  readonly patience: number;
  /**
   * `'loss'`: the loss of the unlabelled images. `'accuracy'`: the accuracy on a validation set split off from the
   * labelled images; the test set is never used.
   * @default 'loss'
   */
  readonly on?: 'loss' | 'accuracy';
  /** With `'accuracy'`: fraction of the labelled images of each class used for validation. @default 0.2 */
  readonly validationFraction?: number;
}

export const earlyStoppingTable = {
  patience: { required: true, ...positiveInteger },
  on: { default: 'loss', ...oneOf(['loss', 'accuracy']) },
  validationFraction: { default: 0.2, ...openFraction },
} satisfies OptionTable<EarlyStopping>;

/**
 * @throws {OptionError} when an option is invalid. `labels`: whether the trainer has labelled images for validation.
 */
export function checkEarlyStopping(owner: string, options: EarlyStopping, labels: boolean): void {
  const { on } = resolveOptions(`${owner}: earlyStopping`, options, earlyStoppingTable);
  if (on === 'accuracy' && !labels) {
    throw new OptionError(`${owner}: earlyStopping: on "accuracy" requires labelled images. Use "loss".`);
  }
}

/**
 * Whether the last `patience` epochs did not improve. Losses with different KL weights are not comparable, so `'loss'`
 * considers only the epochs since the weight last changed.
 */
export function hasStalled(history: readonly EpochRecord[], options: EarlyStopping): boolean {
  const { patience, on } = withDefaults(options, earlyStoppingTable);
  const figures =
    on === 'accuracy'
      ? history.map(({ evaluation }) => evaluation?.validationAccuracy ?? Number.NEGATIVE_INFINITY)
      : sameWeight(history).map(({ loss }) => -loss);
  const best = figures.indexOf(Math.max(...figures));
  return figures.length - 1 - best >= patience;
}

/** The last epochs with the same KL weight. */
function sameWeight(history: readonly EpochRecord[]): readonly EpochRecord[] {
  const weight = history.at(-1)?.klWeight;
  return history.slice(history.findLastIndex(({ klWeight }) => klWeight !== weight) + 1);
}
