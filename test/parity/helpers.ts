/**
 * Runs a model on the parameters and the noise of the reference figures. They were made by pyroVED 0.3.0 on Pyro 1.8.6 and PyTorch 1.13 in float64
 * (keys ending in _f32: float32); a linear layer's weight is [out][in] there and [in, out] here.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { type ELBO, Handler, type Message, type ParamStore, RandomStream, valueAndGradients } from 'pyro-ts';
import { expect } from 'vitest';

export type Nested = number | readonly Nested[];
export type Figures = Readonly<Record<string, Nested>>;

/** The contents of a fixture; `T` says what the test expects in it. */
export const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as T;

export const shapeOf = (x: Nested): number[] => (typeof x === 'number' ? [] : [x.length, ...shapeOf(x[0])]);
export const flat = (x: Nested): number[] => (typeof x === 'number' ? [x] : x.flatMap(flat));
export const tensorOf = (x: Nested): tf.Tensor => tf.tensor(flat(x), shapeOf(x), 'float32');

/** [out][in] as [in][out]; other things as they are. */
export function transposed(x: Nested): Nested {
  if (shapeOf(x).length !== 2) return x;
  const rows = x as readonly (readonly number[])[];
  return rows[0].map((_, j) => rows.map((row) => row[j]));
}

/** Gives every parameter the reference's value; the names must be the same. */
export function loadReference(store: ParamStore, params: Figures): void {
  expect([...store.names].sort()).toEqual(Object.keys(params).sort());
  for (const [name, value] of Object.entries(params)) {
    const [shape, values] = [shapeOf(transposed(value)), flat(transposed(value))];
    expect(store.get(name).shape, name).toEqual(shape);
    tf.tidy(() => store.set(name, tf.tensor(values, shape)));
  }
}

/** Standard normal draws that were made before. */
class GivenNoise extends RandomStream {
  constructor(private readonly noise: Nested) {
    super(0);
  }
  override normal(shape: readonly number[]): tf.Tensor {
    expect(shape).toEqual(shapeOf(this.noise));
    return tensorOf(this.noise);
  }
}

/** Gives sites their noise by name, whatever stream they would have drawn from. */
export class NoiseHandler extends Handler {
  constructor(private readonly noise: Readonly<Record<string, Nested>>) {
    super();
  }
  override process(message: Message): void {
    if (message.type === 'sample' && message.name in this.noise) message.rng = new GivenNoise(this.noise[message.name]);
  }
}

/** The loss of one step and its gradients, as the reference lays them out. */
export function lossAndGradients<Args extends unknown[]>(
  store: ParamStore,
  elbo: ELBO,
  programs: { model: (...args: Args) => void; guide: (...args: Args) => void },
  noise: Readonly<Record<string, Nested>>,
  ...args: Args
): { loss: number; gradients: ReadonlyMap<string, Nested> } {
  let loss = Number.NaN;
  const { value, gradients } = valueAndGradients(store, () => {
    const estimate = new NoiseHandler(noise).run(() => elbo.estimate(programs.model, programs.guide, args));
    loss = estimate.loss.dataSync()[0];
    return estimate.surrogate;
  });
  const onHost = [...gradients].map(([name, g]) => [name, transposed(g.arraySync() as Nested)] as const);
  tf.dispose([value, ...gradients.values()]);
  return { loss, gradients: new Map(onHost) };
}

/** Relative to the largest entry of the reference's tensor: float32 rounds each entry of a sum to that scale. */
export function expectClose(actual: Nested | tf.Tensor, expected: Nested, tolerance: number, what = ''): void {
  const [a, b] = [actual instanceof tf.Tensor ? Array.from(actual.dataSync()) : flat(actual), flat(expected)];
  expect(a.length, what).toBe(b.length);
  const scale = Math.max(...b.map(Math.abs), 1e-8);
  const worst = Math.max(...a.map((v, i) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : Math.abs(v - b[i])))) / scale;
  expect(worst, what).toBeLessThan(tolerance);
}

/** Every gradient of the reference, and no other; `null` there means that the parameter was not reached. */
export function expectGradients(
  actual: ReadonlyMap<string, Nested>,
  expected: Readonly<Record<string, Nested | null>>,
  tolerance: number,
): void {
  const reached = Object.entries(expected).filter((entry): entry is [string, Nested] => entry[1] !== null);
  expect([...actual.keys()].sort()).toEqual(reached.map(([name]) => name).sort());
  for (const [name, value] of reached) {
    const found = actual.get(name) as Nested;
    expect(shapeOf(found), name).toEqual(shapeOf(value));
    expectClose(found, value, tolerance, name);
  }
}
