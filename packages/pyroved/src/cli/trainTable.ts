/** The options of training. */
import { PyrovedError, scheduleOf, templateDefaults } from 'pyroved-ts';
import { trainDefaults } from '../runs/index.js';
import { atLeast, type Given, notNegative, positive, share, wholeNumber } from './options.js';
import { type RunSettings, setting } from './settings.js';

export const trainTable = [
  setting(
    '--epochs <n>',
    `passes over the unlabelled images (default: about 1,600 steps with recognition, else ${trainDefaults.epochs})`,
    atLeast(1),
    'train.epochs',
  ),
  setting(
    '--batch-size <n>',
    `images per step (default: ${trainDefaults.batchSize}; ${templateDefaults.batchSize} with --decoder template)`,
    atLeast(1),
    'train.batchSize',
  ),
  setting(
    '--lr <schedule>',
    "Adam's learning rate: a number, or an expression of epoch (from 0) and epochs (default: 5e-4 with labels, 1e-3 without)",
    undefined,
    'train.lr',
  ),
  setting(
    '--kl-weight <schedule>',
    `weight of the KL term: a number, or an expression likewise (default: 10, falling to 1 in the first third, with recognition; else ${trainDefaults.klWeight})`,
    undefined,
    'train.klWeight',
  ),
  setting(
    '--aux-loss-multiplier <w>',
    `without recognition: weight of the classifier's loss on labelled images (default: ${trainDefaults.auxLossMultiplier})`,
    notNegative,
    'train.auxLossMultiplier',
  ),
  setting(
    '--aux-step <how>',
    "without recognition: joint, one step for both losses; pyroved, a second step, as in the paper's runs (default: joint)",
    ['joint', 'pyroved'],
    'train.auxStep',
  ),
  setting(
    '--warm-up <n>',
    'without recognition: passes over the labelled images before the first epoch (default: 0)',
    wholeNumber,
    'train.warmUp',
  ),
  setting(
    '--schedule <how>',
    'without recognition: when labelled batches come, evenly spread or as pyroved places them (default: spread)',
    ['spread', 'pyroved'],
    'train.schedule',
  ),
  setting(
    '--clip-norm <length>',
    "longer gradients of a parameter are scaled down to this (default: don't)",
    positive,
    'train.clipNorm',
  ),
  setting(
    '--average-from <epoch>',
    'from this epoch on (the first is 1), keep the mean of the weights and evaluate that (default: no mean)',
    atLeast(1),
    { train: (from: number) => ({ train: { averageWeights: { from } } }) },
  ),
  setting('--average-decay <fraction>', 'an exponential mean instead: how much of it is kept at each step', share, {
    train: (decay: number) => ({ train: { averageWeights: { decay } } }),
  }),
  setting(
    '--patience <epochs>',
    'stop when nothing has improved for this many epochs (default: train to the end)',
    atLeast(1),
    { train: (patience: number) => ({ train: { earlyStopping: { patience } } }) },
  ),
  setting(
    '--stop-on <what>',
    'with --patience: what has to improve, the loss, or the accuracy on a fifth of the labelled images (default: loss)',
    ['loss', 'accuracy'],
    {
      // Without --patience it is rejected by `checkTraining`.
      train: (on: 'loss' | 'accuracy', { patience }) =>
        patience === undefined ? {} : { train: { earlyStopping: { patience: Number(patience), on } } },
    },
  ),
];

/** @throws {PyrovedError} for options that contradict each other, {OptionError} for a schedule without a value in some epoch, under the option's own name. */
export function checkTraining(given: Given, { train = {} }: RunSettings): void {
  const { epochs = trainDefaults.epochs, averageWeights: average } = train;
  for (const [option, schedule] of [
    ['--kl-weight', train.klWeight],
    ['--lr', train.lr],
    ['--discrete-kl-weight', train.discreteKlWeight],
  ] as const) {
    if (schedule !== undefined) scheduleOf(schedule, { option, epochs });
  }
  if (average?.from !== undefined && average.from > epochs) {
    throw new PyrovedError(
      `--average-from must be an epoch from 1 to ${epochs}, the epochs of the run; got ${average.from}.`,
    );
  }
  if (average?.decay === 0) throw new PyrovedError('--average-decay must be between 0 and 1, such as 0.999.');
  if (given.stopOn === 'accuracy' && given.patience === undefined) {
    throw new PyrovedError('--stop-on accuracy needs --patience.');
  }
}
