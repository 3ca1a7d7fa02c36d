/** Preloaded into a process that is to end by itself with SIGKILL at its n-th change of the file system: PYRO_KILL_AT=n. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const changes = [
  'openSync',
  'writeSync',
  'writeFileSync',
  'appendFileSync',
  'fsyncSync',
  'renameSync',
  'linkSync',
  'rmSync',
  'unlinkSync',
];
const at = Number(process.env.PYRO_KILL_AT);
let count = 0;

for (const name of changes) {
  const original = fs[name];
  fs[name] = (...args) => {
    count += 1;
    if (count === at) {
      if (name === 'writeFileSync' || name === 'writeSync' || name === 'appendFileSync') half(original, args);
      process.kill(process.pid, 'SIGKILL');
    }
    return original(...args);
  };
}
syncBuiltinESMExports();

/** Half of what would have been written. */
function half(write, [target, content, ...rest]) {
  const bytes = Buffer.from(content);
  write(target, bytes.subarray(0, bytes.length >> 1), ...rest);
}

process.on('exit', () => {
  if (process.env.PYRO_KILL_COUNT) fs.writeFileSync(process.env.PYRO_KILL_COUNT, String(count));
});
