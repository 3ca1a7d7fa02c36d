/** The program of docs/engines.md, "In a browser", in Chromium: the wasm engine and kernel run in a page, on several threads where it is isolated. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserProgram, chromium, type Message, Site, where } from './chromium.js';

/** Values and gradients of a decoder by that program's kernel and by plain operations. */
const comparison = `
  import * as tf from '@tensorflow/tfjs';
  import { spatialDecoder } from '@pyro-ts/spatial-decoder';
  const draw = (shape, seed) => tf.randomUniform(shape, -1, 1, 'float32', seed);
  const [grid, pose, code] = [draw([150, 2], 1), draw([6, 12, 2], 2), draw([6, 12], 3)];
  const output = { weight: draw([12, 1], 4), bias: draw([1], 5) };
  const hidden = (weight) => [{ weight, bias: draw([12], 6) }];
  const options = { activation: 'tanh', firstActivation: 'tanh' };
  const results = [{ kernel }, {}].map((chosen) => {
    const value = (pose, code, weight) => spatialDecoder({ grid, pose, code, hidden: hidden(weight), output }, { ...options, ...chosen });
    const operands = [pose, code, draw([12, 12], 7)];
    const grads = tf.grads((...operands) => tf.sum(tf.square(value(...operands))))(operands);
    return [value(...operands), ...grads].flatMap((tensor) => [...tensor.dataSync()]);
  });
  const size = Math.max(...results[1].map(Math.abs));
  const difference = Math.max(...results[0].map((x, i) => Math.abs(x - results[1][i]))) / size;
  const { name, threads } = kernel;
  tell({ engine: tf.getBackend(), name, threads, isolated: crossOriginIsolated, numbers: results[0].length, size, difference });`;

interface Answer extends Message {
  readonly engine?: string;
  readonly name?: string;
  readonly threads?: number;
  readonly isolated?: boolean;
  readonly numbers?: number;
  readonly size?: number;
  readonly difference?: number;
}

describe.skipIf(chromium === undefined)(where, () => {
  let site: Site<Answer>;

  beforeAll(async () => {
    const exclude = ['@pyro-ts/engine', '@pyro-ts/spatial-decoder'];
    site = await Site.open({ script: `${browserProgram}\n${comparison}`, exclude });
  });
  afterAll(() => site?.close());

  it('an isolated page: all threads', async () => {
    const answer = await site.visit(true);
    expect(answer).toMatchObject({
      engine: 'wasm',
      name: 'wasm',
      isolated: true,
      numbers: 6 * 150 + 6 * 24 + 6 * 12 + 144,
    });
    expect(answer.threads).toBe(availableParallelism());
    expect(answer.size).toBeGreaterThan(1);
    expect(answer.difference).toBeLessThan(1e-5);
  });

  it('any other page: one thread', async () => {
    const answer = await site.visit(false);
    expect(answer).toMatchObject({ engine: 'wasm', name: 'wasm', isolated: false, threads: 1 });
    expect(answer.difference).toBeLessThan(1e-5);
  });
});
