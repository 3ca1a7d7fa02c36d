/** A process of `power.mjs`: writes epochs into a run folder as a training does, and says which are written. */
import { RunFolder } from 'pyroved';

const run = RunFolder.open(process.argv[2]);
const history = [];
for (let epoch = 1; ; epoch++) {
  const record = { epoch, step: 10 * epoch, loss: 1 / epoch };
  history.push(record);
  run.metrics.append(record);
  const data = new Float32Array(2000).fill(epoch);
  run.saveCheckpoint({ tensors: new Map([['param/w', { shape: [2000], data }]]), state: { epoch, history } });
  process.stdout.write(`${epoch}\n`);
}
