/** The options that say how class and pose are recognised, and which named set of options a run starts from. */
import { type Command, Option } from 'commander';
import { bodyNames, PyrovedError, parsePoseRanges, type RecognitionOptions } from 'pyroved-ts';
import { type ModelSettings, type RecipeName, recipeNames, type TrainSettings } from '../runs/index.js';
import { atLeast, type Given, group, notNegative, parsed, picked, positive, radians, wholeNumber } from './options.js';

const labelledPoses = (text: string): Pick<RecognitionOptions, 'labelledPoses' | 'ranges'> =>
  text === 'drawn' || text === 'fixed'
    ? { labelledPoses: text }
    : { labelledPoses: 'drawn', ranges: parsePoseRanges('--labelled-poses', text) };

export const addRecognitionOptions = (command: Command): Command =>
  group(command, 'Recognition (of ssivae):', [
    new Option('--recipe <name>', "default, or paper: the original's protocol, without recognition").choices(
      recipeNames,
    ),
    new Option(
      '--recognition <on>',
      'recognise class and pose from rotated views (default: on, unless an option of the other model is given)',
    ).choices(['on', 'off']),
    parsed(
      '--labelled-poses <poses>',
      'drawn: labelled images are upright and shown at drawn poses; fixed: shown as they are; or the ranges of the drawn poses ' +
        '(default: "rotation 180 deg, shift 10%, scale 0.77 to 1.3, shear 20 deg")',
      labelledPoses,
    ),
    parsed(
      '--tolerance <angle>',
      'how far labelled images may be from upright (default: 3 deg)',
      radians('--tolerance'),
    ),
    new Option('--body <name>', 'network that looks at each view (default: conv; dense for signals)').choices(
      bodyNames,
    ),
    parsed(
      '--views <n>',
      'number of rotated views (default: one every 30 degrees, at least 3; 3 where labelled images lie in any direction)',
      atLeast(1),
    ),
    parsed('--view-size <n>', 'largest side of a view in pixels (default: 32)', atLeast(8)),
    parsed(
      '--recognition-steps <n>',
      'steps that learn class and pose alone, at the beginning (default: 600, and 60 per class, up to twice as many with fewer than 12 views; with --decoder template 200, and 60 per class)',
      wholeNumber,
    ),
    parsed('--recognition-lr <rate>', 'learning rate of those steps (default: 3e-3)', positive),
    parsed(
      '--consistency <weight>',
      'weight of the class of unlabelled images at poses drawn anew, 0 for none (default: 1)',
      notNegative,
    ),
    parsed('--dropout <probability>', 'of the features of a view, in recognition (default: 0.5)', notNegative),
    parsed(
      '--extra-classes <n>',
      'with --decoder template: classes without labels, to be found among the unlabelled images (default: 0)',
      wholeNumber,
    ),
    parsed(
      '--templates-per-class <n>',
      'with --decoder template: pictures of each class, for classes that no single one describes (default: 1)',
      atLeast(1),
    ),
    parsed(
      '--template-steps <n>',
      'with --decoder template: steps that learn pictures and recognition together (default: 400)',
      atLeast(1),
    ),
  ]);

/** @throws {PyrovedError} for options of recognition beside --recognition off. */
export function recognitionOf(given: Given): Pick<ModelSettings, 'recognition'> {
  const { recognition, labelledPoses: poses } = given as { recognition?: 'on' | 'off'; labelledPoses?: object };
  const options = { ...poses, ...picked(given, ['tolerance', 'body', 'views', 'viewSize']) };
  const isEmpty = Object.keys(options).length === 0;
  if (recognition === 'off') {
    if (isEmpty) return { recognition: false };
    throw new PyrovedError(
      '--labelled-poses, --tolerance, --body, --views and --view-size need recognition: omit --recognition off.',
    );
  }
  return recognition === undefined && isEmpty ? {} : { recognition: options };
}

/** The options about training, in the library's spelling. */
export const recognitionTrainingNames = [
  'recognitionSteps',
  'recognitionLr',
  'consistency',
  'dropout',
  'templateSteps',
] as const;

export const recognitionTrainingOf = (given: Given): TrainSettings =>
  picked(given, recognitionTrainingNames) as TrainSettings;

export const recipeOf = ({ recipe }: Given): { recipe?: RecipeName } =>
  recipe === undefined ? {} : { recipe: recipe as RecipeName };
