/**
 * The decoder's forward and backward pass at the paper's size (64 images, 4 classes, 48x48, width 128, 2 hidden layers), by kernel, by threads, and by
 * what becomes of the activations. Kept for the backward pass, a pass is 3 forward passes' operations; computed again it is 4. With the default budget
 * some are kept and some not, and 3 are counted. The time is the least, as the peak that it is set against is the best.
 */

import { availableParallelism } from 'node:os';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { hostKernelOf } from '@pyro-ts/spatial-decoder/internal';
import { decoderProblem, drawOperands, forwardOperations, timePass } from './kernels.mjs';

/** By what becomes of the activations: megabytes to keep them in, and how many forward passes' operations are counted. */
const variants = {
  kept: { budgetMB: 4096, passes: 3 },
  recomputed: { budgetMB: 0, passes: 4 },
  'default budget': { passes: 3 },
};

/** Each with the peak that it is quoted against. */
const kernels = [
  { kernel: 'native', precision: 'float32', against: 'fp32', activations: Object.keys(variants) },
  { kernel: 'native', precision: 'bfloat16', against: 'bfloat16', activations: ['recomputed'] },
  { kernel: 'wasm', precision: 'float32', against: 'simd128', activations: Object.keys(variants) },
];

/**
 * `decoder` of the benchmark's JSON. Turns go round all settings, so that none has the machine's quiet minute to itself; in each turn a setting has three
 * passes or so many seconds of them.
 */
export async function benchDecoder({ repeats = 3, seconds: aTurn = 4, threads, peak, sizes } = {}) {
  const problem = decoderProblem(sizes);
  const data = drawOperands(problem);
  const counts = threads ?? [...new Set([1, Math.min(2, availableParallelism()), availableParallelism()])];
  const settings = kernels.flatMap(({ activations, ...kernel }) =>
    activations.flatMap((kept) => counts.map((count) => ({ ...kernel, activations: kept, threads: count }))),
  );
  const seconds = new Map(settings.map((setting) => [setting, []]));
  const absent = new Set();
  for (let turn = 0; turn < repeats; turn++) {
    for (const setting of settings) {
      const { budgetMB } = variants[setting.activations];
      const { kernel, precision, threads } = setting;
      const options = { kernel, precision, threads, ...(budgetMB !== undefined && { budgetMB }) };
      const selected = await selectKernel(options).catch((error) => error.message);
      if (typeof selected === 'string') {
        absent.add(selected);
        continue;
      }
      const keep = budgetMB !== 0;
      // The first pass starts threads and takes memory; a training run does that once.
      timePass(hostKernelOf(selected), problem, data, keep);
      const end = performance.now() + 1000 * aTurn;
      for (let pass = 0; pass < 3 || performance.now() < end; pass++)
        seconds.get(setting).push(timePass(hostKernelOf(selected), problem, data, keep));
      selected.dispose();
    }
  }
  for (const reason of absent) console.error(reason);
  return settings
    .filter((setting) => seconds.get(setting).length > 0)
    .map((setting) => {
      const { kernel, precision, activations, against } = setting;
      const least = (s) => Math.min(...seconds.get(s));
      const alone = settings.find(
        (s) => s.kernel === kernel && s.precision === precision && s.activations === activations && s.threads === 1,
      );
      const gflops = (variants[activations].passes * forwardOperations(problem)) / least(setting) / 1e9;
      return {
        ...{ kernel, precision, activations, threads: setting.threads, seconds: least(setting), gflops },
        ofPeak: peak?.[against] && gflops / (peak[against] * setting.threads),
        speedup: alone && least(alone) / least(setting),
      };
    });
}
