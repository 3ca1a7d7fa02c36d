/** Command-line options for the source of images: each with the sources that it applies to and the setting that it sets in them. */
import { particleLooks } from 'pyroved-data';
import { limits, micrographOptions } from './micrographTable.js';
import { atLeast, names, notNegative, share, wholeNumber } from './options.js';
import { entry, into, type SourceOption } from './sourceOption.js';

const cards = ['cards'] as const;
const shapes = ['cards', 'glyphs'] as const;
const posed = ['cards', 'glyphs', 'digits'] as const;
const pictures = ['cards', 'glyphs', 'particles', 'digits'] as const;
const generated = ['cards', 'glyphs', 'particles', 'digits', 'peaks'] as const;
const folders = ['images'] as const;
const arrays = ['array'] as const;
const micrographs = ['micrographs'] as const;
const own = ['images', 'array', 'micrographs'] as const;

/** "0,1,2" */
const digitList = (text: string): number[] => text.split(',').map((part) => wholeNumber(part.trim()));

const ownImages = [
  entry(
    '--unlabelled <folder>',
    'unlabelled images (PNG, JPEG, TIFF, BMP), including subfolders',
    undefined,
    into(folders, 'unlabelled'),
  ),
  entry('--labelled <folder>', 'labelled images: one folder per class', undefined, into(folders, 'labelled')),
  entry(
    '--labels <table>',
    'alternatively, a CSV table with the columns file,label; with --array, the name of an array of labels or a .npy file; with --micrographs, a table with x,y,label, GeoJSON regions, a folder per class of images named micrograph@x,y.png, or an image whose values are classes',
    undefined,
    into(['images', 'array', 'micrographs'], 'labels'),
  ),
  entry(
    '--factors <table>',
    'CSV table of numerical factors, e.g. file,length, to predict or to condition the model on (empty if unknown; with --array, one row per item)',
    undefined,
    into(['images', 'array'], 'factors'),
  ),
  entry(
    '--size <pixels>',
    "side of the images in pixels, which are resized (default: median of your images' shorter sides, at most 48; cards and particles 48, glyphs 40, digits 28; arrays and patches unchanged); for peaks, length of a signal",
    atLeast(1),
    { ...into([...pictures, ...own], 'size'), ...into(['peaks'], 'length') },
  ),
  entry(
    '--crop <how>',
    'square: centre crop; none: resize the whole image to a square (default: square)',
    ['square', 'none'],
    into(folders, 'crop'),
  ),
  entry('--channels <n>', '1: grey; 3: colour (default: 1)', atLeast(1), into(folders, 'channels')),
  entry(
    '--on-bad-file <what>',
    'skip unreadable files and list them, or fail (default: skip)',
    ['skip', 'fail'],
    into(folders, 'onBadFile'),
  ),
  entry(
    '--outside-paths',
    "allow files in --labels outside --unlabelled and the table's folder",
    undefined,
    into(folders, 'outsidePaths'),
  ),
  ...limits(),
  entry(
    '--split-by <what>',
    'keep images of the same group on one side of the validation split: folder, file (micrograph, stack), or a column of the label table (default: split by image)',
    undefined,
    into(['images', 'micrographs'], 'splitBy'),
  ),
  entry(
    '--validation-fraction <share>',
    'fraction of the labelled images used for validation (default: 0.2)',
    share,
    into(own, 'validationFraction'),
  ),
];

const arraysAndMicrographs = [
  entry(
    '--array <file>',
    'a .npy, .npz or HDF5 file of images [N, H, W], [N, H, W, C] or signals [N, L]',
    undefined,
    into(arrays, 'file'),
  ),
  entry(
    '--dataset <name>',
    'name of the array in a file with several arrays',
    undefined,
    into(['array', 'micrographs'], 'dataset'),
  ),
  entry(
    '--micrographs <path>',
    'a large image, or a folder of large images, to cut patches from',
    undefined,
    into(micrographs, 'path'),
  ),
  ...micrographOptions(),
];

const generatedImages = [
  entry(
    '--preset <name>',
    'cards: paper (12,000 unlabelled, 800 labelled, 4,000 validation images), or small (an eighth of that) (default: paper)',
    ['paper', 'small'],
    into(cards, 'preset'),
  ),
  entry(
    '--templates <path>',
    'cards: custom classes, a JSON file or a folder with one image per class',
    undefined,
    into(cards, 'templates'),
  ),
  entry(
    '--glyphs <list>',
    'glyphs: classes, e.g. A,B,7,arrow (default: twelve classes)',
    names,
    into(['glyphs'], 'glyphs'),
  ),
  entry('--faces <list>', 'glyphs: typefaces, sans or serif (default: both)', names, into(['glyphs'], 'faces')),
  entry(
    '--look <name>',
    'particles: plain (an ideal instrument), or micrograph (radii that vary, charging edges, uneven background, scan lines) (default: plain)',
    particleLooks,
    into(['particles'], 'look'),
  ),
  entry('--digits <list>', 'digits: classes, e.g. 0,1,2,3 (default: all ten)', digitList, into(['digits'], 'digits')),
  entry(
    '--angle <angle>',
    'cards, glyphs, digits: random rotation of unlabelled and validation images by up to this angle either way, e.g. "60 deg" (default: 60 deg; glyphs 180 deg)',
    undefined,
    into(posed, 'angle'),
  ),
  entry(
    '--translation <fraction>',
    'cards, glyphs, digits: random shift of unlabelled and validation images by up to this fraction of the width, e.g. 0.1 or "10%" (default: 0.1; digits 0)',
    undefined,
    into(posed, 'translation'),
  ),
  entry(
    '--axes <which>',
    'cards: shift vertically (as in the paper) or along both axes (default: vertical)',
    ['vertical', 'both'],
    into(cards, 'axes'),
  ),
  entry(
    '--labelled-angle <angle>',
    'cards, glyphs: random rotation of labelled images by up to this angle (default: 5 deg; glyphs 0)',
    undefined,
    into(shapes, 'labelledAngle'),
  ),
  entry(
    '--shear <angle>',
    'cards, glyphs: random shear of all images, e.g. "15 deg"; percentages as in the paper, 23% = 14.7 deg (default: 15 deg; glyphs 10 deg)',
    undefined,
    into(shapes, 'shear'),
  ),
  entry(
    '--scale <range>',
    'cards, glyphs: random magnification of all images (default: "1 to 1.3"; glyphs "0.85 to 1.15")',
    undefined,
    into(shapes, 'scale'),
  ),
  entry('--labelled-per-class <n>', 'labelled images per class', atLeast(1), into(generated, 'labelledPerClass')),
  entry(
    '--unlabelled-per-class <n>',
    'unlabelled images per class (not for particles)',
    atLeast(1),
    into([...posed, 'peaks'], 'unlabelledPerClass'),
  ),
  entry('--validation-per-class <n>', 'validation images per class', atLeast(1), into(generated, 'validationPerClass')),
];

const fieldConditions = [
  entry(
    '--noise <sd>',
    'standard deviation of the pixel noise (default: 0; particles 0.05)',
    notNegative,
    into(pictures, 'noise'),
  ),
  entry(
    '--background <amplitude>',
    'uneven background with up to this amplitude (default: 0)',
    notNegative,
    into(pictures, 'background'),
  ),
  entry(
    '--contrast <range>',
    'random contrast change by up to this much either way, e.g. 0.3 (default: 0)',
    share,
    into(pictures, 'contrast'),
  ),
  entry(
    '--blur <pixels>',
    'random blur with up to this standard deviation, in pixels (default: 0)',
    notNegative,
    into(pictures, 'blur'),
  ),
  entry(
    '--clutter <n>',
    'mean number of other objects reaching into an image (default: 0)',
    notNegative,
    into(pictures, 'clutter'),
  ),
];

/** The options by their headings in the help. */
export const sourceTable: Readonly<Record<string, readonly SourceOption[]>> = {
  'Your own images:': ownImages,
  'Arrays and large micrographs:': arraysAndMicrographs,
  'Generated images:': generatedImages,
  'Field conditions of generated images (cards, glyphs, digits, particles; white is 1):': fieldConditions,
};
