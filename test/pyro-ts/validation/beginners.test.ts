/** The mistakes that come first: each is an error that says what to do. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  ContextError,
  condition,
  DisposedTensorError,
  importance,
  markov,
  NonFiniteError,
  normal,
  OptionError,
  Predictive,
  param,
  plate,
  ShapeError,
  SVI,
  sample,
  seed,
  TraceELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { inChild } from '../../engine/child.js';

const svi = (model: () => unknown, guide: () => unknown = () => {}) =>
  new SVI(model, guide, new Adam(), new TraceELBO());
const observe = (obs: tf.TensorLike | tf.Tensor) => sample('x', normal(param('m', 0), 1), { obs: obs as tf.Tensor });

describe('a disposed tensor', () => {
  const gone = tf.tidy(() => tf.keep(tf.tensor1d([1, 2, 3])));
  gone.dispose();
  test('as an observation or a parameter', () => {
    expect(() => svi(() => plate('data', 3, () => observe(gone))).step()).toThrow(DisposedTensorError);
    expect(() => normal(gone, 1)).toThrow(/A tensor of shape \[3\] that was disposed of.*tf\.keep\(x\.clone\(\)\)/);
  });
  test('in an operation of the program', () => {
    const model = () => plate('data', 3, () => observe(gone.mul(2)));
    expect(() => svi(model).step()).toThrow(DisposedTensorError);
    expect(() => new Predictive(model, { numSamples: 2 }).draw()).toThrow(DisposedTensorError);
    expect(() => importance(model, { numSamples: 2 })).toThrow(/make the data before/);
  });
  test('that an earlier step has made', () => {
    let data: tf.Tensor | undefined;
    const model = () => {
      data ??= tf.tensor1d([1, 2, 3]);
      plate('data', 3, () => observe(data as tf.Tensor));
    };
    const fit = svi(model);
    fit.step();
    expect(() => fit.step()).toThrow(DisposedTensorError);
  });
});

test('an async model, or body, is rejected, and what it does later stays quiet', async () => {
  const later: unknown[] = [];
  const listen = (error: unknown) => void later.push(error);
  process.on('unhandledRejection', listen);
  const bodies: (() => unknown)[] = [
    async () => {
      await Promise.resolve();
      observe(1);
    },
    () => plate('data', 3, async () => observe([1, 2, 3])),
    () => markov(2, async (t) => sample(`x${t}`, normal(0, 1), { obs: 0 })),
    () => condition.with({ x: 1 }, async () => sample('x', normal(0, 1))),
  ];
  for (const body of bodies) {
    expect(() => svi(body).step()).toThrow(ContextError);
    expect(() => svi(body).step()).toThrow(/returned a promise.*synchronous.*drop "async"/s);
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', listen);
  expect(later).toEqual([]);
});

test('an engine that is not awaited, or not selected', () => {
  const program = `
    const { SVI, Adam, TraceELBO, sample, normal, onWarning } = await import('pyro-ts');
    const warnings = [];
    onWarning((text) => warnings.push(text));
    const step = () => new SVI(() => sample('x', normal(0, 1), { obs: 1 }), () => {}, new Adam(), new TraceELBO()).step();`;
  const none = inChild(`${program} step(); step(); answer(warnings);`);
  expect(none.answer).toEqual([expect.stringMatching(/No engine was selected.*backend "cpu".*await selectEngine\(\)/)]);
  const starting = inChild(`${program}
    const pending = selectEngine();
    let message;
    try { step(); } catch (error) { message = error.name + ': ' + error.message; }
    await pending;
    step();
    answer([message, warnings]);`);
  expect(starting.answer).toEqual([
    expect.stringMatching(/^EngineError: selectEngine\(\) has not finished.*Write "await selectEngine\(\);"/),
    [],
  ]);
});

test('an observation by position', () => {
  for (const obs of [1, [1, 2], tf.tensor1d([1]), new Float32Array(2), null]) {
    const run = () => seed.with(0, () => sample('x', normal(0, 1), obs as never));
    expect(run).toThrow(OptionError);
    expect(run).toThrow('sample("x", ..., { obs: value })');
  }
});

test("an observation of another size than its plate's", () => {
  const run = () => svi(() => plate('people', 3, () => observe([1, 2, 3, 4, 5]))).step();
  expect(run).toThrow(ShapeError);
  expect(run).toThrow(/value of shape \[5\].*plate "people" has 3 elements, at dim -1.*one entry for each element/s);
});

describe('a number that is not finite names where it came from:', () => {
  const failing = (model: () => unknown) => () => svi(model).step();
  test('an operation', () => {
    const model = () => sample('x', normal(param('m', -1).log(), 1), { obs: 1 });
    expect(failing(model)).toThrow(NonFiniteError);
    expect(failing(model)).toThrow(
      /parameter loc of Normal is NaN.*The first NaN came from the operation Log of -1 \(shape \[\]\)/s,
    );
  });
  test('an infinite number before it', () => {
    const model = () => {
      const big = param('m', 100).exp();
      sample('x', normal(big.sub(big), 1), { obs: 1 });
    };
    expect(failing(model)).toThrow(
      /NaN came from the operation Sub of Infinity.*infinite number before from the operation Exp of 100/s,
    );
  });
  test('the backward pass', () => {
    const model = () => sample('x', normal(param('m', 0).sqrt(), 1), { obs: 1 });
    expect(failing(model)).toThrow(
      /gradient of parameter "m" is not finite.*infinite number came from the operation RealDiv/s,
    );
  });
  test('a parameter that was one before', () => {
    const fit = svi(() => observe(1));
    fit.step();
    tf.tidy(() => fit.params.unconstrained('m').assign(tf.scalar(Number.NaN)));
    expect(() => fit.step()).toThrow('The parameter "m" is not finite already, before the step.');
  });
  test('and the search changes nothing', () => {
    const model = () => sample('x', normal(param('m', -1).log(), 1), { obs: 1 });
    const fit = svi(model);
    expect(() => fit.step()).toThrow();
    const { numTensors } = tf.memory();
    expect(() => fit.step()).toThrow();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
