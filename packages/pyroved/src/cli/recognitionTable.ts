/** Command-line options for recognition of class and pose, templates, and the recipe. */
import { PyrovedError, parsePoseRanges, type RecognitionOptions } from 'pyroved-ts';
import { bodyNames } from 'pyroved-ts/internal';
import { recipeNames } from '../runs/index.js';
import { atLeast, type Given, notNegative, positive, radians, wholeNumber } from './options.js';
import { setting } from './settings.js';

type Poses = Pick<RecognitionOptions, 'labelledPoses' | 'ranges'>;

const labelledPoses = (text: string): Poses =>
  text === 'drawn' || text === 'fixed'
    ? { labelledPoses: text }
    : { labelledPoses: 'drawn', ranges: parsePoseRanges('--labelled-poses', text) };

export const recognitionTable = [
  setting('--recipe <name>', "default, or paper (pyroVED's protocol, without recognition)", recipeNames, 'recipe'),
  setting(
    '--recognition <on>',
    'recognise class and pose from rotated views (default: on, unless options of the model without recognition are given)',
    ['on', 'off'],
    { model: (on: 'on' | 'off') => ({ model: { recognition: on === 'on' ? {} : false } }) },
  ),
  setting(
    '--labelled-poses <poses>',
    'drawn: labelled images are upright and augmented with random poses; fixed: used unchanged; or the ranges of the random poses ' +
      '(default: "rotation 180 deg, shift 10%, scale 0.77 to 1.3, shear 20 deg")',
    labelledPoses,
    { model: (poses: Poses) => ({ model: { recognition: poses } }) },
  ),
  setting(
    '--tolerance <angle>',
    'largest deviation of labelled images from upright (default: 3 deg)',
    radians('--tolerance'),
    'model.recognition.tolerance',
  ),
  setting(
    '--body <name>',
    'network applied to each view (default: conv; dense for signals)',
    bodyNames,
    'model.recognition.body',
  ),
  setting(
    '--views <n>',
    'number of rotated views (default: one every 30 degrees, at least 3; 3 if labelled images have arbitrary orientations)',
    atLeast(1),
    'model.recognition.views',
  ),
  setting(
    '--view-size <n>',
    'largest side of a view in pixels (default: 32)',
    atLeast(8),
    'model.recognition.viewSize',
  ),
  setting(
    '--recognition-steps <n>',
    'initial steps that train recognition alone (default: 600 plus 60 per class, up to twice as many with fewer than 12 views; with --decoder template 200 plus 60 per class)',
    wholeNumber,
    'train.recognitionSteps',
  ),
  setting('--recognition-lr <rate>', 'learning rate of those steps (default: 3e-3)', positive, 'train.recognitionLr'),
  setting(
    '--consistency <weight>',
    'weight of the consistency loss: same class for an unlabelled image at another random pose; 0 for none (default: 1)',
    notNegative,
    'train.consistency',
  ),
  setting(
    '--dropout <probability>',
    'dropout of the features of each view (default: 0.5)',
    notNegative,
    'train.dropout',
  ),
  setting(
    '--extra-classes <n>',
    'with --decoder template: number of additional classes to find among the unlabelled images (default: 0)',
    wholeNumber,
    'model.extraClasses',
  ),
  setting(
    '--templates-per-class <n>',
    'with --decoder template: number of templates per class (default: 1)',
    atLeast(1),
    'model.templatesPerClass',
  ),
  setting(
    '--template-steps <n>',
    'with --decoder template: steps that train templates and recognition together (default: 400)',
    atLeast(1),
    'train.templateSteps',
  ),
  setting(
    '--fallback-steps <n>',
    'with --decoder template: steps of recognition as without templates, if the pictures do not recognise labelled images at first (default: as many as without templates)',
    wholeNumber,
    'train.fallbackSteps',
  ),
];

/** @throws {PyrovedError} for options of recognition together with --recognition off. */
export function checkRecognition(given: Given): void {
  if (given.recognition !== 'off') return;
  if (['labelledPoses', 'tolerance', 'body', 'views', 'viewSize'].every((name) => given[name] === undefined)) return;
  throw new PyrovedError(
    '--labelled-poses, --tolerance, --body, --views and --view-size require recognition: omit --recognition off.',
  );
}
