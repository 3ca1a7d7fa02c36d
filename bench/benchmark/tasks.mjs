/**
 * The tasks of `npm run benchmark`: where the images come from for each seed, and what every method may know about the poses. A task is
 * `{ name, title, labels, source(seed), ranges, symmetry, quick }`; `ranges` are the poses of unlabelled and test images relative to the labelled ones.
 * Tasks for the template model have `rivals` too: what they are compared with unless methods are named.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { cardsConfig, glyphSymmetry } from 'pyroved-data/internal';
import { templateTasks } from './templateTasks.mjs';

const fixed = { scale: [1, 1], shear: 0 };

/** `angle` and `shear` are half-widths in degrees, `shift` half-widths along x and y as fractions of the width, `scale` the lowest and the highest factor. */
const cardRanges = {
  vertical: { angle: 60, shift: [0, 0.1], scale: [1 / 1.3, 1.3], shear: 25 },
  both: { angle: 180, shift: [0.1, 0.1], scale: [1 / 1.3, 1.3], shear: 25 },
};

function cardTasks({ templates }) {
  const kinds = [
    ['cards-60', 'Cards, ±60°, vertical shift', { angle: 60, axes: 'vertical' }, cardRanges.vertical, [200]],
    ['cards-180', 'Cards, ±180°, shift on both axes', { angle: 180, axes: 'both' }, cardRanges.both, [200, 15, 5, 1]],
  ];
  return kinds.flatMap(([name, title, poses, ranges, counts]) =>
    counts.map((labels) => ({
      name: `${name}-${labels}`,
      family: name,
      title: `${title}, ${labelled(labels)}`,
      labels,
      ranges,
      // A diamond looks the same after half a turn.
      symmetry: { diamonds: 2 },
      quick: name === 'cards-180' && labels === 1,
      source: (seed) => ({
        kind: 'cards',
        ...cardsConfig({ ...poses, seed, labelledPerClass: labels }),
        ...(templates !== undefined && { templates: resolve(templates) }),
      }),
    })),
  );
}

const labelled = (n) => `${n} ${n === 1 ? 'label' : 'labels'} per class`;

/** Noise, an uneven background, and contrast, blur and clutter that vary by image. */
const fieldConditions = { noise: 0.2, background: 0.4, contrast: 0.3, blur: 1, clutter: 0.5 };

const glyphTasks = () =>
  [20, 5].map((labels) => ({
    name: `glyphs-${labels}`,
    family: 'glyphs',
    title: `Glyphs with field conditions, ±180°, ${labelled(labels)}`,
    labels,
    // Scales of .85 to 1.15 and shears of 10 degrees on both sides.
    ranges: { angle: 180, shift: [0.1, 0.1], scale: [0.74, 1.35], shear: 20 },
    symmetry: glyphSymmetry,
    quick: labels === 5,
    source: (seed) => ({ kind: 'glyphs', seed, labelledPerClass: labels, ...fieldConditions }),
  }));

function digitTasks() {
  const sets = [
    ['digits-45', 'Digits, ±45°', 45, undefined, [25, 5]],
    ['digits-180', 'Digits without 9, ±180°', 180, [0, 1, 2, 3, 4, 5, 6, 7, 8], [25]],
  ];
  return sets.flatMap(([name, title, angle, digits, counts]) =>
    counts.map((labels) => ({
      name: `${name}-${labels}`,
      family: name,
      title: `${title}, ${labelled(labels)}`,
      labels,
      ranges: { angle, shift: [0, 0], ...fixed },
      symmetry: { 0: 2, 1: 2, 8: 2 },
      quick: name === 'digits-45' && labels === 25,
      // 2,000 distinct test digits; the package has about a thousand of each.
      source: (seed) => ({
        kind: 'digits',
        seed,
        angle,
        labelledPerClass: labels,
        unlabelledPerClass: 500,
        validationPerClass: 200,
        ...(digits && { digits }),
      }),
    })),
  );
}

const particleTask = {
  name: 'particles-15',
  family: 'particles',
  title: 'Particles, the paper’s imbalance, 15 labels per class',
  labels: 15,
  // Labelled agglomerates lie in any direction and are shifted themselves, by up to .04.
  ranges: { angle: 180, shift: [0.08, 0.08], ...fixed },
  // Their angle is that of an arbitrary bond.
  symmetry: { '1 particle': 0, '2 particles': 0, '3 particles': 0, '4 particles': 0 },
  quick: true,
  source: (seed) => ({ kind: 'particles', seed, labelledPerClass: 15, validationPerClass: 500 }),
};

/** Small enough to run in seconds: for trying the command out, and for its tests. Not part of a run that names no tasks. */
const toyTask = {
  name: 'toy',
  family: 'toy',
  title: 'Toy: cards of 16 x 16 pixels',
  labels: 3,
  ranges: cardRanges.vertical,
  symmetry: { diamonds: 2 },
  quick: true,
  hidden: true,
  train: { epochs: 1, recognitionSteps: 20 },
  source: (seed) => ({
    kind: 'cards',
    ...cardsConfig({ size: 16, seed, labelledPerClass: 3, unlabelledPerClass: 8, validationPerClass: 10 }),
  }),
};

/** All tasks in the order of the page. `templates` names class images for the cards in place of the project's own suits. */
export const benchmarkTasks = (options = {}) => [
  ...cardTasks(options),
  ...glyphTasks(),
  ...digitTasks(),
  particleTask,
  ...templateTasks(options),
  toyTask,
];

/** The default ranges of a user's folder. */
export const folderRanges = { angle: 180, shift: [0.1, 0.1], scale: [0.77, 1.3], shear: 25 };

/**
 * The task of a user's folder: `labelled/CLASS/*`, `test/CLASS/*` and, where there are any, `unlabelled/*`. The same images serve for every seed.
 * @param size side in pixels to which images are resized; by default the library chooses it
 * @throws {Error} naming the subfolder that is missing
 */
export function folderTask(folder, { ranges = folderRanges, size } = {}) {
  const path = resolve(folder);
  for (const part of ['labelled', 'test']) {
    if (!existsSync(join(path, part)))
      throw new Error(`${folder} has no folder "${part}". Expected labelled/CLASS/*, test/CLASS/* and unlabelled/*.`);
  }
  const unlabelled = join(path, 'unlabelled');
  return {
    name: `data-${basename(path)}`,
    family: `data-${basename(path)}`,
    title: `Images of ${basename(path)}`,
    ranges,
    symmetry: {},
    quick: true,
    testFolder: join(path, 'test'),
    files: () => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort(),
    source: () => ({
      kind: 'images',
      labelled: join(path, 'labelled'),
      ...(existsSync(unlabelled) && { unlabelled }),
      ...(size !== undefined && { size }),
    }),
  };
}

/**
 * The task of that name. `options` are those of `benchmarkTasks`, and for a user's folder `data` and those of `folderTask`.
 * @throws {Error} for a name that does not exist
 */
export function findTask(name, { templates, data, ranges, size } = {}) {
  const tasks = data === undefined ? benchmarkTasks({ templates }) : [folderTask(data, { ranges, size })];
  const found = tasks.find((task) => task.name === name);
  if (found) return found;
  throw new Error(`There is no task "${name}". Tasks: ${tasks.map((task) => task.name).join(', ')}.`);
}
