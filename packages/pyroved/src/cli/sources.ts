/** Command-line options for the source of images, and the source that they describe. */
import fs from 'node:fs';
import { type Command, Option } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { cardsConfig, fieldConditionNames } from 'pyroved-data/internal';
import { PyrovedError } from 'pyroved-ts';
import type { Source } from '../runs/index.js';
import {
  atLeast,
  type Given,
  group,
  names,
  notNegative,
  parsed,
  picked,
  share,
  typedOptions,
  wholeNumber,
} from './options.js';

type Kind = Source['kind'];

/** The generated sources, with a description for the help. */
export const generatedSources = {
  cards: 'playing-card suits, the experiment of the paper',
  glyphs: 'letters and other shapes in two typefaces, at any angle',
  particles: 'simulated electron micrographs of agglomerates of 1 to 4 gold particles',
  digits: 'rotated handwritten digits (requires the package mnist)',
  peaks: 'one-dimensional signals with shifted peaks',
} as const;

const images: Kind[] = ['cards', 'glyphs', 'particles', 'digits'];
const generated = Object.keys(generatedSources) as (keyof typeof generatedSources)[];
const own: Kind[] = ['images', 'array', 'micrographs'];

/** The sources that each option applies to. */
const belongsTo: Readonly<Record<string, readonly Kind[]>> = {
  unlabelled: ['images'],
  labelled: ['images'],
  labels: ['images', 'array'],
  factors: ['images', 'array'],
  crop: ['images'],
  channels: ['images'],
  onBadFile: ['images'],
  maxPixels: own,
  outsidePaths: ['images'],
  maxBytes: own,
  validationFraction: own,
  splitBy: ['images', 'micrographs'],
  array: ['array'],
  dataset: ['array'],
  micrographs: ['micrographs'],
  patchSize: ['micrographs'],
  centres: ['micrographs'],
  polarity: ['micrographs'],
  minArea: ['micrographs'],
  preset: ['cards'],
  templates: ['cards'],
  labelledAngle: ['cards', 'glyphs'],
  shear: ['cards', 'glyphs'],
  scale: ['cards', 'glyphs'],
  axes: ['cards'],
  angle: ['cards', 'glyphs', 'digits'],
  translation: ['cards', 'glyphs', 'digits'],
  glyphs: ['glyphs'],
  faces: ['glyphs'],
  digits: ['digits'],
  noise: images,
  background: images,
  contrast: images,
  blur: images,
  clutter: images,
  labelledPerClass: generated,
  unlabelledPerClass: ['cards', 'glyphs', 'digits', 'peaks'],
  validationPerClass: generated,
};

/** Limits on the size of a file's content. */
export const limitOptions = (): Option[] => [
  parsed(
    '--max-pixels <n>',
    'largest number of pixels of an image; larger files are rejected (default: 100 million)',
    atLeast(1),
  ),
  parsed(
    '--max-bytes <n>',
    'largest memory for the content of a file, in bytes; larger files are rejected (default: 400 million, or 32 times the file size)',
    atLeast(1),
  ),
];

export function addSourceOptions(command: Command): Command {
  group(command, 'Your own images:', [
    new Option('--unlabelled <folder>', 'unlabelled images (PNG, JPEG, TIFF, BMP), including subfolders'),
    new Option('--labelled <folder>', 'labelled images: one folder per class'),
    new Option(
      '--labels <table>',
      'alternatively, a CSV table with the columns file,label; with --array, the name of an array of labels or a .npy file',
    ),
    new Option(
      '--factors <table>',
      'CSV table of numerical factors, e.g. file,length, to predict or to condition the model on (empty if unknown; with --array, one row per item)',
    ),
    parsed(
      '--size <pixels>',
      "side of the images in pixels, which are resized (default: median of your images' shorter sides, at most 48; cards and particles 48, glyphs 40, digits 28; arrays and patches unchanged); for peaks, length of a signal",
      atLeast(1),
    ),
    new Option(
      '--crop <how>',
      'square: centre crop; none: resize the whole image to a square (default: square)',
    ).choices(['square', 'none']),
    parsed('--channels <n>', '1: grey; 3: colour (default: 1)', atLeast(1)),
    new Option('--on-bad-file <what>', 'skip unreadable files and list them, or fail (default: skip)').choices([
      'skip',
      'fail',
    ]),
    new Option('--outside-paths', "allow files in --labels outside --unlabelled and the table's folder"),
    ...limitOptions(),
    new Option(
      '--split-by <what>',
      'keep images of the same group on one side of the validation split: folder, file (micrograph, stack), or a column of the label table (default: split by image)',
    ),
    parsed(
      '--validation-fraction <share>',
      'fraction of the labelled images used for validation (default: 0.2)',
      share,
    ),
  ]);
  group(command, 'Arrays and large micrographs:', [
    new Option('--array <file>', 'a .npy, .npz or HDF5 file of images [N, H, W], [N, H, W, C] or signals [N, L]'),
    new Option('--dataset <name>', 'name of the array in a file with several arrays'),
    new Option('--micrographs <path>', 'a large image, or a folder of large images, to cut patches from'),
    parsed('--patch-size <pixels>', 'side of the square patch around each object', atLeast(1)),
    new Option(
      '--centres <csv>',
      'CSV table of the object centres, x,y and optionally file,label (default: objects are detected)',
    ),
    new Option('--polarity <which>', 'whether objects are bright or dark (default: detected)').choices([
      'bright',
      'dark',
    ]),
    parsed('--min-area <pixels>', 'ignore smaller regions, in pixels (default: 1% of the patch area)', wholeNumber),
  ]);
  group(command, 'Generated images:', [
    new Option(
      '--preset <name>',
      'cards: paper (12,000 unlabelled, 800 labelled, 4,000 validation images), or small (an eighth of that) (default: paper)',
    ).choices(['paper', 'small']),
    new Option('--templates <path>', 'cards: custom classes, a JSON file or a folder with one image per class'),
    parsed('--glyphs <list>', 'glyphs: classes, e.g. A,B,7,arrow (default: twelve classes)', names),
    parsed('--faces <list>', 'glyphs: typefaces, sans or serif (default: both)', names),
    parsed('--digits <list>', 'digits: classes, e.g. 0,1,2,3 (default: all ten)', digitList),
    new Option(
      '--angle <angle>',
      'cards, glyphs, digits: random rotation of unlabelled and validation images by up to this angle either way, e.g. "60 deg" (default: 60 deg; glyphs 180 deg)',
    ),
    new Option(
      '--translation <fraction>',
      'cards, glyphs, digits: random shift of unlabelled and validation images by up to this fraction of the width, e.g. 0.1 or "10%" (default: 0.1; digits 0)',
    ),
    new Option(
      '--axes <which>',
      'cards: shift vertically (as in the paper) or along both axes (default: vertical)',
    ).choices(['vertical', 'both']),
    new Option(
      '--labelled-angle <angle>',
      'cards, glyphs: random rotation of labelled images by up to this angle (default: 5 deg; glyphs 0)',
    ),
    new Option(
      '--shear <angle>',
      'cards, glyphs: random shear of all images, e.g. "15 deg"; percentages as in the paper, 23% = 14.7 deg (default: 15 deg; glyphs 10 deg)',
    ),
    new Option(
      '--scale <range>',
      'cards, glyphs: random magnification of all images (default: "1 to 1.3"; glyphs "0.85 to 1.15")',
    ),
    parsed('--labelled-per-class <n>', 'labelled images per class', atLeast(1)),
    parsed('--unlabelled-per-class <n>', 'unlabelled images per class (not for particles)', atLeast(1)),
    parsed('--validation-per-class <n>', 'validation images per class', atLeast(1)),
  ]);
  return group(command, 'Field conditions of generated images (cards, glyphs, digits, particles; white is 1):', [
    parsed('--noise <sd>', 'standard deviation of the pixel noise (default: 0; particles 0.05)', notNegative),
    parsed('--background <amplitude>', 'uneven background with up to this amplitude (default: 0)', notNegative),
    parsed('--contrast <range>', 'random contrast change by up to this much either way, e.g. 0.3 (default: 0)', share),
    parsed('--blur <pixels>', 'random blur with up to this standard deviation, in pixels (default: 0)', notNegative),
    parsed('--clutter <n>', 'mean number of other objects reaching into an image (default: 0)', notNegative),
  ]);
}

/** "0,1,2" */
const digitList = (text: string): number[] => text.split(',').map((part) => wholeNumber(part.trim()));

/** The source described by the argument and the options. @throws {PyrovedError} for none, several, or options of another source. */
export function sourceOf(word: string | undefined, given: Given, command: Command): Source {
  const kind = kindOf(word, given);
  const foreign = typedOptions(command).filter(({ name }) => belongsTo[name] && !belongsTo[name].includes(kind));
  if (foreign.length > 0) {
    const flags = foreign.map(({ flag }) => flag);
    const known = belongsTo[foreign[0].name];
    throw new PyrovedError(
      `${flags.join(' and ')} cannot be combined with ${words[kind]}: ${flags[0]} applies to ${known.map((k) => words[k]).join(', ')}.`,
    );
  }
  return build[kind](given);
}

const words: Readonly<Record<Kind, string>> = {
  cards: '"cards"',
  glyphs: '"glyphs"',
  particles: '"particles"',
  digits: '"digits"',
  peaks: '"peaks"',
  images: 'your own images (--unlabelled, --labelled)',
  array: '--array',
  micrographs: '--micrographs',
};

function kindOf(word: string | undefined, given: Given): Kind {
  const asked: [string, Kind][] = [
    ...(word === undefined ? [] : [[`"${word}"`, word as Kind] as [string, Kind]]),
    ...(given.array === undefined ? [] : [['--array', 'array'] as [string, Kind]]),
    ...(given.micrographs === undefined ? [] : [['--micrographs', 'micrographs'] as [string, Kind]]),
    ...(given.unlabelled === undefined && given.labelled === undefined
      ? []
      : [['--unlabelled or --labelled', 'images'] as [string, Kind]]),
  ];
  if (word !== undefined && !Object.hasOwn(generatedSources, word)) throw noSuchSource(word);
  if (asked.length > 1) {
    throw new PyrovedError(`A run has one source of images: use either ${asked.map(([name]) => name).join(' or ')}.`);
  }
  if (asked.length === 1) return asked[0][1];
  if (given.labels !== undefined) return 'images';
  throw new PyrovedError(
    `No images to train on. Use your own images (--unlabelled FOLDER with --labelled FOLDER, one folder per class, or --labels CSV; --array; or --micrographs), or generated ones: ${generated.join(', ')}.`,
  );
}

function noSuchSource(word: string): PyrovedError {
  const hint = fs.existsSync(word)
    ? ` For your own images, use --unlabelled ${word}, or --labelled ${word} if it has one folder per class.`
    : didYouMean(word, generated);
  return new PyrovedError(`Unknown source of images "${word}".${hint}`);
}

const limits = ['maxPixels', 'maxBytes'];
const split = ['validationFraction', 'seed'];
const splitBy = [...split, 'splitBy'];
const counts = ['labelledPerClass', 'unlabelledPerClass', 'validationPerClass'];

/** Functions that build the configuration of each source from the options. */
const build: Readonly<Record<Kind, (given: Given) => Source>> = {
  cards(given) {
    const names = ['preset', 'seed', 'size', 'angle', 'labelledAngle', 'shear', 'scale', 'translation', 'axes'];
    const config = cardsConfig(picked(given, [...names, ...counts, ...fieldConditionNames]));
    return { kind: 'cards', ...config, ...picked(given, ['templates']) };
  },
  glyphs(given) {
    const names = ['seed', 'size', 'glyphs', 'faces', 'angle', 'labelledAngle', 'shear', 'scale', 'translation'];
    return { kind: 'glyphs', ...picked(given, [...names, ...counts, ...fieldConditionNames]) };
  },
  particles: (given) => ({ kind: 'particles', ...picked(given, ['seed', 'size', ...counts, ...fieldConditionNames]) }),
  digits(given) {
    const names = ['seed', 'size', 'digits', 'angle', 'translation'];
    return { kind: 'digits', ...picked(given, [...names, ...counts, ...fieldConditionNames]) };
  },
  peaks: ({ size, ...given }) => ({
    kind: 'peaks',
    ...picked(given, ['seed', ...counts]),
    ...(size !== undefined && { length: size as number }),
  }),
  images: (given) => ({
    kind: 'images',
    ...picked(given, [
      'size',
      'unlabelled',
      'labelled',
      'labels',
      'factors',
      'crop',
      'channels',
      'onBadFile',
      'outsidePaths',
      ...limits,
      ...splitBy,
    ]),
  }),
  array: ({ array, ...given }) => ({
    kind: 'array',
    file: String(array),
    ...picked(given, ['dataset', 'labels', 'factors', 'size', ...limits, ...split]),
  }),
  micrographs({ micrographs, patchSize, ...given }) {
    if (patchSize === undefined) {
      throw new PyrovedError(
        '--micrographs requires --patch-size: the side, in pixels, of a square that contains one object.',
      );
    }
    return {
      kind: 'micrographs',
      path: String(micrographs),
      patch: patchSize as number,
      ...picked(given, ['centres', 'polarity', 'minArea', 'size', ...limits, ...splitBy]),
    };
  },
};
