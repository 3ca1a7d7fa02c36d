/** The latents and images of a run as the studio sends them, compared with the model itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from 'pyro-ts';
import { imagesFor, loadModel, runImages } from 'pyroved';
import type { ExploreMetadata, RunEntry } from 'pyroved-studio';
import { inMemory } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, openFixture, writeRun } from './fixture.js';
import { trainSmallRun } from './smallRun.js';

let fixture: Fixture;
const folder = mkdtempSync(join(tmpdir(), 'pyroved-studio-'));
beforeAll(async () => {
  await trainSmallRun(folder);
  writeRun(join(folder, 'runs', 'without'));
  fixture = await openFixture(undefined, join(folder, 'runs'));
});
afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const bytes = (path: string): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const { port, token } = fixture.studio;
    const headers = { authorization: `Bearer ${token}` };
    const sent = request({ host: '127.0.0.1', port, path: `/api${path}`, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    });
    sent.on('error', reject).end();
  });
const runNamed = async (name: string): Promise<RunEntry> =>
  (await fixture.json<RunEntry[]>('/api/runs')).find((run) => run.name === name)!;

describe('the latents of a run', () => {
  it('are those that its model infers, for every image of the run', async () => {
    const { id } = await runNamed('small');
    const { tensors, metadata } = readSafetensors(await bytes(`/runs/${id}/latents`));
    const about: ExploreMetadata = JSON.parse(metadata.about);
    expect(about).toMatchObject({ count: 50, total: 50, classNames: ['bar', 'square'], shape: [12, 12], latentDim: 2 });
    const trained = await loadModel(join(folder, 'runs', 'small'));
    const { set } = await imagesFor(trained, join(folder, 'images'));
    const own = trained.model.encode(set);
    // The same images, in the order of their names.
    for (const [i, name] of (set.names ?? []).entries()) {
      const at = about.names.indexOf(name);
      const { data } = tensors.get('content')!;
      expect(data[2 * at]).toBeCloseTo(own.content[2 * i], 3);
      expect(Math.cos(tensors.get('angle')!.data[at] - own.angle![i])).toBeCloseTo(1, 4);
    }
    const values = await bytes(`/runs/${id}/images/0`);
    expect(values).toHaveLength(50 * 144);
    const first = about.names.indexOf('0.png');
    const image = inMemory(set).images.subarray(0, 144);
    expect([...values.subarray(144 * first, 144 * first + 144)]).toEqual([...image].map((v) => Math.round(255 * v)));
    expect([...tensors.get('labels')!.data].filter((k) => k < 0)).toHaveLength(40);
    trained.model.dispose();
  });

  it('do not exist without weights, and images not beyond the last', async () => {
    const { id } = await runNamed('without');
    expect(await fixture.send(`/api/runs/${id}/latents`)).toMatchObject({ status: 409 });
    const { id: small } = await runNamed('small');
    for (const block of ['1', '-1', '0.5', 'x'])
      expect((await fixture.send(`/api/runs/${small}/images/${block}`)).status).toBe(404);
  });
});

describe('runImages', () => {
  it('takes evenly spaced unlabelled images, and all labelled ones', async () => {
    const trained = await loadModel(join(folder, 'runs', 'small'));
    const { set, total } = await runImages(trained, { most: 20 });
    expect([set.count, total]).toEqual([20, 50]);
    expect([...(set.labels ?? [])].filter((k) => k < 0)).toHaveLength(10);
    await expect(runImages(trained, { most: 0 })).rejects.toThrow('most must be an integer');
    trained.model.dispose();
  });
});
