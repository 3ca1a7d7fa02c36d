/** The queue of a study on each server: tasks once in the queue, given to one worker at a time, and again when that worker is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { queueAddress } from '../../../packages/pyroved/dist/queue/address.js';
import { QueueServer } from '../../../packages/pyroved/dist/queue/connect.js';
import { ServerQueue, workOn } from '../../../packages/pyroved/dist/queue/serverQueue.js';
import type { Server } from './postgres.js';
import { servers } from './servers.js';

describe.each(servers)('a queue on %s', (name, problem, startServer) => {
  if (problem !== undefined) console.warn(`Queues on ${name} are not tested: ${problem}.`);
  let server: Server;
  let connected: QueueServer;
  beforeAll(async () => {
    if (problem !== undefined) return;
    server = await startServer();
    connected = await QueueServer.connect(queueAddress(true, { PYROVED_QUEUE: server.url }));
  });
  afterAll(async () => {
    await connected?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  const test = it.skipIf(problem !== undefined);
  const tasks = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `task-${i}`, payload: { i } }));
  const open = (queue: string, lease = 30_000) =>
    ServerQueue.open(connected, { name: `pyroved-${queue}`, lease, mostStalls: 2 });

  test('holds each task once, and gives it to one worker', async () => {
    const queue = await open('once');
    await queue.add(tasks(3));
    await queue.add(tasks(2));
    expect(await queue.counts()).toEqual({ waiting: 3, active: 0, isPaused: false });
    const taken = [await queue.take(), await queue.take(), await queue.take(), await queue.take()];
    expect(taken.map((one) => one?.task)).toEqual([...tasks(3), undefined]);
    await taken[0]?.putBack();
    await taken[1]?.complete();
    await taken[2]?.reject(new Error('not a task'));
    expect(await queue.counts()).toEqual({ waiting: 1, active: 0, isPaused: false });
    // What has left the queue can be added again.
    await queue.add(tasks(2));
    expect((await queue.counts()).waiting).toBe(2);
  });

  test('announces what has left it', async () => {
    const queue = await open('ended');
    const ended: object[] = [];
    await queue.onEnded((one) => ended.push(one));
    await sleep(100);
    await queue.add(tasks(2));
    await (await queue.take())?.complete();
    await (await queue.take())?.reject(new Error('bad'));
    await vi.waitUntil(() => ended.length === 2, { timeout: 20_000 });
    expect(ended).toEqual([{ id: 'task-0' }, { id: 'task-1', problem: 'bad' }]);
  });

  test('gives a task to another worker when the lease of the first has ended, and says so to that one', async () => {
    const queue = await open('lost', 300);
    const other = await open('lost', 300);
    await queue.add(tasks(1));
    const first = await queue.take();
    let second = await other.take();
    expect(second).toBeUndefined();
    const deadline = Date.now() + 20_000;
    while (!second && Date.now() < deadline) {
      await sleep(50);
      second = await other.take();
    }
    expect(second?.task).toEqual(first?.task);
    const aborted = vi.fn();
    await workOn(
      first!,
      ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted();
            resolve('done');
          }),
        ),
      { lease: 300 },
    );
    expect(aborted).toHaveBeenCalledOnce();
  });

  test('gives nothing while it is paused, and nothing after it was cancelled', async () => {
    const queue = await open('paused');
    await queue.add(tasks(2));
    await queue.pause();
    expect(await queue.take()).toBeUndefined();
    expect((await queue.counts()).isPaused).toBe(true);
    await queue.resume();
    const taken = await queue.take();
    expect(taken?.task.id).toBe('task-0');
    await queue.cancel();
    expect(await taken?.extend()).toBe(false);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0, isPaused: false });
  });

  test('cannot be reached with a wrong password, and does not repeat it', async () => {
    const wrong = queueAddress(true, { PYROVED_QUEUE: server.url.replace('p%40ss', 'secret') });
    const connecting = QueueServer.connect(wrong);
    await expect(connecting).rejects.toThrow(`Could not connect to the queue ${wrong.shown}: `);
    await expect(connecting).rejects.not.toThrow('secret');
  });
});
