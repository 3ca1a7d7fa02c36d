/** Command-line options of training. */
import { PyrovedError, scheduleOf } from 'pyroved-ts';
import { templateDefaults } from 'pyroved-ts/internal';
import { trainDefaults } from '../runs/index.js';
import { atLeast, type Given, notNegative, positive, share, wholeNumber } from './options.js';
import { type RunSettings, setting } from './settings.js';

/** What `--compile` stands for. */
export const compileModes = { auto: 'auto', always: true, never: false } as const;

export const trainTable = [
  setting(
    '--epochs <n>',
    `passes over the unlabelled images (default: about 1,600 steps with recognition, otherwise ${trainDefaults.epochs})`,
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
    `weight of the KL term: a number or an expression, as for --lr (default: with recognition 10, decreasing to 1 over the first third; otherwise ${trainDefaults.klWeight})`,
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
    'without recognition: order of labelled batches, evenly spread or as in pyroVED (default: spread)',
    ['spread', 'pyroved'],
    'train.schedule',
  ),
  setting(
    '--clip-norm <length>',
    'clip the gradient of each parameter to this norm (default: no clipping)',
    positive,
    'train.clipNorm',
  ),
  setting(
    '--compile <when>',
    'compile the training steps, whose numbers differ by rounding: auto, if there are at least 200 of them and where possible; always; never (default: auto; never with --recipe paper)',
    Object.keys(compileModes),
    { train: (when: keyof typeof compileModes) => ({ train: { compile: compileModes[when] } }) },
  ),
  setting(
    '--average-from <epoch>',
    'average the weights from this epoch on (the first is 1) and evaluate the average (default: no averaging)',
    atLeast(1),
    { train: (from: number) => ({ train: { averageWeights: { from } } }) },
  ),
  setting(
    '--average-decay <fraction>',
    'exponential moving average of the weights instead, with this decay per step',
    share,
    {
      train: (decay: number) => ({ train: { averageWeights: { decay } } }),
    },
  ),
  setting(
    '--patience <epochs>',
    'stop early when nothing has improved for this many epochs (default: no early stopping)',
    atLeast(1),
    { train: (patience: number) => ({ train: { earlyStopping: { patience } } }) },
  ),
  setting(
    '--stop-on <what>',
    'with --patience: quantity that must improve, the loss or the accuracy on a fifth of the labelled images (default: loss)',
    ['loss', 'accuracy'],
    {
      // Without --patience it is rejected by `checkTraining`.
      train: (on: 'loss' | 'accuracy', { patience }) =>
        patience === undefined ? {} : { train: { earlyStopping: { patience: Number(patience), on } } },
    },
  ),
];

/** @throws {PyrovedError} for contradictory options, and {OptionError} for a schedule without a value in some epoch. */
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
      `--average-from must be an epoch between 1 and ${epochs}, the number of epochs; got ${average.from}.`,
    );
  }
  if (average?.decay === 0) throw new PyrovedError('--average-decay must be between 0 and 1, e.g. 0.999.');
  if (given.stopOn === 'accuracy' && given.patience === undefined) {
    throw new PyrovedError('--stop-on accuracy requires --patience.');
  }
}
