/**
 * The steps of a training with default options: recognition on labelled images at random poses, and the joint step on 64 unlabelled images in 4 classes
 * of 48x48 pixels. Each kernel runs in a process of its own. Times are processor time, as medians; `overArithmetic` is the step over what the kernels of
 * decoder and encoder take of it, dense layers and reading the views not counted, so an upper bound.
 */
import { fileURLToPath } from 'node:url';
import { median } from './median.mjs';
import { answer, inOwnProcess, whereItRuns } from './ownProcess.mjs';

const self = fileURLToPath(import.meta.url);

/** `defaultStep` of the benchmark's JSON: a row for each kernel, number of threads and kind of step, not compiled and compiled. */
export function benchDefaultStep({ kernels = ['native', 'wasm'], threads = [1, 2], steps = 12, sizes } = {}) {
  const settings = kernels.flatMap((kernel) =>
    [threads].flat().flatMap((n) => [false, true].map((compile) => ({ kernel, threads: n, compile }))),
  );
  return whereItRuns(settings, (setting) => inOwnProcess(self, { ...setting, steps, ...sizes }).rows).flat();
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function measure({ kernel: name, threads, compile, steps, side = 48, images = 64 }) {
  const { selectEngine } = await import('@pyro-ts/engine');
  const { selectKernel } = await import('@pyro-ts/spatial-decoder');
  const { hostKernelOf, onHost } = await import('@pyro-ts/spatial-decoder/internal');
  const { KnownPoseTrainer, ssrVAE } = await import('pyroved-ts');
  const { cards } = await import('pyroved-data');
  await selectEngine({ engine: 'wasm' });
  const selected = await selectKernel({ kernel: name, threads });
  const inKernel = { cpu: 0 };
  const kernel = onHost(clocked(hostKernelOf(selected), inKernel));
  const sets = await cards({ size: side, labelledPerClass: 20, unlabelledPerClass: images, validationPerClass: 1 });
  const model = ssrVAE({ shape: [side, side], numClasses: 4, kernel, recognition: {} });
  // The first steps of each kind are not counted: JavaScript is compiled as they run, and compiled steps are compared with the program.
  const cold = 8;
  const trainer = new KnownPoseTrainer(
    model,
    { unlabelled: sets.unlabelled, labelled: sets.labelled },
    { epochs: 100, batchSize: images, recognitionSteps: cold + steps, compile },
  );
  const taken = { recognition: [], unlabelled: [] };
  const stop = new AbortController();
  let before = { cpu: cpuMs(), inKernel: 0 };
  const onStep = () => {
    const own = taken.recognition.length < cold + steps ? taken.recognition : taken.unlabelled;
    const now = { cpu: cpuMs(), inKernel: inKernel.cpu };
    own.push({ ms: now.cpu - before.cpu, inKernel: now.inKernel - before.inKernel });
    if (taken.unlabelled.length === cold + steps) stop.abort();
    before = { cpu: cpuMs(), inKernel: inKernel.cpu };
  };
  for await (const _ of trainer.epochs({ signal: stop.signal, onStep }));
  const rows = Object.entries(taken).map(([step, all]) => {
    const counted = all.slice(cold);
    return {
      ...{ step: step === 'unlabelled' ? 'joint' : step, kernel: selected.name, threads, compiled: compile },
      ms: median(counted.map(({ ms }) => ms)),
      otherMs: median(counted.map(({ ms, inKernel: own }) => ms - own)),
      overArithmetic: median(counted.map(({ ms, inKernel: own }) => ms / own)),
    };
  });
  return { rows };
}

/** The kernel, with the processor time of its decoder and encoder added up. */
function clocked(host, spent) {
  const timed = (target, others = {}) =>
    new Proxy(target, {
      get: (_, key) => {
        if (key in others) return others[key];
        const value = target[key];
        if (typeof value !== 'function') return value;
        if (key !== 'forward' && key !== 'backward') return value.bind(target);
        return (...args) => {
          const start = cpuMs();
          const result = value.apply(target, args);
          spent.cpu += cpuMs() - start;
          return result;
        };
      },
    });
  return timed(host, host.encoder && { encoder: timed(host.encoder) });
}

if (process.argv[1] === self) await answer(measure);
