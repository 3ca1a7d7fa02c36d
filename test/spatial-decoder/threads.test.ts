/** Threads and memory: results that do not depend on either, workers that fail, and memory that is given back. */

import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { spatialDecoder } from '@pyro-ts/spatial-decoder';
import type { HostKernel, Problem } from '@pyro-ts/spatial-decoder/internal';
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import * as layout from '../../packages/spatial-decoder/dist/wasm/layout.js';
import { loadWasm, type WasmKernel, type WasmOptions } from '../../packages/spatial-decoder/dist/wasm/wasmKernel.js';
import type { WorkerStart } from '../../packages/spatial-decoder/dist/wasm/worker.js';
import { startWorker, type WorkerHandle } from '../../packages/spatial-decoder/dist/wasm/workers.js';
import { inputsOf, kernels } from './kernels.js';
import { drawOperands, listed, plainDecoder, worstError } from './plainDecoder.js';

/** Many chunks of several units each, and tiles that end early. */
const problem: Problem = {
  ...{ rows: 130, pixels: 119, dims: 2, channels: 2, widths: [24, 20, 13] },
  ...{ firstActivation: 'tanh', activation: 'tanh' },
};
const { operands, upstream } = drawOperands(problem, 'threads');

function pass(kernel: HostKernel, keep = true): Float32Array[] {
  const { output, saved } = kernel.forward(problem, operands, keep);
  const gradients = kernel.backward(problem, operands, upstream, saved);
  saved?.release();
  return [output, ...listed(gradients)];
}

/** Numbers of arrays that differ in any bit. */
const different = (a: readonly Float32Array[], b: readonly Float32Array[]): number[] =>
  a.flatMap((values, i) => (Buffer.compare(bytes(values), bytes(b[i])) === 0 ? [] : [i]));
const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

describe.each(kernels)('$name', ({ load }) => {
  it('gives the same bits on any number of threads and with any part of the activations kept', async () => {
    const one = await load();
    const expected = pass(one);
    for (const options of [{ threads: 2 }, { threads: 3, budget: 0 }, { threads: 7, budget: 2e6 }]) {
      const other = await load(options);
      for (let i = 0; i < 3; i++) expect(different(pass(other), expected)).toEqual([]);
      expect(different(pass(other, false), expected)).toEqual([]);
      other.dispose();
    }
    one.dispose();
  });

  it('keeps activations within its budget, and again once they are given back', async () => {
    const kernel = await load({ budget: 4 * 130 * 119 * 40 });
    const first = kernel.forward(problem, operands, true);
    expect(first.saved).toBeDefined();
    first.saved?.release();
    expect(kernel.forward(problem, operands, true).saved).toBeDefined();
    expect(kernel.forward(problem, operands, false).saved).toBeUndefined();
    kernel.dispose();
  });

  it('gives back what a gradient tape kept, used or not, and keeps nothing without a tape', async () => {
    const kernel = await load();
    let [kept, released] = [0, 0];
    // Watches the kernel from outside: what is kept and what comes back.
    const watched: HostKernel = {
      ...{ name: kernel.name, detail: kernel.detail, threads: 1, dispose: () => kernel.dispose() },
      backward: (...args) => kernel.backward(...args),
      forward: (...args) => {
        const result = kernel.forward(...args);
        if (!result.saved) return result;
        const { saved } = result;
        kept++;
        const release = saved.release.bind(saved);
        Object.assign(saved, {
          release: () => {
            released++;
            release();
          },
        });
        return result;
      },
    };
    const small = drawOperands({ ...problem, rows: 2 }, 'tape').operands;
    tf.tidy(() => {
      const grid = tf.tensor2d(small.grid, [119, 2]);
      const tensors = [
        ...[tf.tensor3d(small.pose, [2, 24, 2]), tf.tensor2d(small.code, [2, 24])],
        ...small.weights.map((w, l) => tf.tensor2d(w, [problem.widths[l], w.length / problem.widths[l]])),
        ...small.biases.map((b) => tf.tensor1d(b)),
      ];
      const decode = (args: tf.Tensor[]) => spatialDecoder(inputsOf(grid, args), { kernel: onHost(watched) });
      decode(tensors);
      expect(kept).toBe(0);
      tf.grads((...args: tf.Tensor[]) => tf.sum(tf.add(decode(args), decode(args))))(tensors);
      expect([kept, released]).toEqual([2, 2]);
      // An output that the loss does not use has no backward pass; the next call gives its memory back.
      const [pose, code, ...layers] = tensors;
      tf.grad((x) => {
        decode([pose, x, ...layers]);
        return tf.sum(x);
      })(code);
      expect([kept, released]).toEqual([3, 2]);
      decode(tensors);
      expect([kept, released]).toEqual([3, 3]);
    });
    kernel.dispose();
  });

  it('says that it was disposed of, however often', async () => {
    const kernel = await load({ threads: 2 });
    kernel.dispose();
    kernel.dispose();
    expect(() => pass(kernel)).toThrow('disposed');
  });

  it('computes two passes that overlap', async () => {
    const kernel = await load({ threads: 2 });
    const alone = pass(kernel);
    const first = kernel.forward(problem, operands, true);
    const second = kernel.forward(problem, operands, true);
    for (const { output, saved } of [first, second]) {
      const gradients = kernel.backward(problem, operands, upstream, saved);
      saved?.release();
      expect(different([output, ...listed(gradients)], alone)).toEqual([]);
    }
    kernel.dispose();
  });
});

describe('workers of the wasm kernel', () => {
  const load = async (options: Partial<WasmOptions>): Promise<WasmKernel> => {
    const loaded = await loadWasm({ threads: 3, budget: 2 ** 28, patience: 400, ...options });
    if ('reason' in loaded) throw new Error(loaded.reason);
    return loaded.kernel as WasmKernel;
  };
  const expected = (async () => {
    const kernel = await load({ threads: 1 });
    const result = pass(kernel);
    kernel.dispose();
    return result;
  })();

  /** A worker that joins jobs as ours do, and then does `instead`. */
  const broken = (instead: string) => async (start: WorkerStart) => {
    const source = `
      const { parentPort } = require('node:worker_threads');
      parentPort.once('message', ({ memory }) => {
        const control = new Int32Array(memory.buffer);
        let seen = Atomics.load(control, ${layout.EPOCH});
        parentPort.postMessage('ready');
        for (;;) {
          Atomics.wait(control, ${layout.EPOCH}, seen);
          seen = Atomics.load(control, ${layout.EPOCH});
          const state = Atomics.load(control, ${layout.STATE});
          if (!(state & ${layout.OPEN})) continue;
          if (Atomics.compareExchange(control, ${layout.STATE}, state, state + 1) !== state) continue;
          ${instead}
        }
      });`;
    const worker = new Worker(source, { eval: true });
    worker.unref();
    worker.postMessage(start);
    await new Promise((resolve) => worker.once('message', resolve));
    const ended = new Promise<undefined>((resolve) => worker.once('exit', () => resolve(undefined)));
    return { ended, end: () => void worker.terminate() };
  };
  const hangs = broken('Atomics.wait(control, 127, 0);');
  const fails = broken(
    `Atomics.store(control, ${layout.FAILED}, 1); Atomics.add(control, ${layout.FINISHED}, 1); Atomics.notify(control, ${layout.FINISHED});`,
  );

  /** Passes until the warning comes: a worker may wake too late to join the first ones. */
  const passUntil = async (kernel: HostKernel, warned: () => boolean) => {
    for (let i = 0; i < 200 && !warned(); i++) {
      expect(different(pass(kernel), await expected)).toEqual([]);
    }
  };

  it.each([
    ['hangs', hangs, 'gave no sign of life for 0.4 s'],
    ['fails', fails, 'failed within a job'],
  ])('one that %s within a job: the same result on one thread, and a warning', async (_, start, words) => {
    const warnings: string[] = [];
    const kernel = await load({ threads: 2, startWorker: start, warn: (line) => warnings.push(line) });
    expect(kernel.threads).toBe(2);
    const { saved } = kernel.forward(problem, operands, true);
    await passUntil(kernel, () => warnings.length > 0);
    expect(warnings).toEqual([`The wasm kernel continues with one thread: a worker thread ${words}.`]);
    expect(kernel.threads).toBe(1);
    // Activations that were kept in the memory left behind are recomputed.
    const gradients = kernel.backward(problem, operands, upstream, saved);
    expect(different(listed(gradients), (await expected).slice(1))).toEqual([]);
    saved?.release();
    expect(kernel.bytesInUse).toBe(0);
    kernel.dispose();
  });

  it('one that cannot start: the others do the work, and a warning', async () => {
    const warnings: string[] = [];
    const kernel = await load({
      startWorker: (start) => (start.thread === 1 ? Promise.reject(new Error('no more threads')) : startWorker(start)),
      warn: (line) => warnings.push(line),
    });
    expect(warnings).toEqual(['A thread of the wasm kernel could not start (no more threads).']);
    expect(kernel.threads).toBe(2);
    expect(different(pass(kernel), await expected)).toEqual([]);
    kernel.dispose();
  });

  it('threads that go between calls: the same result on those that are left', async () => {
    const warnings: string[] = [];
    const handles: WorkerHandle[] = [];
    const kernel = await load({
      warn: (line) => warnings.push(line),
      startWorker: async (start) => {
        const handle = await startWorker(start);
        handles.push(handle);
        return handle;
      },
    });
    for (const left of [2, 1]) {
      const gone = handles.pop()!;
      gone.end();
      // At once, while the kernel does not know it yet, and again when it does.
      expect(different(pass(kernel), await expected)).toEqual([]);
      await gone.ended;
      expect(different(pass(kernel), await expected)).toEqual([]);
      expect(kernel.threads).toBe(left);
    }
    expect(warnings).toHaveLength(2);
    kernel.dispose();
  });

  it('let the process end without being disposed of', () => {
    const program = `
      import { selectKernel } from '@pyro-ts/spatial-decoder';
      const { line } = await selectKernel({ kernel: 'wasm', threads: 3 });
      console.log(line);`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 600_000,
    });
    expect(said).toContain('3 threads');
  });

  it('rows in batches: the same within float32, and all memory given back', async () => {
    const kernel = await load({ threads: 2, batchBytes: 30_000, budget: 1e6 });
    const plain = plainDecoder(problem, operands, upstream);
    const wanted = [plain.output, ...listed(plain)];
    expect(worstError(pass(kernel), wanted)).toBeLessThan(4e-6);
    expect(worstError(pass(kernel, false), wanted)).toBeLessThan(4e-6);
    expect(kernel.bytesInUse).toBe(0);
    kernel.dispose();
  });
});
