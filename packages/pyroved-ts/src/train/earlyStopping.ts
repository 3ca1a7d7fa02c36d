/** When a training ends before its last epoch: nothing has become better for a while. */
import { OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { EpochRecord } from './history.js';

export interface EarlyStopping {
  /** Epochs in a row without anything better after which training ends. */
  readonly patience: number;
  /**
   * `loss` (default): the loss of the unlabelled images, which needs no labels. `accuracy`: the accuracy on labelled images that
   * are set aside for this; the images that measure the result are never looked at.
   */
  readonly on?: 'loss' | 'accuracy';
  /** With `accuracy`, the share of each class's labelled images that is set aside for validation. @default 0.2 */
  readonly validationFraction?: number;
}

/** @throws {OptionError} for what makes no sense; `labels` tells whether the trainer has labelled images to keep back. */
export function checkEarlyStopping(owner: string, options: EarlyStopping, labels: boolean): void {
  refuseUnknownKeys(`${owner}: earlyStopping`, options, ['patience', 'on', 'validationFraction']);
  const { patience, on = 'loss', validationFraction } = options;
  if (!Number.isInteger(patience) || patience < 1) {
    throw new OptionError(`${owner}: earlyStopping's patience is a whole number of at least 1, not ${patience}.`);
  }
  if (on !== 'loss' && on !== 'accuracy') {
    throw new OptionError(`${owner}: earlyStopping is on "${on}"; it can be on "loss" or "accuracy".`);
  }
  if (on === 'accuracy' && !labels) {
    throw new OptionError(`${owner}: earlyStopping on "accuracy" needs labels. Without them it can be on "loss".`);
  }
  if (validationFraction !== undefined && !(validationFraction > 0 && validationFraction < 1)) {
    throw new OptionError(
      `${owner}: earlyStopping.validationFraction must be between 0 and 1; got ${validationFraction}.`,
    );
  }
}

/**
 * Whether the last `patience` epochs brought nothing better. Losses under different weights of the KL term are not comparable, so that only the
 * epochs since it last changed count for `loss`.
 */
export function hasStalled(history: readonly EpochRecord[], { patience, on = 'loss' }: EarlyStopping): boolean {
  const figures =
    on === 'accuracy'
      ? history.map(({ evaluation }) => evaluation?.validationAccuracy ?? Number.NEGATIVE_INFINITY)
      : sameWeight(history).map(({ loss }) => -loss);
  const best = figures.indexOf(Math.max(...figures));
  return figures.length - 1 - best >= patience;
}

/** The last epochs, as far back as they have the KL weight of the last. */
function sameWeight(history: readonly EpochRecord[]): readonly EpochRecord[] {
  const weight = history.at(-1)?.klWeight;
  return history.slice(history.findLastIndex(({ klWeight }) => klWeight !== weight) + 1);
}
