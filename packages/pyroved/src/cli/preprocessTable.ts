/** The options that say what is done to images before a model sees them. */
import { backgroundNames, standardiseNames } from 'pyroved-ts';
import { setting } from './settings.js';

export const preprocessTable = [
  setting(
    '--background-removal <how>',
    'subtract from each image a fitted plane, a polynomial of degree 2, or its large-scale Gaussian average; auto: as the images need it (default: auto)',
    ['auto', ...backgroundNames],
    'preprocess.background',
  ),
  setting(
    '--standardise <how>',
    'divide each image by its root mean square, or give it mean 0 and standard deviation 1; auto: as the images need it (default: auto)',
    ['auto', ...standardiseNames],
    'preprocess.standardise',
  ),
];
