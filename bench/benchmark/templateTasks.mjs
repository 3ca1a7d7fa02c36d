/**
 * The tasks in which a generative model should pay: what varies is not in the labels, few images, a class without labels, no labels at all (accuracy after the best
 * matching of found and true classes), objects of no class. See `shiftedSets`.
 */
import { resolve } from 'node:path';
import { glyphSymmetry } from 'pyroved-data/internal';

/** What every method knows of the poses: the labelled images have one scale and no shear, and nothing draws others. */
const ranges = { angle: 180, shift: [0.1, 0.1], scale: [1, 1], shear: 0 };

/** Ranges and symmetries of `shiftedSets`. */
export const shiftedPoses = (shapes = 'cards') => ({
  ranges,
  symmetry: { diamonds: 2, ...(shapes === 'glyphs' ? glyphSymmetry : {}), star: 5 },
});

/** Those that draw no scales and shears either. */
const rivals = [
  'recognition',
  'label-propagation',
  'template-angle',
  'cnn-turn+noise',
  'fixmatch-turn+noise',
  'c8-turn+noise',
];

/** Where there are no labels. */
const clusterings = ['spectral-clustering'];

/** Recognition alone is the only rival where a class has no labels, or where outliers are scored. */
const alone = ['recognition'];

const tasks = [
  ['moderate-5', 'Moderate shift, 5 labels per class', { shift: 'moderate' }],
  ['moderate-1', 'Moderate shift, 1 label per class', { shift: 'moderate', labelled: 1 }],
  ['strong-5', 'Strong shift, 5 labels per class', {}],
  ['strong-1', 'Strong shift, 1 label per class', { labelled: 1 }],
  ['strong-glyphs-5', 'Strong shift, four glyphs of two typefaces, 5 labels per class', { shapes: 'glyphs' }],
  ['strong-few-5', 'Strong shift, 5 labels and 50 unlabelled images per class', { unlabelled: 50 }],
  [
    'strong-noise-5',
    'Strong shift, 5 labels and 300 unlabelled images per class, pixel noise .4',
    { unlabelled: 300, noise: 0.4 },
  ],
  [
    'extra-star-5',
    'A class without labels (star), 5 labels per class of the others',
    { fifth: 'star', extra: true },
    alone,
  ],
  [
    'extra-arrow-5',
    'A class without labels (arrow), 5 labels per class of the others',
    { fifth: 'arrow', extra: true },
    alone,
  ],
  ['no-labels', 'Moderate shift, no labels at all', { shift: 'moderate', withoutAnyLabels: true }, clusterings],
  ['outliers-star-5', 'Outliers: star, 5 labels per class', { fifth: 'star' }, alone],
];

/** Where the labels show all that varies, the model must not be worse than recognition alone. */
const plainTasks = [
  {
    ...{ name: 'cards-5', title: 'cards, ±180°, 5 labels per class', labels: 5, ...shiftedPoses() },
    source: (seed) => ({ kind: 'shifted', seed, shift: 'none' }),
  },
  {
    ...{ name: 'glyphs-5', title: 'four glyphs of two typefaces, ±180°, 5 labels per class', labels: 5 },
    ...shiftedPoses('glyphs'),
    source: (seed) => ({ kind: 'shifted', seed, shift: 'none', shapes: 'glyphs' }),
  },
  {
    ...{ name: 'digits-25', title: 'digits, ±45°, 25 labels per class', labels: 25 },
    ranges: { ...ranges, angle: 45, shift: [0, 0] },
    symmetry: { 0: 2, 1: 2, 8: 2 },
    source: (seed) => ({
      ...{ kind: 'digits', seed, angle: 45 },
      ...{ labelledPerClass: 25, unlabelledPerClass: 500, validationPerClass: 200 },
    }),
  },
  {
    ...{ name: 'particles-15', title: 'particles, 15 labels per class', labels: 15 },
    ranges: { ...ranges, shift: [0.08, 0.08] },
    // Their angle is that of an arbitrary bond.
    symmetry: { '1 particle': 0, '2 particles': 0, '3 particles': 0, '4 particles': 0 },
    source: (seed) => ({ kind: 'particles', seed, labelledPerClass: 15, validationPerClass: 500 }),
  },
].map(({ name, title, ...task }) => ({
  name: `template-plain-${name}`,
  family: `template-plain-${name.replace(/-\d+$/, '')}`,
  title: `Without a shift: ${title}`,
  ...task,
  rivals: alone,
  quick: false,
}));

export const templateTasks = ({ templates } = {}) => [
  ...tasks.map(([name, title, options, others = rivals]) => ({
    name: `template-${name}`,
    family: `template-${name.replace(/-\d+$/, '')}`,
    title,
    ...(options.withoutAnyLabels ? { withoutLabels: true } : { labels: options.labelled ?? 5 }),
    ...shiftedPoses(options.shapes),
    rivals: others,
    quick: false,
    source: (seed) => ({
      kind: 'shifted',
      seed,
      ...options,
      ...(templates !== undefined && options.shapes === undefined && { shapes: resolve(templates) }),
    }),
  })),
  {
    name: 'template-digit-left-out',
    family: 'template-digit-left-out',
    title: 'Outliers: one digit without labels, ±45°, 25 labels per class',
    labels: 25,
    ranges: { ...ranges, angle: 45, shift: [0, 0] },
    symmetry: { 0: 2, 1: 2, 8: 2 },
    rivals: alone,
    quick: false,
    source: (seed) => ({ kind: 'held-out digit', seed }),
  },
  ...plainTasks,
  {
    name: 'template-no-labels-digits',
    family: 'template-no-labels-digits',
    title: 'Digits without 9, ±180°, no labels at all',
    ranges: { ...ranges, shift: [0, 0] },
    symmetry: { 0: 2, 1: 2, 8: 2 },
    withoutLabels: true,
    rivals: clusterings,
    quick: false,
    source: (seed) => ({ kind: 'digits without labels', seed }),
  },
];
