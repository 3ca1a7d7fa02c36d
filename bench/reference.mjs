/**
 * The original against ours, in turns: a training step of pyroVED on PyTorch (batch 64, 4 classes, 48x48, all cores) and the same step here. `native` and
 * `wasm` are PyTorch's time, as a user gets it, over ours; `nativeTuned` and `wasmTuned` have PyTorch's malloc tuned.
 */
import { pyroFigures, tunedMalloc } from './reference/run.mjs';
import { benchSteps } from './step.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** `reference` of the benchmark's JSON, with the times it comes from. */
export function benchReference({ turns = 3, steps = 2, engine = 'wasm' } = {}) {
  const times = { pyroved: [], pyrovedTuned: [], native: [], wasm: [] };
  for (let turn = 0; turn < turns; turn++) {
    const args = ['--steps', String(steps)];
    times.pyroved.push(pyroFigures('pyroved_step.py', args).seconds);
    times.pyrovedTuned.push(pyroFigures('pyroved_step.py', args, tunedMalloc).seconds);
    for (const { kernel, seconds } of benchSteps({ steps, engine })) times[kernel].push(seconds);
  }
  const seconds = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
  const ratio = (theirs, ours) => (ours === undefined ? undefined : theirs / ours);
  return {
    native: ratio(seconds.pyroved, seconds.native),
    wasm: ratio(seconds.pyroved, seconds.wasm),
    nativeTuned: ratio(seconds.pyrovedTuned, seconds.native),
    wasmTuned: ratio(seconds.pyrovedTuned, seconds.wasm),
    seconds,
  };
}
