/** What is asked of a kernel before a run relies on it: right on all that run here, and what it finds. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { activations, type HostKernel, type Problem } from '@pyro-ts/spatial-decoder/internal';
import { describe, expect, it } from 'vitest';
import { selfCheck } from '../../packages/spatial-decoder/dist/selfCheck.js';
import { kernels } from './kernels.js';

const right = await kernels[0].load({});
const like = (changes: Partial<HostKernel>): HostKernel => ({
  ...{ name: 'wasm', detail: '', threads: 1, dispose: () => {} },
  forward: (...args) => right.forward(...args),
  backward: (...args) => right.backward(...args),
  ...changes,
});

it.each(kernels)('finds nothing in $name', async ({ load }) => {
  const kernel = await load();
  expect(selfCheck(kernel)).toBeUndefined();
  kernel.dispose();
});

it('finds an output and a gradient that are wrong, kept or recomputed', () => {
  expect(selfCheck(like({}))).toBeUndefined();
  const forward: HostKernel['forward'] = (...args) => {
    const result = right.forward(...args);
    result.output[result.output.length - 1] += 2 ** -9;
    return result;
  };
  expect(selfCheck(like({ forward }))).toMatch(/an output is off by 0\.00195/);
  const backward: HostKernel['backward'] = (problem, operands, upstream, saved) => {
    const gradients = right.backward(problem, operands, upstream, saved);
    if (!saved) gradients.code[5] *= 1.01;
    return gradients;
  };
  expect(selfCheck(like({ backward }))).toMatch(/a slope is .* instead of/);
});

describe.each(activations)('a wrong %s', (wrong) => {
  // The nearest of the others, with which it is easiest to miss.
  const nearest = { tanh: 'leakyRelu', relu: 'leakyRelu', leakyRelu: 'relu', softplus: 'relu', gelu: 'relu' } as const;
  const swap = (a: Activation): Activation => (a === wrong ? nearest[wrong] : a);
  const swapped = (problem: Problem): Problem => ({
    ...problem,
    ...{ firstActivation: swap(problem.firstActivation), activation: swap(problem.activation) },
  });

  it('value is found', () => {
    const forward: HostKernel['forward'] = (problem, operands) => right.forward(swapped(problem), operands, false);
    expect(selfCheck(like({ forward }))).toMatch(new RegExp(`with .*${wrong}.* an output is off by`));
  });

  it('slope is found', () => {
    const backward: HostKernel['backward'] = (problem, operands, upstream) =>
      right.backward(swapped(problem), operands, upstream);
    expect(selfCheck(like({ backward }))).toMatch(new RegExp(`with .*${wrong}.* a slope is .* instead of`));
  });
});
