/** A process of `locks.mjs`: takes the lock of the folder that it is sent, and keeps it until the next message or gives it back at once. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from 'pyroved';

let release = () => {};

process.on('message', ({ folder, keeps, at }) => {
  release();
  release = () => {};
  process.send(folder === undefined ? {} : race(folder, keeps, at));
});
process.send({});

/** All racers start at the time `at`, as exactly as they can. */
function race(folder, keeps, at) {
  try {
    const run = RunFolder.open(folder);
    while (performance.timeOrigin + performance.now() < at);
    release = run.lock();
  } catch (error) {
    return { rejected: error.message };
  }
  if (keeps) return { acquired: true };
  // Others may follow, but not while this process is inside.
  const inside = join(folder, 'inside');
  try {
    writeFileSync(inside, '', { flag: 'wx' });
    rmSync(inside);
    return { acquired: true };
  } catch {
    return { acquired: true, double: true };
  } finally {
    release();
    release = () => {};
  }
}
