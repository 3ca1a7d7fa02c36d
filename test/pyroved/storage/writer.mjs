/** A process that writes checkpoints into the run folder it is given until it is killed. */
import { RunFolder } from 'pyroved';

const run = RunFolder.open(process.argv[2]);
for (let step = 1; ; step++) {
  const data = new Float32Array(50_000).fill(step);
  run.saveCheckpoint({ tensors: new Map([['param/w', { shape: [50_000], data }]]), state: { step } });
  run.metrics.append({ step });
  process.stdout.write(`${step}\n`);
}
