/** Trains a guide and reads off numbers: what tests of autoguides share. */
import * as tf from '@tensorflow/tfjs';
import { Adam, type ELBO, exponentialLR, type ParamStore, SVI, TraceELBO } from 'pyro-ts';

interface Training<Args extends unknown[]> {
  steps: number;
  lr?: number;
  /** The learning rate at the end, as a fraction of `lr`. */
  cooled?: number;
  elbo?: ELBO;
  /** Whether the steps are compiled, which takes a fraction of the time. @default true */
  compile?: boolean;
  args: Args;
}

/** Steps of Adam with a falling learning rate. */
export function train<Args extends unknown[]>(
  model: (...args: Args) => unknown,
  guide: (...args: Args) => unknown,
  { steps, lr = 0.05, cooled = 0.01, elbo = new TraceELBO(), compile = true, args }: Training<Args>,
): SVI<Args> {
  const optimizer = new Adam({ lr });
  const schedule = exponentialLR(optimizer, { gamma: cooled ** (1 / steps) });
  const svi = new SVI(model, guide, optimizer, elbo, { seed: 0, compile });
  for (let i = 0; i < steps; i++) {
    svi.step(...args);
    schedule.step();
  }
  return svi;
}

export const valuesOf = (params: ParamStore, name: string): number[] =>
  tf.tidy(() => Array.from(params.get(name).dataSync())) as never;

/** The medians that `auto` has learned, as numbers. */
export function mediansOf(
  auto: { median(params: ParamStore): Record<string, tf.Tensor> },
  params: ParamStore,
): Record<string, number[]> {
  const medians = auto.median(params);
  const numbers = Object.fromEntries(Object.entries(medians).map(([name, t]) => [name, Array.from(t.dataSync())]));
  tf.dispose(medians);
  return numbers;
}

/** log N(x; mean, variance). */
export const logNormal = (x: number, mean: number, variance: number): number =>
  -0.5 * (x - mean) ** 2 * (1 / variance) - 0.5 * Math.log(2 * Math.PI * variance);
