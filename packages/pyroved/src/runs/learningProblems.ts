/** Signs that a run did not learn, from its figures, each with what to try. */
import { refuseUnknownKeys } from 'pyro-ts/internal';
import { formatCount, formatPercent } from '../viz/index.js';

/** What is known of a run at its end, or on its way. */
export interface LearningFigures {
  /** Of a classifier on validation images, with its 95% interval and the accuracy of always giving the most frequent class. */
  readonly accuracy?: number;
  readonly accuracyInterval?: readonly [low: number, high: number];
  readonly chance?: number;
  /** Accuracy on the same images upright, where the other one is at drawn poses. */
  readonly uprightAccuracy?: number;
  /** Number of distinct validation images. */
  readonly validationImages?: number;
  /** Variance of the reconstructions between images, as a share of the variance of the images themselves. */
  readonly reconstructionVariance?: number;
  /** Mean Kullback-Leibler divergence of each content latent from its prior, in nats per image. */
  readonly latentKl?: readonly number[];
  /** Loss and weight of the KL terms in each epoch. */
  readonly losses?: readonly { readonly loss: number; readonly klWeight: number }[];
  /** Loss of a model that draws the mean image whatever the input, in nats per image. */
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
  /** What was found, a sentence or two. */
  readonly text: string;
  /** What to try, the likeliest remedy first. */
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
  /** Share of the variance between images. */
  variance: 0.01,
  /** Nats per image. */
  kl: 0.05,
  /** Epochs that a plateau takes at least. */
  epochs: 4,
  /** Decrease of the loss, as a share of its size. */
  decrease: 0.002,
} as const;

/**
 * The signs that a run did not learn; none for a run that did. A sign is only looked for where its figures are given.
 * @example learningProblems({ accuracy: 0.26, accuracyInterval: [0.22, 0.3], chance: 0.25 })[0].code // 'accuracy-at-chance'
 */
export function learningProblems(figures: LearningFigures): LearningProblem[] {
  refuseUnknownKeys('learningProblems', figures, KEYS);
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
  // An accuracy far above chance on a handful of images is no sign of a failure, but none of a success either.
  if (accuracy > chance + 0.15) {
    const images =
      validationImages === undefined ? 'the validation images' : `${formatCount(validationImages)} validation images`;
    return {
      code: 'few-validation-images',
      text: `The accuracy, ${formatPercent(accuracy)} on ${images}, cannot be told from chance (${formatPercent(chance)}): its 95% interval is ${interval}.`,
      advice: [
        'Label more images, or give a larger fraction of the labels to validation.',
        'Use cross-validate, in which every labelled image counts.',
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
      ...(isUprightOnly ? ["Show the labelled images at drawn poses in training (labelledPoses: 'drawn')."] : []),
      'Look at the samples in report.html: are the objects recognisable at this size, centred, and of the class they are labelled with?',
      'Remove an uneven background and standardise the images, if the run did not.',
      'Train longer (--from continues a finished run), or label a few more images of each class.',
      'Widen the ranges of the poses if objects lie at angles or places outside them.',
    ],
  };
}

function collapsed({ reconstructionVariance }: LearningFigures): LearningProblem | undefined {
  if (reconstructionVariance === undefined || !(reconstructionVariance < LIMITS.variance)) return undefined;
  return {
    code: 'collapsed-decoder',
    text: `The reconstructions hardly differ between images: their variance is ${formatPercent(reconstructionVariance, 2)} of that of the images. The decoder draws one picture for all of them.`,
    advice: [
      'Remove an uneven background and standardise the images: a background can take up the whole reconstruction.',
      'Start with a small weight of the KL terms and let it grow (--kl "min(epoch/10, 1)").',
      'Use a Gaussian likelihood for images that are not black and white.',
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
      ? `No content latent is used: each carries less than ${LIMITS.kl} nats about an image. The latent map and the manifolds show nothing.`
      : `${dead.length} of ${latentKl.length} content latents ${dead.length === 1 ? 'is' : 'are'} unused (${names}): less than ${LIMITS.kl} nats about an image.`,
    advice: all
      ? [
          'Start with a small weight of the KL terms and let it grow (--kl "min(epoch/10, 1)").',
          'Train longer: latents come into use once the poses and classes are right.',
          'If the objects of a class really are all alike, nothing is wrong: only pose and class vary.',
        ]
      : ['Nothing is wrong if the objects vary in fewer ways. Otherwise lower the weight of the KL terms (--kl).'],
  };
}

function plateau({ losses = [] }: LearningFigures): LearningProblem | undefined {
  if (losses.length < LIMITS.epochs) return undefined;
  const first = losses[0];
  const last = losses.slice(-2);
  // Where the weight of the KL terms grows, the loss may grow too.
  if (last.some(({ klWeight }) => Math.abs(klWeight - first.klWeight) > 0.01 * Math.max(1, first.klWeight)))
    return undefined;
  const mean = last.reduce((sum, { loss }) => sum + loss, 0) / last.length;
  if (!(mean > first.loss - LIMITS.decrease * Math.abs(first.loss))) return undefined;
  return {
    code: 'loss-plateau',
    text: `The loss did not fall: ${first.loss.toPrecision(4)} nats per image in the first epoch, ${mean.toPrecision(4)} at the end.`,
    advice: [
      'Change the learning rate (--lr): larger where the loss hardly moves, smaller where it jumps.',
      'Train longer, with another seed beside it (--seeds 3): some plateaus last for several epochs.',
    ],
  };
}

function constantImage({ losses = [], constantLoss }: LearningFigures): LearningProblem | undefined {
  const last = losses.at(-1);
  if (!last || constantLoss === undefined || !(last.loss >= constantLoss) || last.klWeight > 1) return undefined;
  return {
    code: 'constant-image',
    text: `The loss, ${last.loss.toPrecision(4)} nats per image, is no lower than that of drawing the mean image every time (${constantLoss.toPrecision(4)}).`,
    advice: [
      'Train longer: the first thing that a decoder learns is the mean image.',
      'Remove an uneven background, and check the images for a few bright pixels that take up the whole grey range.',
    ],
  };
}

/** A training shorter than this is not looked at on its way. */
const WATCHED = 6;

/**
 * A warning on the way, once a third of the epochs is done: accuracy at chance, or a loss that does not fall.
 * @param epoch finished epochs
 * @returns undefined at any other time, and for a training that learns
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
