/**
 * The images of the tasks for the template model: unlabelled and test images vary in ways that the labelled ones do not, or show objects of a class without labels.
 * All of them are drawn again for each seed.
 */
import { digits, loadTemplates } from 'pyroved-data';
import { cardSet, glyphTemplate, suitTemplates } from 'pyroved-data/internal';
import { concatenated, subset, withNoise, withoutLabels } from 'pyroved-ts';
import { starTemplate } from './star.mjs';

/** Scale and shear of unlabelled and test images, relative to the labelled ones. */
export const shifts = {
  none: { scale: [1, 1], shear: 0 },
  moderate: { scale: [1, 1.3], shear: 15 },
  strong: { scale: [0.7, 1.4], shear: 30 },
};

const [SIZE, FULL] = [48, 64];
const upright = { angle: 5, translation: 0, axes: 'both', ...shifts.none };

/** Four letters and digits, two of each typeface; the margin of the cards is theirs too, so that their size is that of the suits. */
const glyphs = [
  ['F', 'sans'],
  ['R', 'serif'],
  ['K', 'sans'],
  ['4', 'serif'],
];

const namedShapes = {
  cards: () => suitTemplates(FULL),
  glyphs: () => ({
    names: glyphs.map(([name]) => name),
    size: FULL,
    images: glyphs.map(([name, face]) => glyphTemplate(name, face, FULL)),
  }),
};

const fifthShapes = {
  star: () => ({ names: ['star'], size: FULL, images: [starTemplate(FULL, SIZE)] }),
  arrow: () => ({ names: ['arrow'], size: FULL, images: [glyphTemplate('arrow', 'sans', FULL)] }),
};

/**
 * Labelled, unlabelled and test images and, where a fifth shape is not one of the classes, `outliers`: images of it.
 * `withoutAnyLabels`: no labelled images either.
 * @param source `shapes` (cards, glyphs, or a file of class images), `shift` (a name of `shifts`), numbers of images per class (`labelled`, `unlabelled`,
 * `test`), `noise` of the pixels, and `fifth` (star or arrow) as an `extra` class among unlabelled and test images, or by default as outliers;
 * `amongUnlabelled`: as outliers among the unlabelled images too
 */
export function shiftedSets({
  seed,
  shapes = 'cards',
  shift = 'strong',
  labelled = 5,
  unlabelled = 750,
  test = 250,
  noise = 0,
  fifth,
  extra = false,
  amongUnlabelled = extra,
  withoutAnyLabels = false,
}) {
  if (!shifts[shift]) throw new Error(`A shift is ${Object.keys(shifts).join(', ')}, not ${shift}.`);
  const templates = namedShapes[shapes]?.() ?? loadTemplates(shapes);
  const ranges = { angle: 180, translation: 0.1, axes: 'both', ...shifts[shift] };
  const make = (part, perClass, drawn, drawnShapes = templates) => {
    const set = cardSet({ perClass, ranges: drawn, size: SIZE, seed: `${seed}/${part}`, templates: drawnShapes });
    return withNoise(set, noise, `${seed}/${part}/noise`);
  };
  const others = fifth && ((part, perClass) => make(`${part} ${fifth}`, perClass, ranges, fifthShapes[fifth]()));
  const [own, found] = [make('unlabelled', unlabelled, ranges), make('test', test, ranges)];
  return {
    ...(!withoutAnyLabels && { labelled: make('labelled', labelled, upright) }),
    unlabelled: withoutLabels(amongUnlabelled ? joined(own, others('unlabelled', unlabelled)) : own),
    test: extra ? joined(found, others('test', test)) : found,
    ...(fifth && !extra && { outliers: others('test', test) }),
  };
}

/** Digits at +-45 degrees without one of them: that of the seed's last digit. Its test images are the outliers. */
export function digitSets({ seed, labelled = 25, unlabelled = 500, test = 200 }) {
  const left = seed % 10;
  const all = digits({
    ...{ seed, angle: 45, labelledPerClass: labelled, unlabelledPerClass: unlabelled, validationPerClass: test },
  });
  const { classNames } = all.labelled;
  const label = classNames.indexOf(String(left));
  const without = (set, labels) => {
    const kept = Array.from(labels.keys()).filter((i) => labels[i] !== label);
    const part = subset(set, kept);
    return {
      ...part,
      classNames: classNames.filter((_, k) => k !== label),
      ...(set.labels && { labels: Int32Array.from(kept, (i) => labels[i] - (labels[i] > label ? 1 : 0)) }),
    };
  };
  const found = all.validation;
  return {
    labelled: without(all.labelled, all.labelled.labels),
    unlabelled: without(all.unlabelled, Int32Array.from(all.unlabelled.factors.class)),
    test: without(found, found.labels),
    outliers: subset(
      found,
      Array.from(found.labels.keys()).filter((i) => found.labels[i] === label),
    ),
  };
}

/** Digits at any angle, without the 9, which is a 6 at another angle, and without labels. */
export function digitsWithoutLabels({ seed, unlabelled = 500, test = 200 }) {
  const which = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const counts = { labelledPerClass: 1, unlabelledPerClass: unlabelled, validationPerClass: test };
  const all = digits({ seed, angle: 180, digits: which, ...counts });
  return { unlabelled: all.unlabelled, test: all.validation };
}

/** Two sets; the images of the second are of one more class. */
function joined(a, b) {
  const classNames = [...a.classNames, ...b.classNames];
  return concatenated([
    { ...a, classNames },
    { ...b, classNames, labels: new Int32Array(b.count).fill(a.classNames.length) },
  ]);
}
