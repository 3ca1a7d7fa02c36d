/** Figure 2: examples of the data sets, and their ranges. */

import { samplesOf } from '../../runs/show.js';
import type { Source } from '../../sources/source.js';
import { loadSets } from '../../sources/source.js';
import { imageRowsPicture, type ReportChart } from '../../viz/index.js';
import { type Figure, type FigureContext, rowOf } from '../figure.js';

export const figure2: Figure = {
  id: '2',
  title: 'Examples of the data sets',
  runs: () => [],
  make: async (context) => {
    const { plan } = context;
    const { cards, particles } = plan.scale;
    const { labelledPerClass: labelled, unlabelledPerClass: unlabelled, validationPerClass: validation } = cards;
    return {
      section: {
        title: 'Figure 2: examples of the data sets',
        text: [
          'Labelled images of each class, and unlabelled images. The particles are simulated, because the micrographs of the paper are not public.',
        ],
        charts: [
          await samples(context, plan.cards(60), 'cards', 'Cards, angles of up to 60°'),
          await samples(context, plan.particles, 'particles', 'Particles'),
        ],
      },
      rows: [
        rowOf('2', 'labelled, unlabelled, validation images per class', {
          ...{ paper: '200, 3000, 1000', recipe: `${labelled}, ${unlabelled}, ${validation}` },
          ours: `${labelled}, ${unlabelled}, ${validation}`,
        }),
        rowOf('2', 'angle of labelled and unlabelled images; shear; scale; shift (vertical)', {
          paper: '±4°, ±60°; ±15°; 1 to 1.3; ±10%',
          recipe: '±4°, ±60°; ±15°; 1 to 1.3; ±10%',
          ours: '±4°, ±60°; ±15°; 1 to 1.3; ±10%',
        }),
        rowOf('2', 'particles: images of 1, 2, 3 and 4', {
          paper: '304, 93, 49, 31',
          recipe: particles.counts.join(', '),
          ours: particles.counts.join(', '),
        }),
      ],
    };
  },
};

async function samples(_: FigureContext, source: Source, key: string, title: string): Promise<ReportChart> {
  const sets = await loadSets(source);
  return { key: `figure-2-${key}`, title, svg: imageRowsPicture(samplesOf(sets)).svg };
}
