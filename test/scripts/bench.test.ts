/** The benchmark: what its arguments ask for, what the JSON holds, and what becomes of it where a section cannot run. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, slow } from '../slow.js';
import { type Ended, evaluate, runScript } from './child.js';

const script = 'scripts/bench.mjs';
const scratch = mkdtempSync(join(tmpdir(), 'pyro-bench-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('arguments', () => {
  const chosen = (names: string[], reference: boolean) =>
    evaluate(script, `script.chosen(${JSON.stringify(names)}, ${reference}).map(({ name }) => name)`);
  const rejection = (expression: string) =>
    evaluate(script, `(() => { try { return ${expression}; } catch (error) { return error.message; } })()`);

  it('name a file, a picture, and the sections', () => {
    const given = ['--json', 'out.json', '--plot', 'out.svg', '--reference', '--quick', 'step', 'core'];
    expect(evaluate(script, `script.parsed(${JSON.stringify(given)})`)).toEqual({
      values: { json: 'out.json', plot: 'out.svg', reference: true, quick: true, help: false },
      positionals: ['step', 'core'],
    });
  });

  it('ask for all sections but the original where they name none, in an order that puts the peak before what is set against it', () => {
    const all = ['peak', 'decoder', 'encoder', 'template', 'step', 'defaultStep', 'growth', 'core'];
    expect(chosen([], false)).toEqual(all);
    expect(chosen([], true)).toEqual([...all, 'reference']);
    expect(chosen(['core', 'decoder'], false)).toEqual(['peak', 'decoder', 'core']);
    expect(chosen(['reference'], false)).toEqual(['reference']);
  });

  it('that are unknown are rejected, with a list of what there is', () => {
    expect(rejection("script.chosen(['decodr'], false)")).toMatch(
      /^There is no section "decodr"\.[\s\S]*peak, decoder, encoder, template, step/,
    );
    expect(rejection("script.parsed(['--jsn', 'x'])")).toMatch(/--jsn[\s\S]*--json FILE/);
  });
});

/** Runs sections with tiny sizes; `python` stands in for the Python that has the original. */
function quickly(sections: string[], json: string, python: string, env: Record<string, string> = {}): Ended {
  const options = JSON.stringify({ json, quick: true, reference: true, plot: join(scratch, 'growth.svg') });
  const code = `process.exitCode = await script.runSections(script.chosen(${JSON.stringify(sections)}, true), ${options});`;
  return runScript(script, code, { PYRO_BENCH_PYTHON: python, ...env });
}

const readJson = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;

interface Figures {
  readonly peak: Readonly<Record<string, number | string>>;
  readonly decoder: readonly Readonly<Record<string, number | string>>[];
  readonly encoder: readonly Readonly<Record<string, number | string>>[];
  readonly template: readonly Readonly<Record<string, number | string>>[];
  readonly step: readonly Readonly<Record<string, number | string>>[];
  readonly defaultStep: readonly Readonly<Record<string, number | string>>[];
  readonly growth: readonly Readonly<Record<string, number | string>>[];
  readonly core: readonly Readonly<Record<string, number | string | object>>[];
  readonly reference: Readonly<Record<string, number>> & {
    readonly seconds: Readonly<Record<string, number>>;
    readonly versions: object;
  };
}

// A stand-in for Python is a script that names its interpreter in its first line.
describe.skipIf(!all || process.platform === 'win32')('the JSON of a run with tiny sizes', () => {
  const json = join(scratch, 'all.json');
  let ended: Ended;
  let figures: Figures;

  /** Says how long a step of theirs took, if it was given the images: 2 of 8 x 8, from 0 to 1. */
  const stand = `#!${process.execPath}
    const fs = require('node:fs');
    const [script, ...args] = process.argv.slice(2);
    const option = (name) => args[args.indexOf('--' + name) + 1];
    const versions = { torch: '1', pyro: '2' };
    if (/\\bpyro_core\\.py$/.test(script)) {
      console.log(JSON.stringify({ rates: { 'gaussian mixture': 10, 'hidden Markov, 20 steps': 20 }, versions }));
    } else if (script.endsWith('numpyro_core.py')) {
      const rates = { 'gaussian mixture': { jitted: 5, loop: 50, compileSeconds: 2 } };
      console.log(JSON.stringify({ rates, versions: { numpyro: '4' } }));
    } else {
      const bytes = fs.readFileSync(option('data'));
      const images = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      if (images.length !== option('batch') * option('size') ** 2) throw new Error('other images');
      if (!images.every((x) => x >= 0 && x < 1) || new Set(images).size < 100) throw new Error('no images');
      const seconds = process.env.MALLOC_TRIM_THRESHOLD_ ? 300 : 700;
      console.log(JSON.stringify({ seconds, versions: { ...versions, pyroved: '3' } }));
    }`;

  beforeAll(() => {
    const python = join(scratch, 'python');
    writeFileSync(python, stand, { mode: 0o755 });
    ended = quickly([], json, python);
    figures = readJson<Figures>(json);
  });

  const hasNative = () => figures.peak.by === 'native';
  const kernels = () => (hasNative() ? ['native', 'wasm'] : ['wasm']);
  const expectPositive = (rows: readonly Readonly<Record<string, unknown>>[], names: readonly string[]) => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      for (const name of names) expect(row[name], `${name} of ${JSON.stringify(row)}`).toBeGreaterThan(0);
    }
  };

  it('has every section, and no section failed', () => {
    expect(ended.status).toBe(0);
    expect(ended.stderr).not.toMatch(/Error|^\s+at /m);
    expect(Object.keys(figures)).toEqual([
      'peak',
      'decoder',
      'encoder',
      'template',
      'step',
      'defaultStep',
      'growth',
      'core',
      'reference',
    ]);
  });

  it('peak: fp32 and simd128', () => {
    expectPositive([figures.peak], hasNative() ? ['fp32', 'simd128'] : ['simd128']);
  });

  it('decoder: by kernel and threads, with the fraction of the peak', () => {
    expect([...new Set(figures.decoder.map(({ kernel }) => kernel))]).toEqual(kernels());
    const known = figures.decoder.filter(({ precision }) => precision === 'float32');
    expectPositive(known, ['threads', 'gflops', 'ofPeak', 'speedup']);
    for (const { kernel, threads, gflops, ofPeak } of known) {
      const peak = Number(figures.peak[kernel === 'native' ? 'fp32' : 'simd128']) * Number(threads);
      expect(Number(ofPeak)).toBeCloseTo(Number(gflops) / peak, 6);
    }
  });

  it('encoder: by kernel, size and threads, with the fraction of the peak', () => {
    expect([...new Set(figures.encoder.map(({ kernel }) => kernel))]).toEqual(kernels());
    expectPositive(figures.encoder, ['side', 'threads', 'seconds', 'gflops', 'ofPeak']);
  });

  it('template: by kernel, job and threads, with the fraction of the peak of the fused kernels', () => {
    expect([...new Set(figures.template.map(({ kernel }) => kernel))].sort()).toEqual(
      ['reference', ...kernels()].sort(),
    );
    expectPositive(figures.template, ['threads', 'seconds', 'nsPerPixel', 'gflops']);
    const fused = figures.template.filter(({ kernel }) => kernel !== 'reference');
    expectPositive(fused, ['ofPeak']);
  });

  it('step: by kernel, in seconds, the part outside the decoder and the memory', () => {
    expect([...new Set(figures.step.map(({ kernel }) => kernel))]).toEqual(kernels());
    expect(new Set(figures.step.map(({ compiled }) => compiled))).toEqual(new Set([false, true]));
    expectPositive(figures.step, ['seconds', 'otherMs', 'extraMB']);
    // Loading TensorFlow.js alone takes tens of megabytes, and counts.
    for (const { seconds, otherMs, extraMB } of figures.step) {
      // Processor time, of which threads make more than passes.
      expect(Number(otherMs)).toBeLessThanOrEqual(1000 * Number(seconds) * availableParallelism());
      expect(extraMB).toBeGreaterThan(30);
    }
  });

  it('default step: recognition and joint steps, by kernel', () => {
    const kinds = new Set(figures.defaultStep.map(({ step }) => step));
    expect(kinds).toEqual(new Set(['recognition', 'joint']));
    expect([...new Set(figures.defaultStep.map(({ kernel }) => kernel))]).toEqual(kernels());
    expectPositive(figures.defaultStep, ['ms', 'otherMs', 'overArithmetic']);
  });

  it('growth: along axes, with a picture', () => {
    expectPositive(figures.growth, ['value', 'seconds']);
    for (const { bytes } of figures.growth) expect(bytes).toBeGreaterThanOrEqual(0);
    expect(new Set(figures.growth.map(({ axis }) => axis))).toEqual(new Set(['images', 'threads']));
    expect(readFileSync(join(scratch, 'growth.svg'), 'utf8')).toContain('<svg');
  });

  it('core: steps per second, as they are and compiled, beside Pyro’s, NumPyro’s and a step by hand', () => {
    const { core } = figures;
    expectPositive(core, ['compiled']);
    expectPositive(core.slice(0, -1), ['stepsPerSecond', 'compileSeconds']);
    expect(core).toMatchObject([
      { model: 'gaussian mixture', pyro: 10, loop: 50, jitted: 5, versions: { torch: '1', pyro: '2', numpyro: '4' } },
      { model: 'hidden Markov, 20 steps', pyro: 20 },
      { model: 'gaussian mixture by hand' },
    ]);
    for (const { compiled, pyro, overPyro } of core.slice(0, 2)) {
      expect(overPyro).toBeCloseTo(Number(compiled) / Number(pyro), 0);
    }
    expect(core[0].overLoop).toBeCloseTo(Number(core[0].compiled) / 50, 0);
  });

  it('reference: their time over ours, with malloc as it comes and tuned, and the versions', () => {
    const { reference } = figures;
    for (const kernel of kernels()) {
      expect(reference[kernel]).toBe(700 / reference.seconds[kernel]);
      expect(reference[`${kernel}Tuned`]).toBe(300 / reference.seconds[kernel]);
    }
    expect(reference.versions).toEqual({ torch: '1', pyroved: '3', pyro: '2' });
    expect(ended.stdout).toContain('torch 1 pyro 2 pyroved 3');
  });
});

describe('where something cannot run', () => {
  slow('the other figures are written, and words say what is missing and why', () => {
    const json = join(scratch, 'some.json');
    const { status, stdout, stderr } = quickly(['peak', 'core', 'reference'], json, '/nonexistent');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Pyro's part of the core could not run: .*\/nonexistent does not start \(ENOENT\)/m);
    expect(stdout).toMatch(
      /The section reference could not run: .*\/nonexistent does not start.* Set PYRO_BENCH_PYTHON/,
    );
    expect(stdout.trim().split('\n').at(-1)).toBe('Without figures: reference.');
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
    expect(readJson<Figures>(json)).toMatchObject({ peak: {}, core: [{}, {}, {}] });
    expect(Object.keys(readJson<Figures>(json))).toEqual(['peak', 'core']);
  });

  slow('a kernel that is not available is named once per section, and the other is measured', () => {
    const json = join(scratch, 'wasm.json');
    const { status, stderr } = quickly(['encoder', 'growth'], json, '', { PYRO_NATIVE: 'off' });
    expect(status).toBe(0);
    const lines = stderr.trim().split('\n');
    expect(lines.length).toBe(2);
    for (const line of lines) expect(line).toMatch(/^The kernel "native" does not run here/);
    const { encoder, growth } = readJson<Figures>(json);
    expect(new Set([...encoder, ...growth].map(({ kernel }) => kernel))).toEqual(new Set(['wasm']));
  });

  it('a section that fails first leaves no file, and the next one is written', () => {
    const json = join(scratch, 'broken.json');
    const code = `const [peak] = script.sections;
      const broken = { ...peak, name: 'peak', run: 'nothing' };
      const first = await script.runSections([broken], { json: ${JSON.stringify(json)}, quick: true });
      console.log(first, (await import('node:fs')).existsSync(${JSON.stringify(json)}));
      await script.runSections([broken, peak], { json: ${JSON.stringify(json)}, quick: true });`;
    const { stdout } = runScript(script, code);
    expect(stdout).toMatch(/^1 false$/m);
    expect(existsSync(json)).toBe(true);
  });

  slow('the peak of 128-bit vectors comes from WebAssembly where the native kernel is not built', () => {
    const both =
      "[await script.benchPeak({ repeats: 5, rounds: 3e6 }), await script.benchPeak({ repeats: 5, rounds: 3e6, addon: 'none' })]";
    const [best, alone] = evaluate('bench/peak.mjs', both) as Figures['peak'][];
    expect(alone).toEqual({ simd128: expect.any(Number), by: expect.stringMatching(/^wasm/) });
    // Without fused multiply-add it is half; a busy machine moves either.
    expect(Number(alone.simd128) / Number(best.simd128)).toBeGreaterThan(0.2);
    expect(Number(alone.simd128) / Number(best.simd128)).toBeLessThan(2.5);
  });
});

it('the median of an even number of times is between the middle two', () => {
  expect(evaluate('bench/median.mjs', '[script.median([5, 1, 3]), script.median([4, 1, 2, 9])]')).toEqual([3, 3]);
});
