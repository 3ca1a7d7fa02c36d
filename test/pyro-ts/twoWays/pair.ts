/** One model written in two ways: the same loss and the same gradient of every parameter, with the noise replayed by site. */
import * as tf from '@tensorflow/tfjs';
import { type Constraint, constraints, type ELBO, ParamStore, seed, TraceELBO } from 'pyro-ts';
import { expect, it } from 'vitest';
import { expectFollowed } from '../compiled/followed.js';
import { lossAndGradients, type Noise, NoiseHandler } from '../replayed.js';

/** One way to write it. */
export interface Way {
  readonly model: () => unknown;
  readonly guide?: () => unknown;
  /** The noise of each site's draw. Sites without any follow the seed, the same in both ways where they have one name and shape. */
  readonly noise?: Noise;
  /** @default TraceELBO */
  readonly elbo?: ELBO;
  /** The loss of this way lacks a constant that the other has. */
  readonly constant?: number;
}

/** Where each parameter stands, with its constraint where it has one. */
export type Parameters = Readonly<Record<string, tf.TensorLike | readonly [tf.TensorLike, Constraint]>>;

const isPair = (x: unknown): x is readonly [tf.TensorLike, Constraint] =>
  Array.isArray(x) && x.length === 2 && typeof x[1] === 'object' && 'check' in x[1];

function fill(store: ParamStore, parameters: Parameters): void {
  for (const [name, given] of Object.entries(parameters)) {
    const [value, constraint] = isPair(given) ? given : [given as tf.TensorLike, constraints.real];
    store.set(name, value, constraint);
  }
}

function outcome(parameters: Parameters, way: Way) {
  const { model, guide = () => {}, noise = {}, elbo = new TraceELBO(), constant = 0 } = way;
  const store = new ParamStore();
  fill(store, parameters);
  const found = lossAndGradients(store, () =>
    seed.with('two ways', () => new NoiseHandler(noise).run(() => elbo.estimate(model, guide, []))),
  );
  store.dispose();
  return { loss: found.loss + constant, gradients: found.gradients };
}

/** Of a gradient's largest entry; the engines other than cpu add in other orders. */
const tolerance = () => (tf.getBackend() === 'cpu' ? 1e-5 : 1e-4);

/** One of so many pairs is compiled too; all of them by `npm run test:compiled`. */
const COMPILED = process.env.PYRO_TESTS === 'all' ? 1 : 8;

/** By the name, so that the choice does not depend on which files ran before in the same process. */
const isCompiled = (name: string): boolean =>
  [...name].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 9973, 0) % COMPILED === 0;

/** A test that both ways agree, and that each computes the same when it is compiled. There must be a gradient to agree on. */
export function pair(name: string, parameters: Parameters, one: Way, other: Way): void {
  if (isCompiled(name)) {
    it.each([
      ['one', one],
      ['other', other],
    ] as const)(`${name}: the %s, compiled`, (_, { model, guide, elbo = new TraceELBO() }) => {
      expectFollowed({
        model,
        ...(guide && { guide }),
        elbo: () => elbo,
        parameters: (store) => fill(store, parameters),
        tolerance: 2 * tolerance(),
      });
    });
  }
  it(name, () => {
    const [a, b] = [outcome(parameters, one), outcome(parameters, other)];
    expect(Number.isFinite(b.loss)).toBe(true);
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(tolerance() * Math.max(1, Math.abs(b.loss)));
    expect(Object.keys(a.gradients).sort()).toEqual(Object.keys(b.gradients).sort());
    expect(Object.keys(b.gradients).length).toBeGreaterThan(0);
    for (const [key, wanted] of Object.entries(b.gradients)) {
      const largest = Math.max(...wanted.map(Math.abs));
      expect(largest, `the gradient of ${key}`).toBeGreaterThan(1e-3);
      const found = a.gradients[key];
      expect(found.length).toBe(wanted.length);
      const worst = Math.max(...found.map((g, i) => Math.abs(g - wanted[i])));
      expect(worst / largest, `${key}: ${found} against ${wanted}`).toBeLessThan(tolerance());
    }
  });
}
