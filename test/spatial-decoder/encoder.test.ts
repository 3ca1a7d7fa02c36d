/** The convolutional encoder on the reference and on every kernel: against PyTorch, its definition in float64, finite differences, and each other. */

import { readFileSync } from 'node:fs';
import { convEncoder } from '@pyro-ts/spatial-decoder';
import type { EncoderProblem, HostKernel } from '@pyro-ts/spatial-decoder/internal';
import { onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  base,
  drawEncoder,
  encoderPass,
  encoderWeights,
  listedEncoder,
  namesOfEncoder,
  plainEncoder,
  sizes,
} from './encoderProblems.js';
import { candidates } from './kernels.js';
import { worstError } from './plainDecoder.js';

interface Both {
  readonly value: number[];
  readonly gradient: number[];
}

interface TorchCase extends Omit<EncoderProblem, 'images'> {
  readonly count: number;
  readonly images: Both;
  readonly filters: Both[];
  readonly gains: Both[];
  readonly biases: Both[];
  readonly dense: Both;
  readonly denseBias: Both;
  readonly upstream: number[];
  readonly output: number[];
}

// Made by test/fixtures/make/convEncoder.py.
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/convEncoder.json', import.meta.url), 'utf8')) as {
  cases: TorchCase[];
};

/** Float32 sums; a normalisation over few numbers cancels some of their digits. */
const close = 2e-5;

/** Computed once for all candidates: one pass of the reference. */
const references = new Map<string, Float32Array[]>();
function byReference(problem: EncoderProblem): Float32Array[] {
  const key = JSON.stringify(problem);
  const known = references.get(key) ?? encoderPass(problem, undefined);
  references.set(key, known);
  return known;
}

describe.each(candidates)('$name', ({ load }) => {
  let kernel: HostKernel | undefined;
  beforeAll(async () => {
    kernel = await load?.({ threads: 2 });
  });
  afterAll(() => kernel?.dispose());

  const compare = (problem: EncoderProblem, actual: Float32Array[], expected: readonly ArrayLike<number>[]) => {
    const names = namesOfEncoder(problem.blocks.length).slice(0, expected.length);
    const errors = expected.map((values, i) => worstError([actual[i]], [Float64Array.from(values)]));
    expect(Object.fromEntries(names.map((n, i) => [n, errors[i] < close || errors[i]]))).toEqual(
      Object.fromEntries(names.map((n) => [n, true])),
    );
  };

  it.each(cases.map((figures, i) => [i, figures] as const))('PyTorch, network %i', (_, figures) => {
    const problem: EncoderProblem = { ...figures, images: figures.count };
    const operands = {
      images: Float32Array.from(figures.images.value),
      ...{ filters: values(figures.filters), gains: values(figures.gains), biases: values(figures.biases) },
      ...{ dense: Float32Array.from(figures.dense.value), denseBias: Float32Array.from(figures.denseBias.value) },
    };
    const actual = encoderPass(problem, kernel, { operands, upstream: Float32Array.from(figures.upstream) });
    const { images, filters, gains, biases, dense, denseBias } = figures;
    const all = [images, ...filters, ...gains, ...biases, dense, denseBias];
    compare(problem, actual, [figures.output, ...all.map(({ gradient }) => gradient)]);
  });

  it.each(sizes)('%s: as the reference', (_, changes) => {
    const problem = { ...base, ...changes };
    const drawn = drawEncoder(problem);
    const actual = encoderPass(problem, kernel);
    if (!kernel) return compare(problem, actual, [plainEncoder(problem, listedEncoder(drawn.operands))]);
    compare(problem, actual, byReference(problem));
    // What the operation kept, computed again: all bits are the same.
    if (!kernel.encoder) return;
    const { output, saved } = kernel.encoder.forward(problem, drawn.operands, true);
    for (const kept of [saved, undefined]) {
      const gradients = kernel.encoder.backward(problem, drawn.operands, drawn.upstream, true, kept);
      expect([output, ...listedEncoder(gradients)]).toEqual(actual);
      const { images: _images, ...weights } = gradients;
      const alone = kernel.encoder.backward(problem, drawn.operands, drawn.upstream, false, kept);
      expect(alone.images).toBeUndefined();
      expect(listedEncoder(alone)).toEqual(listedEncoder(weights));
    }
    saved?.release();
  });

  it('gradients are the slopes of the definition', () => {
    const { operands, upstream } = drawEncoder(base, 'slopes');
    const all = listedEncoder(operands).map((a) => Array.from(a));
    const [, ...gradients] = encoderPass(base, kernel, { operands, upstream });
    const loss = (changed: number[][]) => plainEncoder(base, changed).reduce((sum, y, i) => sum + y * upstream[i], 0);
    all.forEach((numbers, i) => {
      const direction = numbers.map((_, j) => Math.sin(12.9898 * (j + 1) + 78.233 * i));
      const moved = (step: number) => all.map((a, k) => (k === i ? a.map((x, j) => x + step * direction[j]) : a));
      const slope = (loss(moved(1e-6)) - loss(moved(-1e-6))) / 2e-6;
      const actual = direction.reduce((sum, d, j) => sum + d * gradients[i][j], 0);
      expect(Math.abs(actual - slope) / Math.max(1, Math.abs(slope))).toBeLessThan(1e-4);
    });
  });

  it('an image does not depend on the others', () => {
    const problem = { ...base, images: 11 };
    const { operands } = drawEncoder(problem);
    const images = tf.tensor4d(operands.images, [11, 13, 10, 2]);
    const { images: _images, ...weights } = operands;
    const tensors = tensorsOf(weights);
    const run = (x: tf.Tensor) => {
      const y = convEncoder(x, encoderWeights(tensors), kernel && { kernel: onHost(kernel) });
      const numbers = y.dataSync<'float32'>();
      y.dispose();
      return numbers;
    };
    const last = tf.slice(images, [10, 0, 0, 0]);
    if (kernel) expect(run(last)).toEqual(run(images).subarray(50));
    else expect(worstError([run(last)], [Float64Array.from(run(images).subarray(50))])).toBeLessThan(close);
    tf.dispose([images, last, tensors]);
  });

  it('the same twice, to the last bit', () => {
    expect(encoderPass(base, kernel)).toEqual(encoderPass(base, kernel));
  });

  it('leaks no tensor, and needs no gradient of the images', () => {
    const { operands } = drawEncoder(base);
    const flat = tf.tensor2d(operands.images, [3, 260]);
    const tensors = tensorsOf(operands);
    const before = tf.memory().numTensors;
    const run = (images: tf.Tensor, ...weights: tf.Tensor[]) =>
      convEncoder(images, encoderWeights(weights), { shape: [13, 10], ...(kernel && { kernel: onHost(kernel) }) });
    const grads = tf.grads((...weights) => tf.sum(run(flat, ...weights)))(tensors);
    run(flat, ...tensors).dispose();
    tf.dispose(grads);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([flat, tensors]);
  });

  it('no images: no features, and every gradient is zero', () => {
    const [output, images, ...gradients] = encoderPass({ ...base, images: 0 }, kernel);
    expect([output.length, images.length]).toEqual([0, 0]);
    expect(gradients.every((g) => g.every((x) => x === 0))).toBe(true);
  });

  function tensorsOf(operands: Omit<ReturnType<typeof drawEncoder>['operands'], 'images'>): tf.Tensor[] {
    const shapes = [
      ...[
        [5, 5, 2, 3],
        [3, 3, 3, 7],
        [3, 3, 7, 6],
      ],
      ...[[3], [7], [6], [3], [7], [6]],
      ...[[24, 5], [5]],
    ];
    const { filters, gains, biases, dense, denseBias } = operands;
    return [...filters, ...gains, ...biases, dense, denseBias].map((a, i) => tf.tensor(a, shapes[i]));
  }
});

const values = (all: Both[]) => all.map(({ value }) => Float32Array.from(value));
