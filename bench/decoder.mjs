/**
 * The decoder's forward and backward pass at the paper's size (64 images, 4 classes, 48x48, width 128, 2 hidden layers), by kernel, by threads, and by
 * what becomes of the activations. Kept for the backward pass, a pass is 3 forward passes' operations; computed again it is 4. With the default budget
 * some are kept and some not, and 3 are counted.
 */
import { availableParallelism } from 'node:os';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { decoderProblem, drawOperands, forwardOperations, timePass } from './kernels.mjs';

/** By what becomes of the activations: megabytes to keep them in, and how many forward passes' operations are counted. */
const variants = {
  kept: { budgetMB: 4096, passes: 3 },
  recomputed: { budgetMB: 0, passes: 4 },
  'default budget': { passes: 3 },
};

/** `decoder` of the benchmark's JSON. Turns go round all settings, so that none has the machine's quiet minute to itself. */
export async function benchDecoder({ kernels = ['native', 'wasm'], repeats = 3, threads, peak } = {}) {
  const problem = decoderProblem();
  const data = drawOperands(problem);
  const counts = threads ?? [...new Set([1, Math.min(2, availableParallelism()), availableParallelism()])];
  const settings = kernels.flatMap((kernel) =>
    Object.keys(variants).flatMap((activations) => counts.map((count) => ({ kernel, activations, threads: count }))),
  );
  const seconds = new Map(settings.map((setting) => [setting, []]));
  for (let turn = 0; turn < repeats; turn++) {
    for (const setting of settings) {
      const { budgetMB } = variants[setting.activations];
      const options = { kernel: setting.kernel, threads: setting.threads, ...(budgetMB !== undefined && { budgetMB }) };
      const selected = await selectKernel(options).catch((error) => error.message);
      if (typeof selected === 'string') {
        if (turn === 0) console.error(selected);
        continue;
      }
      const keep = budgetMB !== 0;
      // The first pass starts threads and takes memory; a training run does that once.
      timePass(selected.kernel, problem, data, keep);
      seconds
        .get(setting)
        .push(Math.min(timePass(selected.kernel, problem, data, keep), timePass(selected.kernel, problem, data, keep)));
      selected.dispose();
    }
  }
  const best = (setting) => Math.min(...seconds.get(setting));
  return settings
    .filter((setting) => seconds.get(setting).length > 0)
    .map((setting) => {
      const alone = settings.find(
        (s) => s.kernel === setting.kernel && s.activations === setting.activations && s.threads === 1,
      );
      const gflops = (variants[setting.activations].passes * forwardOperations(problem)) / best(setting) / 1e9;
      const ofCore = setting.kernel === 'wasm' ? peak?.simd128 : peak?.fp32;
      return {
        ...setting,
        seconds: best(setting),
        gflops,
        ofPeak: ofCore && gflops / (ofCore * setting.threads),
        speedup: best(alone) / best(setting),
      };
    });
}
