/** The coordinator of many small tasks, in a process of its own: adds them, waits until all have ended, and prints its time and its largest memory. */
import { queueAddress } from '../../packages/pyroved/dist/queue/address.js';
import { QueueServer } from '../../packages/pyroved/dist/queue/connect.js';
import { ServerQueue } from '../../packages/pyroved/dist/queue/serverQueue.js';

const [name, count] = process.argv.slice(2);
const total = Number(count);
const server = await QueueServer.connect(queueAddress(true));
const queue = await ServerQueue.open(server, { name, lease: 30_000, mostStalls: 20 });
let ended = 0;
await queue.onEnded(() => {
  ended++;
});
const began = performance.now();
const hash = 'a'.repeat(64);
for (let start = 0; start < total; start += 10_000) {
  const length = Math.min(10_000, total - start);
  await queue.add(
    Array.from({ length }, (_, i) => ({ id: `shard-${start + i}`, payload: { hash, shard: start + i } })),
  );
}
const added = performance.now();
for (;;) {
  const { waiting, active } = await queue.counts();
  if (waiting + active === 0 && ended >= total) break;
  await new Promise((resolve) => setTimeout(resolve, 200));
}
const seconds = { adding: (added - began) / 1000, draining: (performance.now() - added) / 1000 };
console.log(JSON.stringify({ ended, ...seconds, megabytes: process.resourceUsage().maxRSS / 1000 }));
await queue.cancel();
await server[Symbol.asyncDispose]();
