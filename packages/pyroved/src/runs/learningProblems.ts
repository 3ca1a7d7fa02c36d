/** Detects from its figures that a run did not learn, with suggestions. */
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { formatCount, formatPercent } from '../viz/index.js';

/** Figures of a run, at its end or during training. */
export interface LearningFigures {
  /** Accuracy of a classifier on validation images, its 95% interval, and the accuracy of always predicting the most frequent class. */
  readonly accuracy?: number;
  readonly accuracyInterval?: readonly [low: number, high: number];
  readonly chance?: number;
  /** Accuracy on the same images upright, if `accuracy` is measured at random poses. */
  readonly uprightAccuracy?: number;
  /** Number of distinct validation images. */
  readonly validationImages?: number;
  /** Variance of the reconstructions between images, as a fraction of the variance of the images. */
  readonly reconstructionVariance?: number;
  /** Mean Kullback-Leibler divergence of each content latent from its prior, in nats per image. */
  readonly latentKl?: readonly number[];
  /** Loss and weight of the KL terms in each epoch. */
  readonly losses?: readonly { readonly loss: number; readonly klWeight: number }[];
  /** Loss of a model that always outputs the mean image, in nats per image. */
  readonly constantLoss?: number;
}

export const problemCodes = [
  'accuracy-at-chance',
  'few-validation-images',
  'collapsed-decoder',
  'unused-latents',
  'loss-plateau',
  'constant-image',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** One sign that a run did not learn. */
export interface LearningProblem {
  readonly code: ProblemCode;
  /** Description of the problem. */
  readonly text: string;
  /** Suggestions, the most promising first. */
  readonly advice: readonly string[];
}

const KEYS: readonly (keyof LearningFigures)[] = [
  'accuracy',
  'accuracyInterval',
  'chance',
  'uprightAccuracy',
  'validationImages',
  'reconstructionVariance',
  'latentKl',
  'losses',
  'constantLoss',
];

/** Thresholds; `docs/guides/it-did-not-learn.md` states them. */
const LIMITS = {
  /** Fraction of the variance between images. */
  variance: 0.01,
  /** Nats per image. */
  kl: 0.05,
  /** Minimum number of epochs of a plateau. */
  epochs: 4,
  /** Relative decrease of the loss. */
  decrease: 0.002,
} as const;

/**
 * The signs that a run did not learn; empty for a run that did. Each sign is only checked if its figures are given.
 * @example learningProblems({ accuracy: 0.26, accuracyInterval: [0.22, 0.3], chance: 0.25 })[0].code // 'accuracy-at-chance'
 */
export function learningProblems(figures: LearningFigures): LearningProblem[] {
  rejectUnknownKeys('learningProblems', figures, KEYS);
  return [atChance(figures), collapsed(figures), unused(figures), plateau(figures), constantImage(figures)].filter(
    (problem) => problem !== undefined,
  );
}

function atChance(figures: LearningFigures): LearningProblem | undefined {
  const { accuracy, accuracyInterval: [low, high] = [], chance, validationImages, uprightAccuracy = 0 } = figures;
  if (accuracy === undefined || low === undefined || high === undefined || chance === undefined || low > chance) {
    return undefined;
  }
  const interval = `${formatPercent(low)} to ${formatPercent(high)}`;
  // An accuracy far above chance on a handful of images indicates neither failure nor success.
  if (accuracy > chance + 0.15) {
    const images =
      validationImages === undefined ? 'the validation images' : `${formatCount(validationImages)} validation images`;
    return {
      code: 'few-validation-images',
      text: `The accuracy, ${formatPercent(accuracy)} on ${images}, cannot be distinguished from chance (${formatPercent(chance)}): its 95% interval is ${interval}.`,
      advice: [
        'Label more images, or use a larger fraction of them for validation.',
        'Use cross-validate, which tests on every labelled image.',
      ],
    };
  }
  const isUprightOnly = uprightAccuracy > chance + 0.2;
  const upright = isUprightOnly
    ? ` On the same images upright it is ${formatPercent(uprightAccuracy)}: the model has learned the classes, but not at other poses.`
    : '';
  return {
    code: 'accuracy-at-chance',
    text: `The accuracy, ${formatPercent(accuracy)} (95% interval ${interval}), is no better than chance (${formatPercent(chance)}).${upright}`,
    advice: [
      ...(isUprightOnly ? ["Augment the labelled images with random poses in training (labelledPoses: 'drawn')."] : []),
      'Check the samples in report.html: are the objects recognisable at this size, centred and labelled correctly?',
      'Remove an uneven background and standardise the images, if this was not done.',
      'Train longer (--from continues a finished run), or label a few more images of each class.',
      'Widen the ranges of the poses if objects have angles or positions outside them.',
    ],
  };
}

function collapsed({ reconstructionVariance }: LearningFigures): LearningProblem | undefined {
  if (reconstructionVariance === undefined || !(reconstructionVariance < LIMITS.variance)) return undefined;
  return {
    code: 'collapsed-decoder',
    text: `The reconstructions hardly differ between images: their variance is ${formatPercent(reconstructionVariance, 2)} of that of the images. The decoder outputs nearly the same image for all of them.`,
    advice: [
      'Remove an uneven background and standardise the images: a background can dominate the reconstruction.',
      'Start with a small KL weight and increase it gradually (--kl-weight "min(epoch/10, 1)").',
      'Use a Gaussian likelihood for images that are not binary.',
      'Train longer, or with a larger learning rate.',
    ],
  };
}

function unused({ latentKl = [] }: LearningFigures): LearningProblem | undefined {
  const dead = latentKl.flatMap((kl, i) => (kl < LIMITS.kl ? [i + 1] : []));
  if (dead.length === 0) return undefined;
  const names = dead.map((i) => `z${i}`).join(', ');
  const all = dead.length === latentKl.length;
  return {
    code: 'unused-latents',
    text: all
      ? `No content latent is used: each carries less than ${LIMITS.kl} nats per image. The latent map and the manifolds are not meaningful.`
      : `${dead.length} of ${latentKl.length} content latents ${dead.length === 1 ? 'is' : 'are'} unused (${names}): less than ${LIMITS.kl} nats per image.`,
    advice: all
      ? [
          'Start with a small KL weight and increase it gradually (--kl-weight "min(epoch/10, 1)").',
          'Train longer: the latents are used only once poses and classes are learned.',
          'If the objects of a class are identical, this is expected: only pose and class vary.',
        ]
      : ['This is expected if the objects vary in fewer ways. Otherwise lower the KL weight (--kl-weight).'],
  };
}

function plateau({ losses = [] }: LearningFigures): LearningProblem | undefined {
  if (losses.length < LIMITS.epochs) return undefined;
  const first = losses[0];
  const last = losses.slice(-2);
  // The loss may increase with the KL weight.
  if (last.some(({ klWeight }) => Math.abs(klWeight - first.klWeight) > 0.01 * Math.max(1, first.klWeight)))
    return undefined;
  const mean = last.reduce((sum, { loss }) => sum + loss, 0) / last.length;
  if (!(mean > first.loss - LIMITS.decrease * Math.abs(first.loss))) return undefined;
  return {
    code: 'loss-plateau',
    text: `The loss did not fall: ${first.loss.toPrecision(4)} nats per image in the first epoch, ${mean.toPrecision(4)} at the end.`,
    advice: [
      'Change the learning rate (--lr): larger if the loss hardly changes, smaller if it fluctuates.',
      'Train longer, or with several seeds (--seeds 3): some plateaus last for several epochs.',
    ],
  };
}

function constantImage({ losses = [], constantLoss }: LearningFigures): LearningProblem | undefined {
  const last = losses.at(-1);
  if (!last || constantLoss === undefined || !(last.loss >= constantLoss) || last.klWeight > 1) return undefined;
  return {
    code: 'constant-image',
    text: `The loss, ${last.loss.toPrecision(4)} nats per image, is no lower than that of always outputting the mean image (${constantLoss.toPrecision(4)}).`,
    advice: [
      'Train longer: the decoder first learns the mean image.',
      'Remove an uneven background, and check the images for a few bright pixels that dominate the grey range.',
    ],
  };
}

/** Shorter trainings are not checked before their end. */
const WATCHED = 6;

/**
 * A warning after a third of the epochs: accuracy at chance, or a loss that does not decrease.
 * @param epoch number of finished epochs
 * @returns undefined at any other epoch, and for a training that learns
 */
export function earlyWarning(figures: LearningFigures, epoch: number, epochs: number): string | undefined {
  if (epochs < WATCHED || epoch !== Math.ceil(epochs / 3)) return undefined;
  const problem = learningProblems(figures).find(
    ({ code }) => code === 'accuracy-at-chance' || code === 'loss-plateau',
  );
  return (
    problem &&
    `Warning after epoch ${epoch} of ${epochs}: ${problem.text} It may still learn; see docs/guides/it-did-not-learn.md.`
  );
}

/** Problems as lines for the terminal. */
export function problemLines(problems: readonly LearningProblem[]): string[] {
  if (problems.length === 0) return [];
  return [
    ...problems.flatMap(({ text, advice }) => [`Warning: ${text}`, ...advice.map((line) => `  - ${line}`)]),
    'More: docs/guides/it-did-not-learn.md',
  ];
}
