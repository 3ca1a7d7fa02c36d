/** What the tests of enumeration share: losses with all gradients, look-ups in tables, comparisons. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  type ELBO,
  type InferConfig,
  type InferenceProgram,
  ParamStore,
  type TensorLike,
  TraceEnumELBO,
  type TraceEnumElboOptions,
  valueAndGradients,
} from 'pyro-ts';
import { SeedHandler } from 'pyro-ts/internal';
import { expect } from 'vitest';

export const parallel: { infer: InferConfig } = { infer: { enumerate: 'parallel' } };
export const nothing = (): void => {};

/** The entries of `table` at whole-numbered indices into its first dimensions, which broadcast against each other. */
export function at(table: tf.Tensor, ...indices: (tf.Tensor | number)[]): tf.Tensor {
  const flat = indices
    .map((index) => (typeof index === 'number' ? tf.scalar(index) : index))
    .reduce((sum, index, i) => sum.mul(table.shape[i]).add(index));
  const rest = table.shape.slice(indices.length);
  const rows = tf.reshape(table, [-1, ...rest]);
  return tf.reshape(take(rows, tf.cast(tf.reshape(flat, [-1]), 'int32') as tf.Tensor1D), [...flat.shape, ...rest]);
}

export type Parameters = Readonly<Record<string, TensorLike>>;

export interface Outcome {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, readonly number[]>;
}

/** The loss of one estimate, and the gradient of each parameter. The same seed gives each site the same draws. */
export function outcome<Args extends unknown[]>(
  parameters: Parameters,
  elbo: ELBO,
  model: InferenceProgram<Args>,
  guide: InferenceProgram<Args>,
  args: Args,
  seed: number | string = 0,
): Outcome {
  const store = new ParamStore();
  let loss = Number.NaN;
  try {
    tf.tidy(() => {
      for (const [name, value] of Object.entries(parameters)) store.set(name, value);
    });
    const { value, gradients } = valueAndGradients(store, () => {
      const estimate = new SeedHandler(seed).run(() => elbo.estimate(model, guide, args));
      loss = estimate.loss.dataSync()[0];
      return estimate.surrogate;
    });
    const onHost = [...gradients].map(([name, g]) => [name, Array.from(g.dataSync())] as const);
    tf.dispose([value, ...gradients.values()]);
    return { loss, gradients: new Map(onHost) };
  } finally {
    store.dispose();
  }
}

/** As `outcome`, with an enumerating bound and no arguments. */
export const enumerated = (
  parameters: Parameters,
  maxPlateNesting: number,
  model: () => void,
  guide: () => void = nothing,
  options: TraceEnumElboOptions & { seed?: number | string } = {},
): Outcome => {
  const { seed, ...rest } = options;
  const elbo = new TraceEnumELBO({ maxPlateNesting, strictEnumerationWarning: false, ...rest });
  return outcome(parameters, elbo, model, guide, [], seed);
};

const tolerance = tf.getBackend() === 'cpu' ? 1e-5 : 1e-4;

/** Two ways of writing a model: the same loss and the same gradients, relative to the largest entry of each. */
export function expectSame(actual: Outcome, expected: Outcome, within = tolerance): void {
  expect(Number.isFinite(expected.loss)).toBe(true);
  expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(within * Math.max(1, Math.abs(expected.loss)));
  expect([...actual.gradients.keys()].sort()).toEqual([...expected.gradients.keys()].sort());
  for (const [name, wanted] of expected.gradients) expectNear(actual.gradients.get(name) ?? [], wanted, within, name);
}

/** Each number within `within` of the largest. */
export function expectNear(actual: readonly number[], expected: readonly number[], within: number, what = ''): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(
    0,
    ...actual.map((x, i) => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : Math.abs(x - expected[i]))),
  );
  expect(worst / scale, `${what}: ${actual} against ${expected}`).toBeLessThan(within);
}

/** The mean of many outcomes meets the exact one within a few standard errors, in the loss and in each gradient entry. */
export function expectUnbiased(draws: readonly Outcome[], exact: Outcome, sigmas = 4.5): void {
  const check = (values: number[], wanted: number, what: string): void => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
    const error = Math.sqrt(variance / values.length) + 1e-5 * Math.max(1, Math.abs(wanted));
    expect(Math.abs(mean - wanted) / error, `${what}: ${mean} against ${wanted}, standard error ${error}`).toBeLessThan(
      sigmas,
    );
  };
  check(
    draws.map((d) => d.loss),
    exact.loss,
    'loss',
  );
  for (const [name, wanted] of exact.gradients) {
    wanted.forEach((value, i) => {
      check(
        draws.map((d) => d.gradients.get(name)?.[i] ?? 0),
        value,
        `${name}[${i}]`,
      );
    });
  }
}

export const softmax = (logits: readonly number[]): number[] => {
  const top = Math.max(...logits);
  const weights = logits.map((x) => Math.exp(x - top));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
};

/** log N(x | mean, deviation). */
export const normalLogProb = (x: number, mean: number, deviation: number): number =>
  -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);

export const logSumExp = (logs: readonly number[]): number => {
  const top = Math.max(...logs);
  return top === Number.NEGATIVE_INFINITY ? top : top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
};
