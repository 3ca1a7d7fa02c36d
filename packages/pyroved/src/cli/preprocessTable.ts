/** Command-line options for the preprocessing of images. */
import { backgroundNames, standardiseNames } from 'pyroved-ts/internal';
import { setting } from './settings.js';

export const preprocessTable = [
  setting(
    '--background-removal <how>',
    'subtract a fitted plane, a polynomial of degree 2, or a wide Gaussian average from each image; auto: chosen from the images (default: auto)',
    ['auto', ...backgroundNames],
    'preprocess.background',
  ),
  setting(
    '--standardise <how>',
    'divide each image by its root mean square, or scale it to mean 0 and standard deviation 1; auto: chosen from the images (default: auto)',
    ['auto', ...standardiseNames],
    'preprocess.standardise',
  ),
];
