/** Which kernel a run gets, and what it is told when it asks for one that is not there. */

import { type KernelSelection, selectKernel } from '@pyro-ts/spatial-decoder';
import { hostKernelOf, kernelNames } from '@pyro-ts/spatial-decoder/internal';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kernels } from './kernels.js';
import { isas } from './nativeKernels.js';

const hasNative = kernels.some(({ name }) => name.startsWith('native'));

afterEach(() => vi.unstubAllEnvs());

const select = async (options?: Parameters<typeof selectKernel>[0]) => {
  const selected = await selectKernel(options);
  selected.dispose();
  return selected;
};

describe('selectKernel', () => {
  it('takes the fastest that is available', async () => {
    vi.stubEnv('PYRO_KERNEL', '');
    const { name, reason } = await select();
    expect(name).toBe(hasNative ? 'native' : 'wasm');
    expect(reason).toMatch(hasNative ? /^the fastest available$/ : /^native: ./);
  });

  it.each(kernelNames.filter((name) => name !== 'native' || hasNative))('%s where it is asked for', async (name) => {
    const selected = await select({ kernel: name, threads: 2 });
    expect(selected.name).toBe(name);
    expect(hostKernelOf(selected)?.name).toBe(name === 'reference' ? undefined : name);
    expect(selected.line).toMatch(
      name === 'reference'
        ? /^Spatial decoder: reference; requested$/
        : new RegExp(`^Spatial decoder: ${name} \\(.+, 2 threads\\); requested$`),
    );
  });

  it('the environment asks where no option does', async () => {
    vi.stubEnv('PYRO_KERNEL', 'wasm');
    vi.stubEnv('PYRO_THREADS', '3');
    const selected = await selectKernel();
    expect([selected.name, selected.threads, selected.reason]).toEqual(['wasm', 3, 'set by PYRO_KERNEL']);
    selected.dispose();
    expect((await select({ kernel: 'reference' })).name).toBe('reference');
  });

  it.each([
    [{ kernel: 'wsam' }, 'The kernel "wsam" does not exist. Did you mean "wasm"?'],
    [{ thread: 2 }, 'selectKernel: option "thread" does not exist. Did you mean "threads"?'],
    [{ kernel: 'foo' }, 'The kernel "foo" does not exist. Known: native, wasm, reference.'],
    [{ kernel: null }, 'The kernel null does not exist. Known: native, wasm, reference.'],
    [{ precision: null }, 'selectKernel: precision null does not exist. Known: float32, bfloat16.'],
    [{ threads: 0 }, 'threads must be at least 1 and at most 1024, a whole number, but is 0.'],
    [{ threads: 1.5 }, 'a whole number, but is 1.5.'],
    [{ threads: 2000 }, 'threads must be at least 1 and at most 1024, a whole number, but is 2000.'],
    [{ threads: null }, 'a whole number, but is null.'],
    [{ threads: '2' }, 'a whole number, but is "2".'],
    [
      { threads: 65, kernel: 'wasm' },
      'wasm kernel: threads must be at least 1 and at most 64, a whole number, but is 65.',
    ],
    [{ budgetMB: '12' }, 'budgetMB is "12"; give 0 (always recompute) or more, a number of megabytes.'],
    [{ budgetMB: null }, 'budgetMB is null; give 0'],
    [{ budgetMB: -1 }, 'budgetMB is -1; give 0'],
    [{ budgetMB: Number.NaN }, 'budgetMB is NaN; give 0'],
  ])('%j: an error that explains', async (options, message) => {
    await expect(selectKernel(options as KernelSelection)).rejects.toThrow(message);
  });

  it.each([null, 'wasm'])('options that are %j are rejected', async (options) => {
    await expect(selectKernel(options as never)).rejects.toThrow('selectKernel takes an object of options, not ');
  });

  it('a number of threads in the environment that is none is rejected', async () => {
    vi.stubEnv('PYRO_THREADS', 'all');
    await expect(selectKernel()).rejects.toThrow(
      'PYRO_THREADS must be at least 1 and at most 1024, a whole number, but is "all".',
    );
  });
});

describe('bfloat16', () => {
  const hasAmx = isas.includes('amx');

  it.skipIf(!hasAmx)('runs on AMX, asked for by precision or by the instruction set', async () => {
    for (const [options, variable] of [
      [{ precision: 'bfloat16' }, ''],
      [{ precision: 'bfloat16', kernel: 'native' }, 'avx2'],
      [{}, 'amx'],
    ] as const) {
      vi.stubEnv('PYRO_NATIVE_ISA', variable);
      const { name, precision, line } = await select(options);
      expect([name, precision]).toEqual(['native', 'bfloat16']);
      expect(line).toContain('AMX, bfloat16');
    }
  });

  it.skipIf(hasAmx)('is rejected where there is no AMX', async () => {
    const float32 = 'Choose float32 (precision, --precision), which all kernels compute in.';
    const native = hasNative ? 'this processor, or the compiler, has no AMX to multiply bfloat16 with' : '';
    await expect(selectKernel({ precision: 'bfloat16' })).rejects.toThrow(
      new RegExp(
        `^No kernel runs here in bfloat16: native: ${native}.*; wasm: it computes in float32 only; reference: it computes in float32 only\\. ${float32.replace(/[().]/g, '\\$&')}$`,
      ),
    );
    await expect(selectKernel({ precision: 'bfloat16', kernel: 'native' })).rejects.toThrow(
      /^The kernel "native" does not run here in bfloat16 \(requested\): .+\. Choose float32/,
    );
    vi.stubEnv('PYRO_NATIVE_ISA', 'amx');
    if (hasNative) await expect(selectKernel()).rejects.toThrow('This processor does not run amx; it runs ');
  });

  it('is no matter for the other kernels', async () => {
    await expect(selectKernel({ precision: 'bfloat16', kernel: 'wasm' })).rejects.toThrow(
      'The kernel "wasm" does not run here in bfloat16 (requested): it computes in float32 only. Choose float32',
    );
    await expect(selectKernel({ precision: 'float16' } as object)).rejects.toThrow('selectKernel: precision');
  });

  it('float32 that is asked for wins over an instruction set that rounds', async () => {
    vi.stubEnv('PYRO_NATIVE_ISA', 'amx');
    const { name, precision, line } = await select({ precision: 'float32' });
    expect([name, precision]).toEqual([hasNative ? 'native' : 'wasm', 'float32']);
    expect(line).not.toContain('AMX');
  });
});
