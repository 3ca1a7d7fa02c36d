/** The runs that the studio lists, their changes, and the trainings that it starts. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { RunFolder } from 'pyroved';
import type { RunDetail, RunEntry, TrainingStatus } from 'pyroved-studio';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, type Fixture, openFixture, writeRun } from './fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture((folder) => {
    writeRun(join(folder, 'first'));
    writeRun(join(folder, 'sweep', 'seed-2'), 4).writeSummary({
      accuracy: 0.75,
      accuracyInterval: [0.6, 0.9],
      confusion: [
        [3, 1],
        [0, 0],
      ],
    });
  });
});
afterEach(() => fixture[Symbol.asyncDispose]());

const runs = () => fixture.json<RunEntry[]>('/api/runs');

describe('the list', () => {
  it('has the runs of all folders, with their state and their last epoch', async () => {
    expect(await runs()).toMatchObject([
      { name: 'first', state: 'stopped', model: 'ssiVAE', source: 'cards', epochs: 4, last: { epoch: 2, loss: 50 } },
      { name: join('sweep', 'seed-2'), state: 'finished', accuracy: 0.75, accuracyInterval: [0.6, 0.9] },
    ]);
  });

  it('says why a run cannot be read, and lists the others', async () => {
    writeFileSync(join(fixture.folder, 'first', 'config.json'), '{"format": ');
    const [damaged, other] = await runs();
    expect(damaged).toMatchObject({ name: 'first', state: 'failed', problem: expect.stringContaining('damaged') });
    expect(other.state).toBe('finished');
    expect(await fixture.json(`/api/runs/${damaged.id}`)).toMatchObject({ metrics: [], settings: {} });
  });

  it('does not follow links out of its folder, and takes hostile names as text', async () => {
    await using outside = await openFixture((folder) => void writeRun(join(folder, 'elsewhere')));
    symlinkSync(outside.folder, join(fixture.folder, 'link'));
    const names = ['<img src=x onerror=alert(1)>', '--overwrite', '$(touch x)', '..a', '%2e%2e', 'a\nb'];
    for (const name of names) writeRun(join(fixture.folder, name));
    const found = await runs();
    expect(found.map(({ name }) => name).filter((name) => names.includes(name))).toHaveLength(names.length);
    expect(found.some(({ name }) => name.includes('elsewhere'))).toBe(false);
    for (const { id } of found) {
      expect(id).toMatch(/^[0-9a-f]{16}$/);
      expect((await fixture.send(`/api/runs/${id}`)).status).toBe(200);
    }
  });
});

describe('a run', () => {
  it('has settings by path, metrics, and accuracy by class', async () => {
    const [, { id }] = await runs();
    const run = await fixture.json<RunDetail>(`/api/runs/${id}`);
    expect(run.settings).toMatchObject({
      'model.kind': 'ssiVAE',
      'model.shape': '[8,8]',
      'train.epochs': '4',
      seed: '1',
    });
    expect(run.metrics.map(({ loss }) => loss)).toEqual([100, 50, 100 / 3, 25]);
    // No image of the second class: not a number, which JSON writes as null.
    expect(run.classAccuracy).toEqual([0.75, null]);
  });

  it('is gone when its folder is', async () => {
    const [{ id }] = await runs();
    rmSync(join(fixture.folder, 'first'), { recursive: true });
    expect((await fixture.send(`/api/runs/${id}`)).status).toBe(404);
  });
});

describe('events', () => {
  it('tell of new epochs, new runs and removed ones, as they happen', async () => {
    const [{ id }] = await runs();
    await using stream = await listen();
    writeRun(join(fixture.folder, 'third'));
    await stream.until((text) => text.includes('"name":"third"'));
    const { metrics } = RunFolder.open(join(fixture.folder, 'first'));
    metrics.append({ epoch: 3, step: 30, loss: 7 });
    await stream.until((text) => text.includes(`event: metrics`) && text.includes('"loss":7'));
    expect(stream.text()).toContain(`{"id":"${id}","from":2,"records":[{"epoch":3,"step":30,"loss":7}]}`);
    rmSync(join(fixture.folder, 'third'), { recursive: true });
    await stream.until((text) => text.includes('event: removed'));
  });
});

describe('trainings', () => {
  const train = async (values: object) => {
    const { status, text } = await fixture.send('/api/trainings', { method: 'POST', body: values });
    return { status, ...(JSON.parse(text) as { id?: string; error?: string }) };
  };
  const training = (id = '') => fixture.json<TrainingStatus>(`/api/trainings/${id}`);

  it('are processes of the command, with the values of the form as its arguments', async () => {
    const { status, id } = await train({ out: 'new', source: 'cards', size: '-1', epochs: ' 3 ', lr: '' });
    expect(status).toBe(201);
    const line = await eventually(async () => (await training(id)).log[0]);
    const args: unknown = JSON.parse(line.replace('arguments ', ''));
    expect(args).toEqual(['train', 'cards', `--out=${join(fixture.folder, 'new')}`, '--size=-1', '--epochs=3']);
    expect((await train({ out: 'new', source: 'cards' })).status).toBe(409);
  });

  it('stop with their state saved, also when the studio ends', async () => {
    const { id } = await train({ out: 'first', source: 'cards' });
    await eventually(async () => (await training(id)).log[0]);
    const [{ state, isOurs }] = await runs();
    expect([state, isOurs]).toEqual(['running', true]);
    expect((await fixture.send(`/api/runs/${id}/stop`, { method: 'POST', body: {} })).status).toBe(200);
    const { log, failure } = await eventually(async () => {
      const now = await training(id);
      return now.active ? undefined : now;
    });
    expect(log.at(-1)).toBe('Stopped.');
    expect(failure).toBeUndefined();
    expect((await fixture.send(`/api/runs/${id}/stop`, { method: 'POST', body: {} })).text).toContain(
      'was not started here',
    );
    expect((await fixture.send(`/api/runs/${id}/resume`, { method: 'POST', body: {} })).status).toBe(200);
    const again = await eventually(async () => (await training(id)).log[0]);
    expect(again).toBe(`arguments ["train","--resume=${join(fixture.folder, 'first')}"]`);
  });

  it('that fail say why', async () => {
    const { id } = await train({ out: 'fail', source: 'cards' });
    expect(await eventually(async () => (await training(id)).failure)).toBe('The images are too small.');
  });

  it('have a folder within that of the studio, and only options of the form', async () => {
    for (const out of ['../outside', '/tmp/outside', 'a/../../outside', '.', '..', 'a\0b', 'a/b/c/d/e/f'])
      expect(await train({ out, source: 'cards' })).toMatchObject({ status: 400, error: expect.any(String) });
    expect((await train({ out: 'x', source: 'cards', program: 'rm' })).error).toContain('no field "program"');
    expect((await train({ out: 'x', source: '--resume=y' })).error).toContain('must be one of');
    expect((await train({ out: 'x', source: 'cards', epochs: 3 })).error).toContain('must be text');
    expect((await train({ out: 'x' })).error).toContain('Name a folder');
    expect((await train({ source: 'cards' })).error).toContain('name');
  });
});

interface Stream extends AsyncDisposable {
  text(): string;
  until(is: (text: string) => boolean): Promise<unknown>;
}

/** The stream of events, once it has begun. */
async function listen(): Promise<Stream> {
  const { port, token } = fixture.studio;
  let text = '';
  const sent = request({ host: '127.0.0.1', port, path: '/api/events', headers: { authorization: `Bearer ${token}` } });
  sent.on('response', (response) =>
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    }),
  );
  sent.on('error', () => {});
  sent.end();
  const until = (is: (text: string) => boolean) => eventually(() => is(text) || undefined);
  await until((begun) => begun.includes('beat'));
  return { text: () => text, until, [Symbol.asyncDispose]: async () => void sent.destroy() };
}
