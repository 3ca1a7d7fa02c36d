/** The routes that label images; each answers with the labels so far and the next image. */
import { type Context, Hono } from 'hono';
import type { LabellingState } from '../api.js';
import type { Analyses, Analysis } from './analysis/analyses.js';
import { StudioError } from './errors.js';
import { Labelling } from './labelling.js';
import type { RunLibrary } from './runLibrary.js';
import { newRunName } from './trainingFields.js';
import type { Trainings } from './trainings.js';

export function labelRoutes(library: RunLibrary, analyses: Analyses, trainings: Trainings): Hono {
  const app = new Hono();
  // The order of images is kept as long as the analysis that it follows from.
  const known = new WeakMap<Analysis, Labelling>();
  const labellingOf = async (c: Context): Promise<Labelling> => {
    const place = library.place(c.req.param('id') ?? '');
    const analysis = await analyses.of(place);
    const labelling = known.get(analysis) ?? new Labelling(place, analysis);
    known.set(analysis, labelling);
    return labelling;
  };
  const change = async (c: Context, body: (labelling: Labelling, given: Record<string, unknown>) => void) => {
    const labelling = await labellingOf(c);
    const given: unknown = await c.req.json().catch(() => undefined);
    if (typeof given !== 'object' || given === null) throw new StudioError('Expected an object.');
    body(labelling, { ...given });
    return c.json(labelling.state() satisfies LabellingState);
  };
  app.get('/', async (c) => c.json((await labellingOf(c)).state() satisfies LabellingState));
  app.post('/', (c) => change(c, (labels, { image, label }) => labels.add(numberOf(image), textOf(label))));
  app.post('/undo', (c) => change(c, (labels) => labels.undo()));
  app.post('/merge', (c) => change(c, (labels, { from, to }) => labels.merge(textOf(from), textOf(to))));
  app.post('/train', async (c) => {
    const labels = await labellingOf(c);
    const given: unknown = await c.req.json().catch(() => undefined);
    const place = library.newPlace(newRunName(given));
    trainings.start(place, ['train', `--out=${place.path}`, ...labels.trainingArguments()]);
    return c.json({ id: place.id }, 201);
  });
  return app;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new StudioError('The name of a class must be text.');
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new StudioError('An image is named by its number.');
}
