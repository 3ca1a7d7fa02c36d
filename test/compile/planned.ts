/** Plans against the engine: recorded on some numbers, run on others, values and every gradient compared. */
import { buildPlan, onPlainEngine, type Plan, record } from '@pyro-ts/compile';
import { correctGradients } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import { expect } from 'vitest';

export type Program = (...inputs: tf.Tensor[]) => tf.Tensor;
export interface Input {
  readonly shape: number[];
  /** What an input's number is made of a standard normal draw. @default (z) => z */
  readonly from?: (z: number) => number;
}

/** The value, and the gradient of a weighted sum of its entries to each input. */
function outputsOf(program: Program, withGradients: boolean) {
  correctGradients();
  return (...inputs: tf.Tensor[]): Record<string, tf.Tensor> => {
    let value: tf.Tensor | undefined;
    if (!withGradients) return { value: program(...inputs) };
    const { grads } = tf.engine().gradients(
      () => {
        value = tf.keep(program(...inputs));
        return tf.sum(tf.mul(tf.sin(tf.add(tf.reshape(tf.range(0, value.size), value.shape), 1)), value)) as tf.Scalar;
      },
      [tf.scalar(0), ...inputs],
      undefined,
      true,
    );
    const found = grads.slice(1).flatMap((g, i) => (g ? [[`gradient ${i}`, g] as const] : []));
    return { value: value as tf.Tensor, ...Object.fromEntries(found) };
  };
}

export function planOf(program: Program, inputs: readonly tf.Tensor[], withGradients = true): Plan {
  const outputs = outputsOf(program, withGradients);
  return buildPlan(onPlainEngine(() => record(outputs, inputs, new Map(), { isStrict: true })));
}

/** Expects the plan of `program` to compute what the program does, on numbers other than it was recorded on. */
export function expectPlanned(program: Program, inputs: readonly Input[], withGradients = true): void {
  const draw = (seed: number) => {
    const rng = new RandomStream(seed);
    return inputs.map(({ shape, from = (z) => z }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return tf.tensor(
        Float32Array.from({ length: size }, () => from(rng.nextNormal())),
        shape,
      );
    });
  };
  const plan = planOf(program, draw(1), withGradients);
  const others = draw(2);
  others.forEach((x, i) => {
    plan.inputs[i]?.set(x.dataSync());
  });
  plan.run();
  const wanted = onPlainEngine(() => outputsOf(program, withGradients)(...others));
  expect([...plan.outputs.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, tensor] of Object.entries(wanted)) {
    const [numbers, found] = [Float64Array.from(tensor.dataSync()), plan.outputs.get(name) ?? []];
    expect(found.length, name).toBe(numbers.length);
    const largest = numbers.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1e-3);
    numbers.forEach((x, i) => {
      if (Number.isFinite(x))
        expect(Math.abs(found[i] - x) / largest, `${name}, entry ${i}: ${found[i]} for ${x}`).toBeLessThan(1e-5);
      else expect(found[i], `${name}, entry ${i}`).toBe(x);
    });
  }
}
