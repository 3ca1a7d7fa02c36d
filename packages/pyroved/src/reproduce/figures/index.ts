/** The figures of the paper, in the order in which they are made. */
import type { Figure } from '../figure.js';
import { figure3a, figureS2 } from './angles.js';
import { figure4a, figure4b, figure4c, figure4d, figure4e, figure4f } from './disorder.js';
import { figure2 } from './examples.js';

import { figureFilms } from './films.js';
import { figure5, figure6 } from './particles.js';
import { figurePriors } from './priors.js';
import { figure3b, figure3c } from './traversals.js';
import { figureS3 } from './trees.js';

export const figures: readonly Figure[] = [
  figure2,
  figure3a,
  figure4a,
  figure4b,
  figure4c,
  figure4d,
  figure4e,
  figure4f,
  figureS2,
  figure3b,
  figure3c,
  figure6,
  figure5,
  figureS3,
  figureFilms,
  figurePriors,
];
