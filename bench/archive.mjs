/**
 * Classification of an archive by shards: images per second of one process, and of several, over processes of one thread each. The model is that of default
 * options, hardly trained, which does not change its time; images are 28 x 28. `node bench/archive.mjs [--images N] [--workers 1,2] [--run FOLDER]`
 */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { classifyArchive, loadModel, trainRun } from 'pyroved';
import { encodeNpy } from 'pyroved-ts';

const options = {
  images: { type: 'string', default: '8000' },
  workers: { type: 'string', default: `1,${availableParallelism()}` },
  run: { type: 'string' },
};
/** Bytes of all tables. */
const bytesOf = (out) =>
  readdirSync(join(out, 'parts')).reduce((sum, name) => sum + statSync(join(out, 'parts', name)).size, 0);

const { values } = parseArgs({ options });
const root = mkdtempSync(join(tmpdir(), 'pyroved-archive-'));
try {
  const run = values.run ?? join(root, 'run');
  if (values.run === undefined) {
    const source = { kind: 'cards', size: 28, labelledPerClass: 8, unlabelledPerClass: 8 };
    await trainRun({ folder: run, source, seed: 1, report: false, train: { epochs: 1, recognitionSteps: 20 } });
  }
  const { model } = await loadModel(run);
  const { shape } = model.options;
  model.dispose();
  const count = Number(values.images);
  const pixels = shape[0] * shape[1];
  const archive = join(root, 'archive.npy');
  writeFileSync(
    archive,
    encodeNpy(
      Float32Array.from({ length: count * pixels }, (_, i) => Math.sin(i * i)),
      [count, ...shape],
    ),
  );
  const rows = [];
  for (const workers of values.workers.split(',').map(Number)) {
    // Each process has two shards, so that starting it is a small part.
    const shardSize = Math.ceil(count / (2 * workers));
    const began = performance.now();
    const out = join(root, `out-${workers}`);
    const found = await classifyArchive({ run, archive, out, shardSize }, { workers, threads: 1 });
    const seconds = (performance.now() - began) / 1000;
    rows.push({
      workers,
      images: found.images,
      perProcess: Math.round(found.imagesPerSecond),
      perCpuSecond: Math.round(found.imagesPerCpuSecond),
      bytesPerRow: bytesOf(out) / found.images,
      wholeCommand: Math.round(found.images / seconds),
    });
  }
  console.table(rows);
  const [one, ...more] = rows;
  for (const { workers, perProcess } of more)
    console.log(`${workers} processes: ${((workers * perProcess) / one.perProcess).toFixed(2)} times one.`);
  console.log(`Load ${loadavg()[0].toFixed(1)} on ${availableParallelism()} cores.`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
