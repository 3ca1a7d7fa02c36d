/** The routes of the server. */
import fs from 'node:fs';
import path from 'node:path';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { PyroError } from 'pyro-ts';
import { RUN_FILES } from 'pyroved/internal';
import type { Failure, StudioInfo, TrainingStatus } from '../api.js';
import { type Analyses, BLOCK } from './analysis/analyses.js';
import { detailOf, entryOf, picturesIn } from './describeRun.js';
import { StudioError } from './errors.js';
import type { RunEvents } from './events.js';
import { safeHeaders, sameOrigin, smallBody, withToken } from './guard.js';
import { labelRoutes } from './labelRoutes.js';
import type { Pages } from './pages.js';
import type { RunLibrary } from './runLibrary.js';
import { newRunName, trainingArguments, trainingFields } from './trainingFields.js';
import type { Trainings } from './trainings.js';

/** What the routes work on. */
export interface Services {
  readonly library: RunLibrary;
  readonly trainings: Trainings;
  readonly events: RunEvents;
  readonly pages: Pages;
  readonly analyses: Analyses;
  readonly info: Omit<StudioInfo, 'fields'>;
}

/** Between signs of life on the stream of events, in milliseconds. */
const HEARTBEAT = 15_000;

/** The application. @param port of the server, which is known once it listens */
export function routes(
  { library, trainings, events, pages, analyses, info }: Services,
  token: string,
  port: () => number,
): Hono {
  const app = new Hono();
  app.use('*', safeHeaders);
  app.use('*', sameOrigin(port));
  app.use('/api/*', withToken(token));
  app.use('/api/*', smallBody);
  app.onError(answerError);

  app.get('/api/studio', (c) => c.json({ ...info, fields: trainingFields } satisfies StudioInfo));
  app.get('/api/runs', (c) => c.json(library.places().map((place) => entryOf(place, trainings))));
  app.get('/api/runs/:id', (c) => c.json(detailOf(library.place(c.req.param('id')), trainings)));
  app.get('/api/runs/:id/pictures/:name', (c) => {
    const place = library.place(c.req.param('id'));
    const name = c.req.param('name');
    if (!picturesIn(place.path).includes(name)) throw new StudioError('The run has no such picture.', 404);
    const content = new Uint8Array(fs.readFileSync(path.join(place.path, RUN_FILES.pictures, name)));
    return c.body(content, 200, { 'Content-Type': name.endsWith('.svg') ? 'image/svg+xml' : 'image/png' });
  });
  app.post('/api/trainings', async (c) => {
    const values: unknown = await c.req.json().catch(() => undefined);
    const place = library.newPlace(newRunName(values));
    trainings.start(place, trainingArguments(values, place.path));
    return c.json({ id: place.id }, 201);
  });
  app.get('/api/trainings/:id', (c) => {
    const id = c.req.param('id');
    const exists = library.places().some((place) => place.id === id);
    const failure = trainings.failure(id);
    return c.json({
      ...{ exists, active: trainings.isActive(id), log: trainings.log(id) },
      ...(failure !== undefined && { failure }),
    } satisfies TrainingStatus);
  });
  app.post('/api/runs/:id/stop', (c) => {
    trainings.stop(library.place(c.req.param('id')));
    return c.json({});
  });
  app.post('/api/runs/:id/resume', (c) => {
    const place = library.place(c.req.param('id'));
    trainings.start(place, ['train', `--resume=${place.path}`]);
    return c.json({});
  });
  const analysisOf = (c: Context) => analyses.of(library.place(c.req.param('id') ?? ''));
  const bytes = (c: Context, content: Uint8Array) =>
    c.body(new Uint8Array(content), 200, { 'Content-Type': 'application/octet-stream' });
  app.get('/api/runs/:id/latents', async (c) => bytes(c, (await analysisOf(c)).latents));
  app.get('/api/runs/:id/weights', async (c) => bytes(c, (await analysisOf(c)).weights));
  app.get('/api/runs/:id/images/:block', async (c) => {
    const { images, imageSize } = await analysisOf(c);
    const block = Number(c.req.param('block'));
    const from = block * BLOCK * imageSize;
    if (!Number.isInteger(block) || from < 0 || from >= images.length)
      throw new StudioError('There are no such images.', 404);
    return bytes(c, images.subarray(from, from + BLOCK * imageSize));
  });
  app.route('/api/runs/:id/labels', labelRoutes(library, analyses, trainings));
  app.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const stop = events.follow((event, data) => void stream.writeSSE({ event, data: JSON.stringify(data) }));
      const ended = new Promise<void>((resolve) => stream.onAbort(resolve));
      const beat = setInterval(() => void stream.writeSSE({ event: 'beat', data: '' }), HEARTBEAT);
      await stream.writeSSE({ event: 'beat', data: '' });
      await ended;
      clearInterval(beat);
      stop();
    }),
  );
  app.all('/api/*', (c) => c.json({ error: 'There is no such address.' } satisfies Failure, 404));

  app.get('*', (c) => {
    const file = pages.read(c.req.path);
    if (!file) return c.text('There is no such page.', 404);
    return c.body(file.content, 200, {
      'Content-Type': file.type,
      'Cache-Control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  });
  return app;
}

/** Errors of this project are answered with their message, others are reported where the studio was started. */
function answerError(error: Error, c: Context): Response {
  if (error instanceof StudioError) return c.json({ error: error.message } satisfies Failure, error.status);
  if (error instanceof PyroError) return c.json({ error: error.message } satisfies Failure, 400);
  console.error(error);
  return c.json(
    { error: 'The studio failed. The terminal where it was started has the details.' } satisfies Failure,
    500,
  );
}
