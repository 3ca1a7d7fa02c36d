/** Which kernel a run gets, and what it is told when it asks for one that is not there. */
import { type Kernel, type KernelSelection, kernelNames, selectKernel } from '@pyro-ts/spatial-decoder';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { selfCheck } from '../../packages/spatial-decoder/dist/selfCheck.js';
import { kernels } from './kernels.js';

const hasNative = kernels.some(({ name }) => name.startsWith('native'));

afterEach(() => vi.unstubAllEnvs());

const select = async (options?: Parameters<typeof selectKernel>[0]) => {
  const selected = await selectKernel(options);
  selected.dispose();
  return selected;
};

describe('selectKernel', () => {
  it('takes the fastest that is there', async () => {
    vi.stubEnv('PYRO_KERNEL', '');
    const { name, reason } = await select();
    expect(name).toBe(hasNative ? 'native' : 'wasm');
    expect(reason).toBe(hasNative ? 'the fastest that there is' : expect.stringMatching(/^native: /));
  });

  it.each(kernelNames.filter((name) => name !== 'native' || hasNative))('%s where it is asked for', async (name) => {
    const selected = await select({ kernel: name, threads: 2 });
    expect(selected.name).toBe(name);
    expect(selected.kernel?.name).toBe(name === 'reference' ? undefined : name);
    expect(selected.line).toMatch(
      name === 'reference'
        ? /^Spatial decoder reference: it was asked for\.$/
        : new RegExp(`^Spatial decoder ${name} \\(.+, 2 threads\\): it was asked for\\.$`),
    );
  });

  it('the environment asks where no option does', async () => {
    vi.stubEnv('PYRO_KERNEL', 'wasm');
    vi.stubEnv('PYRO_THREADS', '3');
    const selected = await selectKernel();
    expect([selected.name, selected.threads, selected.reason]).toEqual(['wasm', 3, 'PYRO_KERNEL asks for it']);
    selected.dispose();
    expect((await select({ kernel: 'reference' })).name).toBe('reference');
  });

  it.each([
    [{ kernel: 'wsam' }, 'The kernel "wsam" does not exist. Did you mean "wasm"?'],
    [{ thread: 2 }, 'selectKernel: option "thread" does not exist. Did you mean "threads"?'],
    [{ threads: 0 }, 'threads is 0; give a whole number of 1 or more'],
    [{ threads: 1.5 }, 'threads is 1.5; give a whole number of 1 or more'],
    [{ budgetMB: -1 }, 'budgetMB is -1; give 0'],
    [{ budgetMB: Number.NaN }, 'budgetMB is NaN; give 0'],
  ])('%j: in words', async (options, message) => {
    await expect(selectKernel(options as KernelSelection)).rejects.toThrow(message);
  });

  it('a number of threads in the environment that is none: in words', async () => {
    vi.stubEnv('PYRO_THREADS', 'all');
    await expect(selectKernel()).rejects.toThrow('PYRO_THREADS is "all"; give a whole number of 1 or more');
  });
});

describe('the self-check', () => {
  it('finds an output and a gradient that are wrong, kept or recomputed', async () => {
    const kernel = await kernels[0].load({});
    const like = (changes: Partial<Kernel>): Kernel => ({
      ...{ name: 'wasm', detail: '', threads: 1, dispose: () => {} },
      forward: (...args) => kernel.forward(...args),
      backward: (...args) => kernel.backward(...args),
      ...changes,
    });
    expect(selfCheck(like({}))).toBeUndefined();
    const forward: Kernel['forward'] = (...args) => {
      const result = kernel.forward(...args);
      result.output[result.output.length - 1] += 1e-3;
      return result;
    };
    expect(selfCheck(like({ forward }))).toMatch(/an output is off by 0\.001/);
    const backward: Kernel['backward'] = (problem, operands, upstream, saved) => {
      const gradients = kernel.backward(problem, operands, upstream, saved);
      if (!saved) gradients.code[5] *= 1.01;
      return gradients;
    };
    expect(selfCheck(like({ backward }))).toMatch(/a slope is .* instead of/);
    kernel.dispose();
  });
});
