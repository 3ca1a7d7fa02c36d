/** Figure S3: decision tree, random forest and gradient boosting on the particles. */
import { inMemory, posedCopies } from 'pyroved-ts';
import { loadSets } from '../../sources/source.js';
import type { ReportTable } from '../../viz/index.js';
import { type ComparisonRow, type Figure, number3, rowOf } from '../figure.js';
import { treeResults } from '../trees.js';

/** Turned copies of each labelled image. */
const COPIES = 8;

export const figureS3: Figure = {
  id: 'S3',
  title: 'Trees on the particles',
  runs: () => [],
  make: async ({ plan, python, say }) => {
    const title = 'Figure S3: decision tree, random forest and gradient boosting on the particles';
    const note = (text: string) => ({ section: { title, text: [text] }, rows: [] });
    if (python === undefined) {
      return note('Not made: it requires a Python with scikit-learn and, if possible, xgboost (--python).');
    }
    const { labelled, test } = await loadSets(plan.particles);
    if (!labelled || !test) return note('Not made: there are no labelled particles.');
    const [few, fresh] = [inMemory(labelled), inMemory(test)];
    const turned = posedCopies(few, { angle: Math.PI }, { copies: COPIES, outside: 'border' });
    const tables: ReportTable[] = [];
    const rows: ComparisonRow[] = [];
    for (const { name, images } of [
      { name: 'the labelled images', images: few },
      { name: `${COPIES} turned copies of each labelled image`, images: turned },
    ]) {
      say(`Trees on ${name}.`);
      const results = treeResults(python, images, fresh);
      if (typeof results === 'string') return note(`Not made: ${results}`);
      tables.push({
        title: `Trained on ${name}`,
        header: ['method', 'accuracy', ...(labelled.classNames ?? [])],
        rows: results.map(({ name: method, accuracy, recalls }) => [
          method,
          number3(accuracy),
          ...recalls.map(number3),
        ]),
      });
      rows.push(
        ...results.map(({ name: method, accuracy }) =>
          rowOf('S3', `${method}, trained on ${name}`, {
            paper: 'poor',
            recipe: number3(accuracy),
            ours: number3(accuracy),
          }),
        ),
      );
    }
    const { validationPerClass } = plan.scale.particles;
    return {
      section: {
        title,
        text: [`Fifteen labels per class; tested on ${validationPerClass} new images per class.`],
        tables,
      },
      rows,
    };
  },
};
