/** Labels given in the studio: on disk before the next image is shown, in a table that training takes, whatever happens to the server. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSets } from 'pyroved';
import type { LabellingState, RunEntry } from 'pyroved-studio';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { start } from '../e2e/helpers.js';
import { processTest } from '../slow.js';
import { type Fixture, openFixture } from './fixture.js';
import { trainSmallRun } from './smallRun.js';

const folder = mkdtempSync(join(tmpdir(), 'pyroved-studio-'));
const table = join(folder, 'runs', 'small', 'labels.csv');
let fixture: Fixture;
let id: string;
beforeAll(async () => {
  await trainSmallRun(folder, 1);
  fixture = await openFixture(undefined, join(folder, 'runs'));
  id = (await fixture.json<RunEntry[]>('/api/runs')).find(({ name }) => name === 'small')!.id;
});
afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
// Each test begins without labels.
beforeEach(() => state());
afterEach(async () => {
  for (let now = await state(); now.added > 0; now = await state()) await send('/undo', {});
});

const state = () => fixture.json<LabellingState>(`/api/runs/${id}/labels`);
const send = (path: string, body: object) => fixture.send(`/api/runs/${id}/labels${path}`, { method: 'POST', body });
const lines = (): string[] => readFileSync(table, 'utf8').trimEnd().split('\n');

it('begins with the labels of the run, and puts each new one on the disk before the next image is shown', async () => {
  const first = await state();
  expect(first).toMatchObject({ added: 0, left: 40, none: 0, file: table });
  expect(first.classes).toEqual([
    { name: 'bar', count: 5 },
    { name: 'square', count: 5 },
  ]);
  const seen = new Set<number>();
  for (const [i, label] of ['bar', 'square', 'ring, "open"', ''].entries()) {
    const { next } = await state();
    seen.add(next!.image);
    const { status, text } = await send('', { image: next!.image, label });
    expect(status).toBe(200);
    expect(lines()).toHaveLength(12 + i);
    expect(lines().at(-1)).toBe(`${next!.name},${label.includes('"') ? '"ring, ""open"""' : label}`);
    expect(JSON.parse(text)).toMatchObject({ added: i + 1, left: 39 - i });
  }
  expect(seen.size).toBe(4);
  expect((await state()).classes.at(-1)).toEqual({ name: 'ring, "open"', count: 1 });
});

it('is a table that training takes, with every label', async () => {
  const { next } = await state();
  await send('', { image: next!.image, label: 'square' });
  const sets = await loadSets({
    kind: 'images',
    unlabelled: join(folder, 'images'),
    labels: table,
    outsidePaths: true,
    size: 12,
  });
  expect(sets.classNames).toEqual(['bar', 'square']);
  expect((sets.labelled?.count ?? 0) + (sets.test?.count ?? 0)).toBe(11);
  expect(sets.unlabelled.count).toBe(39);
});

it('shows an image again whose label is removed, and keeps the labels of the run', async () => {
  const { next } = await state();
  await send('', { image: next!.image, label: 'bar' });
  const undone: LabellingState = JSON.parse((await send('/undo', {})).text);
  expect(undone.next?.image).toBe(next!.image);
  expect(await send('/undo', {})).toMatchObject({ status: 409 });
  expect(lines()).toHaveLength(11);
});

it('renames and merges classes', async () => {
  await send('/merge', { from: 'square', to: 'box' });
  expect((await state()).classes).toContainEqual({ name: 'box', count: 5 });
  expect((await send('/merge', { from: 'nothing', to: 'box' })).text).toContain('No image is labelled');
  await send('/merge', { from: 'box', to: 'square' });
  expect((await state()).classes).toContainEqual({ name: 'square', count: 5 });
});

it('keeps the first label if two tabs label the same image', async () => {
  const { next } = await state();
  const [a, b] = await Promise.all([
    send('', { image: next!.image, label: 'bar' }),
    send('', { image: next!.image, label: 'square' }),
  ]);
  expect([a.status, b.status].sort()).toEqual([200, 409]);
  expect((a.status === 409 ? a : b).text).toContain('meanwhile');
  expect(lines().filter((line) => line.startsWith(`${next!.name},`))).toHaveLength(1);
});

it('rejects labels that are not one', async () => {
  const bodies = [{ image: 99, label: 'bar' }, { image: -1, label: 'bar' }, { image: 0, label: 'a\nb' }, { image: 0 }];
  for (const body of bodies) expect((await send('', body)).status).toBe(400);
  expect(lines()).toHaveLength(11);
});

processTest('loses no label if the server is killed, and ignores the part of one that was being written', async () => {
  // A label of a server that was killed within the write.
  appendFileSync(table, 'images/half,b');
  const started = start(['studio', join(folder, 'runs')], folder);
  let address = '';
  started.child.stdout?.on('data', (text: string) => {
    address += text;
  });
  await started.until('Open this address');
  const [, port, token] = /:(\d+)\/#token=([\w-]+)/.exec(address) ?? [];
  const acknowledged: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { next }: LabellingState = JSON.parse(await over(port, token, 'GET', ''));
    await over(port, token, 'POST', JSON.stringify({ image: next!.image, label: 'bar' }));
    acknowledged.push(`${next!.name},bar`);
  }
  started.child.kill('SIGKILL');
  await started.ended;
  expect(lines().slice(11)).toEqual(acknowledged);
  expect((await state()).added).toBe(5);
});

const over = (port: string, token: string, method: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': String(Buffer.byteLength(body)) };
    const path = `/api/runs/${id}/labels`;
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject).end(body);
  });
