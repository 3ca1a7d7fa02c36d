/**
 * Direct calls of a kernel's templates: the same bits on any number of threads and in batches, NaN, errors for wrong
 * calls, and the self-check.
 */
import { SpatialDecoderError } from '@pyro-ts/spatial-decoder';
import type {
  HostKernel,
  TemplateKernel,
  TemplateOperands,
  TemplateProblem,
  TemplateTargets,
} from '@pyro-ts/spatial-decoder/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../packages/spatial-decoder/dist/native.js';
import { templateSelfCheck } from '../../packages/spatial-decoder/dist/template/selfCheck.js';
import { loadWasm } from '../../packages/spatial-decoder/dist/wasm/wasmKernel.js';
import { kernels } from './kernels.js';
import { worstError } from './plainDecoder.js';
import { base, type DrawnTemplates, drawTemplateOperands } from './templateProblems.js';

const drawn = drawTemplateOperands(base);
const { operands, targets, upstream } = drawn;

/** Everything that a kernel computes of a problem. */
function everything(templates: TemplateKernel, problem: TemplateProblem, given: DrawnTemplates): Float32Array[] {
  const { pictures, field, theta } = templates.drawBackward(problem, given.operands, given.upstream);
  const { squaredError, gradient, hessian } = templates.normalEquations(problem, given.operands, given.targets);
  const errors = templates.squaredErrors(problem, given.operands, given.targets);
  return [templates.draw(problem, given.operands), pictures, field, theta, errors, squaredError, gradient, hessian];
}

describe.each(kernels)('$name', ({ name, load }) => {
  let kernel: HostKernel;
  let templates: TemplateKernel;
  beforeAll(async () => {
    kernel = await load();
    templates = kernel.templates!;
  });
  afterAll(() => kernel.dispose());

  it('gives the same bits on 1, 2 and 5 threads', async () => {
    const problem: TemplateProblem = { ...base, rows: 400, pixels: 150 };
    const given = drawTemplateOperands(problem, 5);
    const pass = async (threads: number) => {
      const other = await load({ threads });
      const found = everything(other.templates!, problem, given);
      other.dispose();
      return found;
    };
    const first = await pass(1);
    expect(await pass(2)).toEqual(first);
    expect(await pass(5)).toEqual(first);
  });

  it('a NaN stays in its row and reaches the sums', () => {
    for (const at of [0, 1, 2, 4]) {
      const theta = Float32Array.from(operands.theta);
      theta[2 * 7 + at] = Number.NaN;
      const changed = { ...drawn, operands: { ...operands, theta } };
      const found = everything(templates, base, changed);
      const [pixels, pictures, , , ...sums] = found;
      for (const values of [pixels, ...sums]) {
        const size = values.length / base.rows;
        const rows = Array.from({ length: base.rows }, (_, r) => values.subarray(r * size, (r + 1) * size));
        expect(rows.map((row) => row.some(Number.isNaN))).toEqual([false, false, true, false, false]);
      }
      expect(pictures.some(Number.isNaN)).toBe(true);
    }
  });

  it('objects far away show the border', () => {
    const theta = operands.theta.map((value, i) => (i % 7 === 1 ? 1e30 : i % 7 === 2 ? -1e30 : value));
    for (const values of everything(templates, base, { ...drawn, operands: { ...operands, theta } }))
      expect(values.every(Number.isFinite)).toBe(true);
  });

  it.each<[string, Partial<TemplateProblem>]>([
    ['rows must be an integer from 0 to 1073741824; got 1.5', { rows: 1.5 }],
    ['pixels must be an integer from 0 to 1073741824; got NaN', { pixels: Number.NaN }],
    ['pictures must be an integer from 1 to 65536; got 0', { pictures: 0 }],
    ['width must be an integer from 1 to 65536; got "14"', { width: '14' as never }],
    ['contents must be an integer from 0 to 1024; got -1', { contents: -1 }],
    ['grid must be an integer from 2 to 1024; got 1', { grid: 1 }],
    ['a picture must have fewer than 2^24 pixels; got 5000 x 5000', { height: 5000, width: 5000 }],
    ['the pictures must have 308 numbers; got 462', { pictures: 2 }],
    ['theta must have 42 numbers; got 35', { rows: 6 }],
  ])('sizes: %s', (message, changes) => rejects({ ...base, ...changes }, operands, message));

  it.each<[string, Partial<TemplateOperands>]>([
    ['the pictures must be a Float32Array; got a list', { pictures: new Float64Array(462) as never }],
    ['the field must have 128 numbers; got 127', { field: operands.field.subarray(1) }],
    ['theta must be a Float32Array; got undefined', { theta: undefined as never }],
    ['the pictures of rows must be an Int32Array; got a list', { picture: [0, 1, 2, 0, 1] as never }],
    ['the pictures of rows must have 5 numbers; got 4', { picture: Int32Array.of(0, 1, 2, 0) }],
    ['the pictures of rows must hold integers from 0 to 2; got 3', { picture: Int32Array.of(0, 1, 2, 3, 0) }],
    ['the pixels must hold integers from 0 to 153; got -1', { pixels: operands.pixels.map((p, i) => (i ? p : -1)) }],
  ])('arrays: %s', (message, changes) => rejects(base, { ...operands, ...changes }, message));

  it.each<[string, TemplateTargets]>([
    ['the images must have 616 numbers; got 615', { ...targets, images: targets.images.subarray(1) }],
    ['the images must have 154 numbers; got 0', { ...targets, images: new Float32Array(0) }],
    ['the images of rows must hold integers from 0 to 3; got 4', { ...targets, image: Int32Array.of(0, 1, 2, 3, 4) }],
    ['the images must be a Float32Array; got undefined', { image: targets.image } as never],
  ])('images: %s', (message, wrong) => {
    for (const run of [
      () => templates.squaredErrors(base, operands, wrong),
      () => templates.normalEquations(base, operands, wrong),
    ])
      expectError(run, message);
  });

  it('an output and an upstream gradient of another length', () => {
    expectError(() => templates.draw(base, operands, new Float32Array(1)), 'the output must have 185 numbers; got 1');
    const short = upstream.subarray(1);
    expectError(() => templates.drawBackward(base, operands, short), 'the upstream gradient must have 185 numbers');
  });

  function rejects(problem: TemplateProblem, given: TemplateOperands, message: string): void {
    for (const run of [
      () => templates.draw(problem, given),
      () => templates.drawBackward(problem, given, upstream),
      () => templates.squaredErrors(problem, given, targets),
      () => templates.normalEquations(problem, given, targets),
    ])
      expectError(run, message);
  }

  function expectError(run: () => unknown, message: string): void {
    expect(run).toThrow(SpatialDecoderError);
    expect(run).toThrow(`${name.split(' ')[0]} kernel: ${message}`);
  }

  it('says so once it was disposed', async () => {
    const gone = await load();
    gone.dispose();
    expect(() => gone.templates!.draw(base, operands)).toThrow('This kernel was disposed of');
    expect(() => gone.templates!.squaredErrors(base, operands, targets)).toThrow('This kernel was disposed of');
  });

  it('passes its self-check, which finds what is wrong', () => {
    expect(templateSelfCheck(templates)).toBeUndefined();
    const own: TemplateKernel = {
      draw: (...args) => templates.draw(...args),
      drawBackward: (...args) => templates.drawBackward(...args),
      squaredErrors: (...args) => templates.squaredErrors(...args),
      normalEquations: (...args) => templates.normalEquations(...args),
    };
    const broken = (change: (found: Float32Array[]) => void, of: keyof TemplateKernel): TemplateKernel => ({
      ...own,
      [of]: (...args: never[]) => {
        const found = (own[of] as (...given: never[]) => Float32Array | Record<string, Float32Array>)(...args);
        change(found instanceof Float32Array ? [found] : Object.values(found));
        return found;
      },
    });
    const last = ([...arrays]: Float32Array[]) => {
      arrays[arrays.length - 1][2] += 0.01;
    };
    expect(templateSelfCheck(broken(last, 'draw'))).toMatch(/its templates failed the self-check \(a pixel is off/);
    expect(templateSelfCheck(broken(last, 'squaredErrors'))).toMatch(/a squared error is off by 0\.0/);
    expect(templateSelfCheck(broken(last, 'normalEquations'))).toMatch(/a Hessian is off by 0\.0/);
    expect(templateSelfCheck(broken(last, 'drawBackward'))).toMatch(/a slope is .* instead of/);
  });
});

it('wasm: rows in several batches', async () => {
  const problem: TemplateProblem = { ...base, rows: 23 };
  const given = drawTemplateOperands(problem, 9);
  const pass = async (batchBytes?: number) => {
    const loaded = await loadWasm({ threads: 1, budget: 0, ...(batchBytes && { batchBytes }) });
    if ('reason' in loaded) throw new Error(loaded.reason);
    const found = everything(loaded.kernel.templates!, problem, given);
    loaded.kernel.dispose();
    return found;
  };
  const [whole, parts] = [await pass(), await pass(2000)];
  // The order of sums over rows is another one.
  for (const i of [1, 2]) expect(worstError([parts[i]], [Float64Array.from(whole[i])])).toBeLessThan(1e-6);
  expect(parts.filter((_, i) => i !== 1 && i !== 2)).toEqual(whole.filter((_, i) => i !== 1 && i !== 2));
});

const addon = loadAddon();

describe.skipIf(typeof addon === 'string')('the native library checks what it gets', () => {
  if (typeof addon === 'string') return;
  const handle = addon.create('scalar', 1, 0);
  const sizes = Float64Array.of(5, 3, 1, 11, 14, 4, 4, 37);
  const { pictures, field, theta, picture, pixels } = operands;
  const arrays = [pictures, field, theta, picture, pixels] as const;
  const output = new Float32Array(185);
  afterAll(() => addon.dispose(handle));

  it('accepts what fits', () => {
    addon.templateDraw(handle, sizes, ...arrays, output);
    expect(output.some((value) => value !== 0)).toBe(true);
  });

  it.each<[string, () => void]>([
    ['must have 8 sizes', () => addon.templateDraw(handle, sizes.subarray(1), ...arrays, output)],
    [
      'rows must be a whole number from 1',
      () =>
        addon.templateDraw(
          handle,
          sizes.map((s, i) => (i ? s : 0)),
          ...arrays,
          output,
        ),
    ],
    [
      'the grid must be a whole number from 2',
      () =>
        addon.templateDraw(
          handle,
          sizes.map((s, i) => (i === 6 ? 1 : s)),
          ...arrays,
          output,
        ),
    ],
    [
      'fewer than 2^24 pixels',
      () => addon.templateDraw(handle, Float64Array.of(5, 3, 1, 5e3, 5e3, 4, 4, 37), ...arrays, output),
    ],
    [
      'the field has 127 numbers',
      () => addon.templateDraw(handle, sizes, pictures, field.subarray(1), theta, picture, pixels, output),
    ],
    [
      'the pictures of rows must hold integers from 0 to 2',
      () => addon.templateDraw(handle, sizes, pictures, field, theta, Int32Array.of(0, 1, 2, 3, 0), pixels, output),
    ],
    [
      'the pixels must be an Int32Array of 37',
      () => addon.templateDraw(handle, sizes, pictures, field, theta, picture, pixels.subarray(1), output),
    ],
    ['the output has 184 numbers', () => addon.templateDraw(handle, sizes, ...arrays, output.subarray(1))],
    [
      'the number of images must be a whole number from 1',
      () =>
        addon.templateSquaredErrors(handle, sizes, ...arrays, 0, targets.images, targets.image, new Float32Array(5)),
    ],
    [
      'the images of rows must hold integers from 0 to 2',
      () =>
        addon.templateSquaredErrors(
          handle,
          sizes,
          ...arrays,
          3,
          targets.images.subarray(154),
          Int32Array.of(0, 1, 2, 3, 0),
          new Float32Array(5),
        ),
    ],
    [
      "theta's gradient has 34 numbers",
      () =>
        addon.templateDrawBackward(handle, sizes, ...arrays, upstream, pictures.slice(), field.slice(), theta.slice(1)),
    ],
  ])('%s', (message, run) => {
    expect(run).toThrow(`native kernel: `);
    expect(run).toThrow(message);
  });
});
