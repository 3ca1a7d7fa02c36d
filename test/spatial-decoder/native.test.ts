/** The native kernel against the definition, on every instruction set that this machine runs, and its promises about threads and memory. */
import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { activations, type Kernel, type Problem } from '@pyro-ts/spatial-decoder';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadAddon, loadNative, type NativeOptions } from '../../packages/spatial-decoder/dist/native.js';
import { type Decoded, drawOperands, listed, plainDecoder, toBfloat16, worstError } from './plainDecoder.js';

const addon = loadAddon();
const isas = typeof addon === 'string' ? [] : addon.isas();
const base: Problem = {
  ...{ rows: 3, pixels: 50, dims: 2, channels: 1, widths: [20, 33, 17] },
  ...{ firstActivation: 'tanh', activation: 'tanh' },
};
const open: Kernel[] = [];
afterAll(() => {
  for (const kernel of open) kernel.dispose();
});

function load(options: Partial<NativeOptions> = {}): Kernel {
  const loaded = loadNative({ threads: 1, budget: 2 ** 28, ...options });
  if ('reason' in loaded) throw new Error(loaded.reason);
  open.push(loaded.kernel);
  return loaded.kernel;
}

/** One forward and backward pass on drawn operands; everything in one list, the output first. */
function pass(kernel: Kernel, problem: Problem, keep = true, seed = 'native') {
  const { operands, upstream } = drawOperands(problem, seed);
  const { output, saved } = kernel.forward(problem, operands, keep);
  const gradients = kernel.backward(problem, operands, upstream, saved);
  saved?.release();
  return [output, ...listed(gradients)];
}

function expected(problem: Problem, seed = 'native', operand = (value: number) => value): Float64Array[] {
  const { operands, upstream } = drawOperands(problem, seed);
  const decoded: Decoded = plainDecoder(problem, operands, upstream, operand);
  return [decoded.output, ...(listed(decoded) as Float64Array[])];
}

describe('where it must be', () => {
  it('is there where a compiler is, unless it was built without on purpose', async () => {
    const compilers = new URL('../../scripts/lib/compilers.mjs', import.meta.url).href;
    const { findCompiler } = (await import(compilers)) as { findCompiler(): Promise<object | undefined> };
    const compiler = process.env.PYRO_NATIVE === 'off' ? undefined : await findCompiler();
    expect(addon).toBeTypeOf(compiler ? 'object' : typeof addon);
    if (compiler) expect(isas.length).toBeGreaterThan(0);
  });
});

describe.each(isas)('%s', (isa) => {
  const kernel = load({ isa });
  /** With bfloat16 the definition rounds the same operands; a float32 sum at the border of two still falls to either now and then. */
  const rounding = isa === 'amx' ? toBfloat16 : undefined;
  /** Float32 sums of up to a few thousand terms of order 1. */
  const close = isa === 'amx' ? 4e-3 : 3e-6;
  const exact = isa === 'amx' ? 4e-3 : 1e-6;
  const error = (problem: Problem, keep = true, seed = 'native') =>
    worstError(pass(kernel, problem, keep, seed), expected(problem, seed, rounding));

  it.each(activations)('%s everywhere: values and gradients', (activation) => {
    const problem: Problem = { ...base, firstActivation: activation, activation };
    expect(error(problem)).toBeLessThan(close);
  });

  it.each<[string, Partial<Problem>]>([
    ['one pixel of one image', { rows: 1, pixels: 1 }],
    ['one pixel of many images', { rows: 300, pixels: 1 }],
    ['rows that end within a tile', { rows: 5, pixels: 77 }],
    ['a row over many tiles', { rows: 1, pixels: 1500, widths: [5, 6] }],
    ['no hidden layer', { widths: [30] }],
    ['one unit a layer', { widths: [1, 1, 1, 1], activation: 'leakyRelu' }],
    ['widths of whole vectors', { widths: [64, 32, 96] }],
    ['a wide layer beside a narrow one', { widths: [3, 200, 2, 70] }],
    ['two channels', { channels: 2 }],
    ['four channels', { channels: 4 }],
    ['five channels', { channels: 5 }],
    ['forty channels', { channels: 40, activation: 'softplus' }],
    ['one dimension', { dims: 1 }],
    ['five dimensions', { dims: 5 }],
    ['different activations', { firstActivation: 'gelu', activation: 'relu' }],
  ])('%s', (_, sizes) => {
    const problem = { ...base, ...sizes };
    expect(error(problem)).toBeLessThan(close);
  });

  it('agrees on sizes that nobody chose', () => {
    const upTo = (most: number) => fc.integer({ min: 1, max: most });
    const problems = fc.record({
      ...{ rows: upTo(6), pixels: upTo(60), dims: upTo(3), channels: upTo(7) },
      widths: fc.array(upTo(50), { minLength: 1, maxLength: 4 }),
      ...{ firstActivation: fc.constantFrom(...activations), activation: fc.constantFrom(...activations) },
    });
    fc.assert(
      fc.property(problems, fc.boolean(), (problem, keep) => {
        expect(error(problem, keep, 'any')).toBeLessThan(close);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('does not depend on threads, nor on what is kept', () => {
    const problem: Problem = { ...base, rows: 7, pixels: 700, widths: [24, 40, 24] };
    const first = pass(load({ isa, threads: 1 }), problem);
    for (const options of [
      { threads: 2 },
      { threads: 3, budget: 0 },
      { threads: 9 },
      { threads: 2, budget: 500_000 },
    ]) {
      const again = pass(load({ isa, ...options }), problem);
      expect(again.map((values, i) => Buffer.compare(bytes(values), bytes(first[i])))).toEqual(first.map(() => 0));
    }
  });

  it.each(activations)('%s of large, infinite and undefined inputs', (activation) => {
    const problem: Problem = {
      rows: 7,
      pixels: 1,
      dims: 1,
      channels: 1,
      widths: [1],
      activation,
      firstActivation: activation,
    };
    const { operands } = drawOperands(problem, 'x');
    const inputs = [100, 3e38, -100, -3e38, Number.POSITIVE_INFINITY, Number.NaN, 0];
    const ones = {
      ...operands,
      ...{ grid: Float32Array.of(0), pose: operands.pose.map(() => 0), code: Float32Array.from(inputs) },
      ...{ weights: [Float32Array.of(1)], biases: [Float32Array.of(0)] },
    };
    const { output } = kernel.forward(problem, ones, false);
    const low = activation === 'tanh' ? -1 : 0;
    const high = (x: number) => (activation === 'tanh' ? 1 : x);
    const leak = activation === 'leakyRelu' ? 0.01 : 0;
    const wanted = [
      high(100),
      high(3e38),
      low - leak * 100,
      low - leak * 3e38,
      high(Number.POSITIVE_INFINITY),
      Number.NaN,
    ];
    [...wanted, activation === 'softplus' ? Math.LN2 : 0].forEach((value, i) => {
      if (Number.isFinite(value))
        expect(Math.abs(output[i] - value)).toBeLessThanOrEqual(exact * Math.max(1, Math.abs(value)));
      else expect(output[i]).toBe(value);
    });
    const { code } = kernel.backward(
      problem,
      ones,
      Float32Array.from(inputs, () => 1),
    );
    const slopes = { tanh: [0, 0], relu: [1, 0], leakyRelu: [1, 0.01], softplus: [1, 0], gelu: [1, 0] }[activation];
    for (const [i, slope] of [slopes[0], slopes[0], slopes[1], slopes[1]].entries())
      expect(Math.abs(code[i] - slope)).toBeLessThan(exact);
    expect(code[5]).toBeNaN();
  });

  it('keeps a NaN in its row and lets it into the sums', () => {
    const { operands, upstream } = drawOperands(base, 'nan');
    operands.code[base.widths[0] + 3] = Number.NaN;
    const { output } = kernel.forward(base, operands, false);
    const broken = Array.from({ length: base.rows }, (_, r) => output.subarray(r * base.pixels, (r + 1) * base.pixels));
    expect(broken.map((row) => row.every(Number.isNaN))).toEqual([false, true, false]);
    expect(broken.map((row) => row.some(Number.isNaN))).toEqual([false, true, false]);
    const { weights, code } = kernel.backward(base, operands, upstream);
    expect(weights.every((w) => w.some(Number.isNaN))).toBe(true);
    expect(code.subarray(0, base.widths[0]).some(Number.isNaN)).toBe(false);
  });

  it('takes no longer over gradients near the end of the number range, and leaves JavaScript its arithmetic', () => {
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
    expect(cpuMs(1e-38)).toBeLessThan(10 * Math.max(1, cpuMs(1)));
    const smallest = Number.MIN_VALUE;
    expect(smallest * (1 + open.length)).toBeGreaterThan(0);
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

const bytes = (values: Float32Array | Float64Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

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
  const kernel = load();
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
