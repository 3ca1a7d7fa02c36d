/**
 * The whole training step of the paper's model at the paper's size: batch 64, 4 classes, 48x48, widths 128, all classes and pixels. Each kernel runs in a
 * process of its own, so that its peak memory is its own: `extraMB` is that peak above the process before TensorFlow.js, engine, kernel and model were
 * loaded. `otherMs` is what is left of a step without the decoder's kernel.
 */
import { fileURLToPath } from 'node:url';
import { median } from './median.mjs';
import { answer, inOwnProcess, whereItRuns } from './ownProcess.mjs';

const self = fileURLToPath(import.meta.url);

/**
 * Seconds a step, milliseconds outside the decoder and peak memory in MB above the process before, for each available kernel. `data` is a file of
 * images that bench/batch.mjs wrote; without one they are drawn.
 */
export function benchSteps({ kernels = ['native', 'wasm'], engine = 'wasm', threads, steps = 7, data, sizes } = {}) {
  return whereItRuns(kernels, (kernel) => inOwnProcess(self, { kernel, engine, threads, steps, data, ...sizes }));
}

async function measure({ kernel: name, engine, threads, steps, data, images = 64, side = 48 }) {
  const before = process.memoryUsage().rss;
  const { drawBatch, readBatch } = await import('./batch.mjs');
  const tf = await import('@tensorflow/tfjs');
  const { selectEngine } = await import('@pyro-ts/engine');
  const { selectKernel } = await import('@pyro-ts/spatial-decoder');
  const decoderInternals = await import('@pyro-ts/spatial-decoder/internal');
  const { Adam, SVI } = await import('pyro-ts');
  const { ssrVAE } = await import('pyroved-ts');
  const chosen = await selectEngine({ engine });
  const selected = await selectKernel({ kernel: name, ...(threads !== undefined && { threads }) });
  const inKernel = { ms: 0 };
  const model = ssrVAE({ shape: [side, side], numClasses: 4, kernel: timed(selected, inKernel, decoderInternals) });
  const svi = new SVI(model.jointModel, model.guide, new Adam({ lr: 5e-4 }), model.elbo(), {
    params: model.params,
    seed: 0,
  });
  const x = tf.tensor2d(data ? readBatch(data) : drawBatch({ images, side }), [images, side * side]);
  const terms = { klWeight: 1, auxLossMultiplier: 30 };
  // A training takes thousands of steps, so JavaScript is measured as its compiler leaves it; few images at a time get it there soon.
  const few = tf.slice(x, [0, 0], [2, side * side]);
  for (let i = 0; i < 60; i++) svi.step(few, undefined, terms);
  svi.step(x, undefined, terms);
  svi.step(x, undefined, terms);
  const seconds = [];
  const others = [];
  for (let i = 0; i < steps; i++) {
    inKernel.ms = 0;
    const start = performance.now();
    svi.step(x, undefined, terms);
    const ms = performance.now() - start;
    seconds.push(ms / 1000);
    others.push(ms - inKernel.ms);
  }
  const extraMB = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
  const { threads: working } = selected;
  selected.dispose();
  return {
    kernel: selected.name,
    threads: working,
    engine: chosen.name,
    seconds: median(seconds),
    otherMs: median(others),
    extraMB: Math.round(extraMB),
  };
}

/** The kernel with its time added up. */
function timed(selected, spent, { hostKernelOf, onHost }) {
  const host = hostKernelOf(selected);
  if (!host) return selected;
  const clocked =
    (method) =>
    (...args) => {
      const start = performance.now();
      const result = host[method](...args);
      spent.ms += performance.now() - start;
      return result;
    };
  const wrapped = new Proxy(host, {
    get: (target, key) => {
      if (key === 'forward' || key === 'backward') return clocked(key);
      const value = target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return onHost(wrapped);
}

if (process.argv[1] === self) await answer(measure);
