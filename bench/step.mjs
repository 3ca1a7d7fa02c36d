/**
 * The whole training step of the paper's model at the paper's size: batch 64, 4 classes, 48x48, widths 128, all classes and pixels. Each kernel runs in a
 * process of its own, so that its peak memory is its own: `extraMB` is that peak above the process before TensorFlow.js, engine, kernel and model were
 * loaded. `otherMs` is what is left of a step without the decoder's kernel, in processor time, and `overArithmetic` the whole step over the decoder and the
 * products of its dense layers, each at the rate that it reaches alone.
 */
import { fileURLToPath } from 'node:url';
import { median } from './median.mjs';
import { answer, inOwnProcess, whereItRuns } from './ownProcess.mjs';

const self = fileURLToPath(import.meta.url);

/**
 * Seconds per step, milliseconds outside the decoder and peak memory in MB above the process before, for each available kernel and number of threads, not
 * compiled and compiled. `data` is a file of images that bench/batch.mjs wrote; without one they are drawn.
 */
export function benchSteps(options = {}) {
  const { kernels = ['native', 'wasm'], engine = 'wasm', threads = [1, 2], compiled = [false, true] } = options;
  const { steps = 7, data, sizes } = options;
  const settings = kernels.flatMap((kernel) =>
    [threads].flat().flatMap((n) => compiled.map((compile) => ({ kernel, threads: n, compile }))),
  );
  return whereItRuns(settings, (setting) => inOwnProcess(self, { ...setting, engine, steps, data, ...sizes }));
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Processor time of the products of the dense layers and of their gradients, alone. */
function denseMs(tf, matMul, images, points) {
  const rows = 4 * images;
  const layers = [
    ...[0, 1].map(() => [images, points, 128, 2]),
    ...[images, rows].map((n) => [n, 128, 128, 3]),
    ...[
      [images, 128, 4, 3],
      [rows, 128, 5, 3],
      [rows, 128, 5, 3],
    ],
  ];
  const operands = layers.map(([n, inputs, outputs, times]) => [
    tf.randomUniform([n, inputs]),
    tf.randomUniform([inputs, outputs]),
    times,
  ]);
  const once = () => {
    const start = cpuMs();
    // As many products as a layer has with its gradients; each has as many operations.
    for (const [a, b, times] of operands) for (let i = 0; i < times; i++) matMul(a, b).dispose();
    return cpuMs() - start;
  };
  return median(Array.from({ length: 21 }, once));
}

async function measure({ kernel: name, engine, threads, compile, steps, data, images = 64, side = 48 }) {
  const before = process.memoryUsage().rss;
  const { drawBatch, readBatch } = await import('./batch.mjs');
  const tf = await import('@tensorflow/tfjs');
  const { matMul, selectEngine } = await import('@pyro-ts/engine');
  const { selectKernel } = await import('@pyro-ts/spatial-decoder');
  const decoderInternals = await import('@pyro-ts/spatial-decoder/internal');
  const { Adam, SVI } = await import('pyro-ts');
  const { ssrVAE } = await import('pyroved-ts');
  const chosen = await selectEngine({ engine });
  const selected = await selectKernel({ kernel: name, ...(threads !== undefined && { threads }) });
  const inKernel = { cpu: 0 };
  const model = ssrVAE({ shape: [side, side], numClasses: 4, kernel: timed(selected, inKernel, decoderInternals) });
  const svi = new SVI(model.jointModel, model.guide, new Adam({ lr: 5e-4 }), model.elbo(), {
    params: model.params,
    seed: 0,
    compile,
  });
  const x = tf.tensor2d(data ? readBatch(data) : drawBatch({ images, side }), [images, side * side]);
  const terms = { klWeight: compile ? tf.scalar(1) : 1, auxLossMultiplier: 30 };
  // A training takes thousands of steps, so JavaScript is measured as its compiler leaves it; few images at a time get it there soon.
  const few = tf.slice(x, [0, 0], [2, side * side]);
  for (let i = 0; i < 60; i++) svi.step(few, undefined, terms);
  svi.step(x, undefined, terms);
  svi.step(x, undefined, terms);
  const dense = denseMs(tf, matMul, images, side * side);
  const seconds = [];
  const others = [];
  const ratios = [];
  for (let i = 0; i < steps; i++) {
    // New images, as in each step of a training.
    const batch = tf.clone(x);
    inKernel.cpu = 0;
    const [start, cpuStart] = [performance.now(), cpuMs()];
    svi.step(batch, undefined, terms);
    const cpu = cpuMs() - cpuStart;
    seconds.push((performance.now() - start) / 1000);
    others.push(cpu - inKernel.cpu);
    ratios.push(cpu / (inKernel.cpu + dense));
    batch.dispose();
  }
  const extraMB = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
  const { threads: working } = selected;
  selected.dispose();
  return {
    kernel: selected.name,
    threads: working,
    engine: chosen.name,
    compiled: compile,
    seconds: median(seconds),
    otherMs: median(others),
    overArithmetic: median(ratios),
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
      const start = cpuMs();
      const result = host[method](...args);
      spent.cpu += cpuMs() - start;
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
