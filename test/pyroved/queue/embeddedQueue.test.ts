/** The queue of this process. */
import { expect, it } from 'vitest';
import { EmbeddedQueue } from '../../../packages/pyroved/dist/queue/embeddedQueue.js';

const tasks = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `task-${i}`, payload: i }));
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

it('works on each task once, with as many at a time as there are slots', async () => {
  const queue = new EmbeddedQueue<number>();
  const ended: string[] = [];
  await queue.onEnded(({ id }) => ended.push(id));
  await queue.add(tasks(7));
  await queue.add(tasks(3));
  let [running, most] = [0, 0];
  const seen: number[] = [];
  await queue.work(
    async ({ payload }) => {
      most = Math.max(most, ++running);
      await tick();
      running--;
      seen.push(payload);
      return 'done';
    },
    { slots: 3 },
  );
  expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
  expect(ended).toHaveLength(7);
});

it('keeps tasks that are returned, and those that have not begun when it is stopped', async () => {
  const queue = new EmbeddedQueue<number>();
  await queue.add(tasks(4));
  const stop = new AbortController();
  await queue.work(
    async ({ payload, signal }) => {
      if (payload === 1) stop.abort();
      return signal.aborted ? 'returned' : 'done';
    },
    { signal: stop.signal },
  );
  expect(await queue.counts()).toEqual({ waiting: 3, active: 0, isPaused: false });
  const order: number[] = [];
  await queue.work(async ({ payload }) => {
    order.push(payload);
    return 'done';
  });
  expect(order).toEqual([1, 2, 3]);
});

it('begins nothing while it is paused, and forgets all tasks when it is cancelled', async () => {
  const queue = new EmbeddedQueue<number>();
  await queue.add(tasks(3));
  await queue.pause();
  const seen: number[] = [];
  const working = queue.work(async ({ payload, signal }) => {
    seen.push(payload);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return 'returned';
  });
  await tick();
  expect(seen).toEqual([]);
  await queue.resume();
  await tick();
  expect(seen).toEqual([0]);
  await queue.cancel();
  await working;
  expect(seen).toEqual([0]);
});
