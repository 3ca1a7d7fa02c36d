/** The native kernel's promises about memory, threads and words; its numbers are checked beside. */
import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { Kernel, Problem } from '@pyro-ts/spatial-decoder';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NativeOptions } from '../../packages/spatial-decoder/dist/native.js';
import { base, expected, isas, load } from './nativeKernels.js';
import { drawOperands, listed, worstError } from './plainDecoder.js';

describe.skipIf(isas.length === 0)('its memory', () => {
  it('keeps within the budget, and anew once that is given back', () => {
    const kernel = load({ budget: 4 * 2 ** 20 });
    const problem: Problem = { ...base, rows: 40, pixels: 2304, widths: [32, 64, 64] };
    const { operands } = drawOperands(problem, 'keep');
    const first = kernel.forward(problem, operands, true);
    expect(first.saved).toBeDefined();
    expect(kernel.forward(problem, operands, true).saved).toBeUndefined();
    first.saved?.release();
    expect(kernel.forward(problem, operands, true).saved).toBeDefined();
    expect(kernel.forward(problem, operands, false).saved).toBeUndefined();
  });

  it('takes two passes at a time, in either order', () => {
    const kernel = load({ threads: 2 });
    const one = drawOperands(base, 'one');
    const two = drawOperands(base, 'two');
    const a = kernel.forward(base, one.operands, true);
    const b = kernel.forward(base, two.operands, true);
    const gradients = [
      kernel.backward(base, one.operands, one.upstream, a.saved),
      kernel.backward(base, two.operands, two.upstream, b.saved),
    ];
    a.saved?.release();
    b.saved?.release();
    for (const [i, seed] of ['one', 'two'].entries()) {
      expect(worstError(listed(gradients[i]), expected(base, seed).slice(1))).toBeLessThan(3e-6);
    }
  });
});

describe.skipIf(isas.length === 0)('in words', () => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = load();
  });
  const { operands, upstream } = drawOperands(base, 'words');

  it('says which array has the wrong length', () => {
    const short = { ...operands, code: operands.code.subarray(1) };
    expect(() => kernel.forward(base, short, false)).toThrow('the code has 59 numbers where the problem has 60');
    const twisted = { ...operands, weights: [...operands.weights].reverse() };
    expect(() => kernel.forward(base, twisted, false)).toThrow('a weight has 17 numbers where the problem has 660');
    expect(() => kernel.backward(base, operands, upstream.subarray(2))).toThrow('the upstream gradient has 148');
  });

  it('refuses sizes that are none', () => {
    expect(() => kernel.forward({ ...base, rows: 1.5 }, operands, false)).toThrow('rows must be a whole number');
    expect(() => kernel.forward({ ...base, widths: [] }, operands, false)).toThrow('1 to 64 layers');
    expect(() => kernel.forward({ ...base, channels: 0 }, operands, false)).toThrow('channels');
    expect(() => load({ threads: 0 })).toThrow('threads must be at least 1');
    expect(() => load({ budget: -1 })).toThrow('budget');
  });

  it('refuses the activations of another problem', () => {
    const { saved } = kernel.forward(base, operands, true);
    const other = { ...base, activation: 'relu' } as const;
    expect(() => kernel.backward(other, operands, upstream, saved)).toThrow('another call');
    saved?.release();
  });

  it('says that it was disposed of', () => {
    const gone = load();
    gone.dispose();
    gone.dispose();
    expect(() => gone.forward(base, operands, false)).toThrow('disposed');
  });

  it('refuses instruction sets and options that do not exist', () => {
    expect(() => load({ isa: 'avx51' as 'avx2' })).toThrow('Did you mean "avx512"');
    expect(() => load({ thread: 2 } as Partial<NativeOptions>)).toThrow('Did you mean "threads"');
  });
});

describe.skipIf(isas.length === 0)('its threads', () => {
  const module = new URL('../../packages/spatial-decoder/dist/native.js', import.meta.url).href;
  /** Makes a kernel of three threads, uses it and leaves it. */
  const program = `
    import { loadNative } from '${module}';
    const problem = { rows: 64, pixels: 64, dims: 1, channels: 1, widths: [8, 8], firstActivation: 'tanh', activation: 'tanh' };
    const ones = (n) => new Float32Array(n).fill(1);
    const operands = {
      grid: ones(64), pose: ones(512), code: ones(512), weights: [ones(64), ones(8)], biases: [ones(8), ones(1)],
    };
    const { kernel } = loadNative({ threads: 3, budget: 1e6 });
    const { output } = kernel.forward(problem, operands, true);`;

  it('let the process end', () => {
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', `${program} console.log(output.length)`], {
        encoding: 'utf8',
        timeout: 20_000,
      });
    expect(run().trim()).toBe('4096');
  });

  it('work in worker threads of Node, several at a time, which end too', async () => {
    const source = `data:text/javascript,${encodeURIComponent(
      `${program} import { parentPort } from 'node:worker_threads'; parentPort.postMessage(output[5]);`,
    )}`;
    const answers = [1, 2, 3].map(async () => {
      const worker = new Worker(new URL(source));
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      const value = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      expect(await ended).toBe(0);
      return value;
    });
    const [a, b, c] = await Promise.all(answers);
    expect(a).toBeTypeOf('number');
    expect([b, c]).toEqual([a, a]);
  });
});
