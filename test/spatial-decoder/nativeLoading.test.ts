/** The native kernel's words where it cannot be loaded as asked, and its threads; what it shares with the others is tested for all. */
import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { NativeOptions } from '../../packages/spatial-decoder/dist/native.js';
import { isas, load } from './nativeKernels.js';

describe.skipIf(isas.length === 0)('the description', () => {
  it('rejects threads and a budget that are none', () => {
    expect(() => load({ threads: 0 })).toThrow('threads must be at least 1');
    expect(() => load({ budget: -1 })).toThrow('budget');
  });

  it('rejects instruction sets and options that do not exist', () => {
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
        timeout: 600_000,
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
