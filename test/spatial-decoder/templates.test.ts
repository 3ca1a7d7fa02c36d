/** Deformable templates on the reference and on every kernel: against PyTorch, their definition, slopes, and each other. */

import { readFileSync } from 'node:fs';
import { drawTemplates } from '@pyro-ts/spatial-decoder';
import type { HostKernel, TemplateProblem } from '@pyro-ts/spatial-decoder/internal';
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slow } from '../slow.js';
import { candidates } from './kernels.js';
import { worstError } from './plainDecoder.js';
import {
  base,
  comparePass,
  drawPass,
  drawTemplateOperands,
  listedTemplate,
  plainNormalEquations,
  plainTemplates,
  sizes,
} from './templateProblems.js';

/** Float32 positions: an error of 1e-7 of a coordinate is one of 1e-6 of a pixel. */
const close = 2e-5;

interface Both {
  readonly value: number[];
  readonly gradient: number[];
}

interface TorchCase extends TemplateProblem {
  readonly operands: Readonly<Record<'pictures' | 'field' | 'theta', Both>>;
  readonly picture: number[];
  readonly chosen: number[];
  readonly upstream: number[];
  readonly output: number[];
}

// Made by test/fixtures/make/templates.py.
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/templates.json', import.meta.url), 'utf8')) as {
  cases: TorchCase[];
};

/** Computed once for all candidates: one pass of the reference. */
const references = new Map<string, Float32Array[]>();
function byReference(problem: TemplateProblem): Float32Array[] {
  const key = JSON.stringify(problem);
  const drawn = drawTemplateOperands(problem);
  const known = references.get(key) ?? drawPass(problem, undefined, drawn);
  references.set(key, known);
  return known;
}

const expectClose = (actual: Float32Array[], expected: ArrayLike<number>[], names: string[]) => {
  const errors = names.map((name, i) => [name, worstError([actual[i]], [Float64Array.from(expected[i])])] as const);
  expect(Object.fromEntries(errors.map(([name, error]) => [name, error < close || error]))).toEqual(
    Object.fromEntries(names.map((name) => [name, true])),
  );
};

describe.each(candidates)('$name', ({ load }) => {
  let kernel: HostKernel | undefined;
  beforeAll(async () => {
    kernel = await load?.({ threads: 2 });
  });
  afterAll(() => kernel?.dispose());

  it.each(cases.map((figures, i) => [i, figures] as const))('PyTorch, templates %i', (_, figures) => {
    const { pictures, field, theta } = figures.operands;
    const drawn = drawTemplateOperands(figures);
    const operands = {
      ...{ pictures: Float32Array.from(pictures.value), field: Float32Array.from(field.value) },
      ...{ theta: Float32Array.from(theta.value), picture: Int32Array.from(figures.picture) },
      pixels: Int32Array.from(figures.chosen),
    };
    const actual = drawPass(figures, kernel, { ...drawn, operands, upstream: Float32Array.from(figures.upstream) });
    const expected = [figures.output, pictures.gradient, field.gradient, theta.gradient];
    expectClose(actual, expected, ['pixels', 'pictures', 'field', 'theta']);
  });

  it.each(sizes)('%s: by the definition', (_, changes) => {
    const problem = { ...base, ...changes };
    const drawn = drawTemplateOperands(problem);
    const { mu } = plainTemplates(problem, drawn.operands, listedTemplate(drawn.operands));
    const actual = drawPass(problem, kernel, drawn);
    expectClose(actual, [mu], ['pixels']);
    const names = ['squared errors', 'squared errors of the normal equations', 'J r', 'J J^T'];
    expectClose(comparePass(problem, kernel, drawn), plainNormalEquations(problem, drawn), names);
    if (kernel) expectClose(actual, byReference(problem), ['pixels', 'pictures', 'field', 'theta']);
  });

  it('gradients are the slopes of the definition', () => {
    const problem = { ...base, channels: 2 };
    const drawn = drawTemplateOperands(problem, 7);
    const [, ...gradients] = drawPass(problem, kernel, drawn);
    const all = listedTemplate(drawn.operands).map((values) => Array.from(values));
    const loss = ([a, b, c]: number[][]) =>
      plainTemplates(problem, drawn.operands, [a, b, c]).mu.reduce((sum, y, i) => sum + y * drawn.upstream[i], 0);
    all.forEach((values, i) => {
      const direction = values.map((_, j) => Math.sin(12.9898 * (j + 1) + 78.233 * i));
      const moved = (step: number) => all.map((a, k) => (k === i ? a.map((x, j) => x + step * direction[j]) : a));
      const slope = (loss(moved(1e-7)) - loss(moved(-1e-7))) / 2e-7;
      const actual = direction.reduce((sum, d, j) => sum + d * gradients[i][j], 0);
      expect(Math.abs(actual - slope) / Math.max(1, Math.abs(slope))).toBeLessThan(1e-4);
    });
  });

  it('turns an object counter-clockwise by its angle and shows it where its shift says', () => {
    // One bright pixel right of the middle; a quarter turn brings it above the middle.
    const picture = new Float32Array(49);
    picture[3 * 7 + 5] = 1;
    const peak = (angle: number, tx: number, ty: number) =>
      tf.tidy(() => {
        const pictures = tf.tensor3d(picture, [1, 7, 7]);
        const theta = tf.tensor2d([[angle, tx, ty]]);
        const drawn = drawTemplates({ pictures, theta, picture: [0] }, kernel && { kernel: onHost(kernel) });
        const at = tf.argMax(drawn, 1).dataSync()[0];
        return [Math.floor(at / 7), at % 7];
      });
    expect(peak(0, 0, 0)).toEqual([3, 5]);
    expect(peak(Math.PI / 2, 0, 0)).toEqual([1, 3]);
    expect(peak(Math.PI / 2, -2 / 7, 4 / 7)).toEqual([3, 2]);
  });

  it('Gauss-Newton recovers pose and content', () => {
    const problem = { ...base, rows: 1, pictures: 1, height: 24, width: 24, contents: 2, pixels: 24 * 24 };
    const drawn = drawTemplateOperands(problem, 3);
    const smooth = Float32Array.from({ length: 576 }, (_, i) => {
      const [x, y] = [((i % 24) - 11.5) / 12, (Math.floor(i / 24) - 11.5) / 12];
      return Math.exp(-6 * (x - 0.2) ** 2 - 12 * (y + 0.1) ** 2) - Math.exp(-12 * (x + 0.3) ** 2 - 8 * (y - 0.2) ** 2);
    });
    const truth = [0.4, 0.1, -0.15, 0.6, -0.5];
    const pixels = Int32Array.from({ length: 576 }, (_, i) => i);
    const picture = Int32Array.of(0);
    const operands = { ...drawn.operands, pictures: smooth, picture, pixels };
    const { mu } = plainTemplates(problem, operands, [smooth, operands.field, truth]);
    const targets = { images: Float32Array.from(mu), image: Int32Array.of(0) };
    let theta = [0.25, 0.05, -0.1, 0, 0];
    for (let step = 0; step < 8; step++) {
      const [, , gradient, hessian] = comparePass(problem, kernel, {
        ...{ targets, upstream: drawn.upstream },
        operands: { ...operands, theta: Float32Array.from(theta) },
      });
      const change = solved(Array.from(hessian), Array.from(gradient));
      theta = theta.map((value, k) => value - change[k]);
    }
    expect(Math.max(...theta.map((value, k) => Math.abs(value - truth[k])))).toBeLessThan(1e-3);
  });

  it('the same twice, to the last bit', () => {
    const drawn = drawTemplateOperands(base);
    expect(drawPass(base, kernel, drawn)).toEqual(drawPass(base, kernel, drawn));
    expect(comparePass(base, kernel, drawn)).toEqual(comparePass(base, kernel, drawn));
  });

  it('leaks no tensor', () => {
    const drawn = drawTemplateOperands(base);
    const before = tf.memory().numTensors;
    drawPass(base, kernel, drawn);
    comparePass(base, kernel, drawn);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([{ rows: 0 }, { pixels: 0 }])('no rows, no pixels: %o', (changes) => {
    const problem = { ...base, ...changes };
    const drawn = drawTemplateOperands(problem);
    const [output, ...gradients] = drawPass(problem, kernel, drawn);
    expect(output.length).toBe(0);
    expect(gradients.every((values) => values.every((x) => x === 0))).toBe(true);
    const size = 3 + base.contents;
    const found = comparePass(problem, kernel, drawn);
    expect(found.map((values) => values.length)).toEqual([1, 1, size, size * size].map((n) => n * problem.rows));
    expect(found.every((values) => values.every((x) => x === 0))).toBe(true);
  });
});

slow('the reference takes many rows in several runs', () => {
  const problem = { ...base, rows: 160, pixels: 2000, contents: 1 };
  const drawn = drawTemplateOperands(problem);
  const { operands, targets } = drawn;
  const half = (from: number) => {
    const own = { theta: operands.theta.subarray(4 * from), picture: operands.picture.subarray(from) };
    const image = targets.image.subarray(from);
    const rows = { ...drawn, operands: { ...operands, ...own }, targets: { ...targets, image } };
    return comparePass({ ...problem, rows: problem.rows - from }, undefined, rows);
  };
  const [all, second] = [half(0), half(80)];
  expectClose(
    all.map((values) => values.subarray(values.length / 2)),
    second,
    ['squared errors', 'the same', 'J r', 'J J^T'],
  );
});

/** x of a x = b by Gaussian elimination. */
function solved(a: number[], b: number[]): number[] {
  const n = b.length;
  const rows = b.map((value, i) => [...a.slice(i * n, (i + 1) * n), value]);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j][i] / rows[i][i];
      rows[j] = rows[j].map((value, k) => value - factor * rows[i][k]);
    }
  return rows.map((row, i) => row[n] / row[i]);
}
