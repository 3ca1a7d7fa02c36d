/** What the native kernel has beyond the others: bfloat16 on AMX, held to a definition that rounds alike, and numbers near the end of the range. */
import { activations, type Problem } from '@pyro-ts/spatial-decoder/internal';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expected, isas, load, pass } from './nativeKernels.js';
import { checkOneUnit } from './oneUnit.js';
import { drawOperands, toBfloat16, worstError } from './plainDecoder.js';
import { anyProblem, base, sizes } from './problems.js';

describe.skipIf(!isas.includes('amx'))('amx', () => {
  let kernel: ReturnType<typeof load>;
  beforeAll(() => {
    kernel = load({ isa: 'amx' });
  });
  /** The definition rounds the same operands; a float32 sum at the border of two still falls to either now and then. */
  const close = 4e-3;
  const error = (problem: Problem, keep = true, seed = 'native') =>
    worstError(pass(kernel, problem, keep, seed), expected(problem, seed, toBfloat16));

  it.each(activations)('%s everywhere: values and gradients', (activation) => {
    expect(error({ ...base, firstActivation: activation, activation })).toBeLessThan(close);
  });

  it.each(sizes)('%s', (_, changes) => {
    expect(error({ ...base, ...changes })).toBeLessThan(close);
  });

  it('agrees on sizes that nobody chose', () => {
    fc.assert(
      fc.property(anyProblem, fc.boolean(), (problem, keep) => {
        expect(error(problem, keep, 'any')).toBeLessThan(close);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('does not depend on threads, nor on what may be kept', () => {
    const problem: Problem = { ...base, rows: 7, pixels: 700, widths: [24, 40, 24] };
    const first = pass(kernel, problem);
    for (const options of [{ threads: 2 }, { threads: 3, budget: 0 }, { threads: 9 }]) {
      const again = pass(load({ isa: 'amx', ...options }), problem);
      expect(again.map((values, i) => Buffer.compare(bytes(values), bytes(first[i])))).toEqual(first.map(() => 0));
    }
  });

  it.each(activations)('%s of one unit, at large, infinite and undefined inputs: value and slope', (activation) =>
    checkOneUnit(kernel, activation, close),
  );

  it('keeps a NaN in its row and lets it into the sums', () => {
    const { operands, upstream } = drawOperands(base, 'nan');
    operands.code[base.widths[0] + 3] = Number.NaN;
    const { output } = kernel.forward(base, operands, false);
    const rows = [0, 1, 2].map((r) => output.subarray(r * base.pixels, (r + 1) * base.pixels));
    expect(rows.map((row) => row.every(Number.isNaN))).toEqual([false, true, false]);
    expect(rows.map((row) => row.some(Number.isNaN))).toEqual([false, true, false]);
    const { weights, code } = kernel.backward(base, operands, upstream);
    expect(weights.every((w) => w.some(Number.isNaN))).toBe(true);
    expect(code.subarray(0, base.widths[0]).some(Number.isNaN)).toBe(false);
  });

  it('gives nothing for nothing', () => {
    for (const empty of [
      { ...base, rows: 0 },
      { ...base, pixels: 0 },
    ]) {
      const [output, ...gradients] = pass(kernel, empty);
      expect(output.length).toBe(0);
      expect(gradients.every((values) => values.every((value) => value === 0))).toBe(true);
    }
  });
});

describe.skipIf(isas.length === 0)('numbers near the end of the range', () => {
  it('take no longer, on any instruction set, and JavaScript keeps its arithmetic', () => {
    for (const isa of isas) {
      const kernel = load({ isa });
      const problem: Problem = { ...base, rows: 8, pixels: 500, widths: [32, 64, 64] };
      const { operands, upstream } = drawOperands(problem, 'tiny');
      const cpuMs = (scale: number) => {
        const scaled = upstream.map((u) => scale * u);
        const times = [1, 2, 3].map(() => {
          const before = process.cpuUsage();
          kernel.backward(problem, operands, scaled);
          return process.cpuUsage(before).user / 1000;
        });
        return Math.min(...times);
      };
      // A hundred times as long, where the processor works such numbers out.
      expect([isa, cpuMs(1e-38) < 10 * Math.max(1, cpuMs(1))]).toEqual([isa, true]);
      const smallest = Number.MIN_VALUE;
      expect(smallest * isas.length).toBeGreaterThan(0);
    }
  });
});

const bytes = (values: Float32Array | Float64Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
