/**
 * The original against ours, in turns: a training step of pyroVED on PyTorch (batch 64, 4 classes, 48x48, all cores) and the same step here, on the same
 * images, which both read from one file. `native` and `wasm` are PyTorch's time, as a user gets it, over ours; `nativeTuned` and `wasmTuned` have PyTorch's
 * malloc tuned. Times are medians of the steps of a turn, then of the turns.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBatch } from './batch.mjs';
import { median } from './median.mjs';
import { pyroFigures, tunedMalloc } from './reference/run.mjs';
import { benchSteps } from './step.mjs';

/** `reference` of the benchmark's JSON, with the times that it comes from and the versions of theirs. */
export function benchReference({ turns = 3, steps = 5, engine = 'wasm', sizes = { images: 64, side: 48 } } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'pyro-bench-'));
  try {
    const data = join(folder, 'batch.f32');
    writeBatch(data, sizes);
    return compare({ turns, steps, engine, sizes, data });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare({ turns, steps, engine, sizes, data }) {
  const args = Object.entries({ data, steps, batch: sizes.images, size: sizes.side }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const times = { pyroved: [], pyrovedTuned: [], native: [], wasm: [] };
  let versions;
  for (let turn = 0; turn < turns; turn++) {
    const theirs = pyroFigures('pyroved_step.py', args);
    versions = theirs.versions;
    times.pyroved.push(theirs.seconds);
    times.pyrovedTuned.push(pyroFigures('pyroved_step.py', args, tunedMalloc).seconds);
    for (const { kernel, seconds } of benchSteps({
      steps,
      engine,
      data,
      sizes,
      threads: [undefined],
      compiled: [false],
    }))
      times[kernel].push(seconds);
  }
  const measured = Object.entries(times).filter(([, list]) => list.length > 0);
  const seconds = Object.fromEntries(measured.map(([name, list]) => [name, median(list)]));
  const ratio = (theirs, ours) => (ours === undefined ? undefined : theirs / ours);
  return {
    native: ratio(seconds.pyroved, seconds.native),
    wasm: ratio(seconds.pyroved, seconds.wasm),
    nativeTuned: ratio(seconds.pyrovedTuned, seconds.native),
    wasmTuned: ratio(seconds.pyrovedTuned, seconds.wasm),
    seconds,
    versions,
  };
}
