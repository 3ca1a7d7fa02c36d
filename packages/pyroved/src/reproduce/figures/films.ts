/** Videos S1 and S2: the trainings as films. */
import fs from 'node:fs';
import { decode } from 'fast-png';
import { makeFilm } from '../../films/film.js';
import type { ReportChart } from '../../viz/index.js';
import { type Figure, progressOf } from '../figure.js';
import type { Plan } from '../plan.js';

const films = (plan: Plan) => [
  { key: 's1', name: "S1: without the invariance, paper's recipe", spec: plan.plainAtAngle(60, 1) },
  { key: 's2', name: "S2: with the invariance, paper's recipe", spec: plan.main('paper') },
  { key: 's2-ours', name: 'S2: with the invariance, default recipe', spec: plan.main('ours') },
];

export const figureFilms: Figure = {
  id: 'films',
  title: 'Trainings as films',
  runs: (plan) => films(plan).map(({ spec }) => spec),
  make: async (context) => {
    const charts = films(context.plan).flatMap(({ key, name, spec }): ReportChart[] => {
      const film = makeFilm(context.folderOf(spec));
      if (!film) return [];
      const png = fs.readFileSync(film.png);
      const { width, height } = decode(png);
      const href = `data:image/png;base64,${png.toString('base64')}`;
      return [
        {
          ...{ key: `film-${key}`, title: `${name}${progressOf(context.status(spec))}`, png },
          svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Film of a training"><image width="${width}" height="${height}" href="${href}"/></svg>`,
        },
      ];
    });
    return {
      section: {
        title: 'Videos S1 and S2: the trainings as films',
        text: [
          'Latent manifold of each class, accuracy and confusion matrix after each epoch, as animated PNG; beside it MP4, where ffmpeg is installed.',
        ],
        charts,
      },
      rows: [],
    };
  },
};
