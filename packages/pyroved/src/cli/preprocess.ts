/** The options that say what is done to images before a model sees them. */
import { type Command, Option } from 'commander';
import { backgroundNames, standardiseNames } from 'pyroved-ts';
import type { PreprocessSetting } from '../runs/index.js';
import { type Given, group, picked } from './options.js';

/** Their names in the library's spelling. */
const names = { backgroundRemoval: 'background', standardise: 'standardise' } as const;

export const addPreprocessOptions = (command: Command): Command =>
  group(command, 'Preprocessing of images:', [
    new Option(
      '--background-removal <how>',
      'subtract from each image a fitted plane, a polynomial of degree 2, or its large-scale Gaussian average; auto: as the images need it (default: auto)',
    ).choices(['auto', ...backgroundNames]),
    new Option(
      '--standardise <how>',
      'divide each image by its root mean square, or give it mean 0 and standard deviation 1; auto: as the images need it (default: auto)',
    ).choices(['auto', ...standardiseNames]),
  ]);

/** Nothing where no option was given. */
export function preprocessOf(given: Given): { preprocess?: PreprocessSetting } {
  const asked = picked(given, Object.keys(names)) as Partial<Record<keyof typeof names, string>>;
  const { backgroundRemoval: background, standardise } = asked;
  if (background === undefined && standardise === undefined) return {};
  const preprocess = { ...(background && { background }), ...(standardise && { standardise }) };
  return { preprocess: preprocess as PreprocessSetting };
}
