/** jiVAE, ssRegIVAE and the conditional iVAE against pyroVED's: loss and every gradient, noise replayed. */
import { TraceELBO, trace } from 'pyro-ts';
import { type Invariance, IVAE, imageSet, JIVAE, SSRegIVAE } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import {
  expectClose,
  expectGradients,
  type Figures,
  fixture,
  flat,
  loadReference,
  lossAndGradients,
  type Nested,
  tensorOf,
} from './helpers.js';

interface Step {
  readonly loss: number;
  readonly grads: Readonly<Record<string, Nested | null>>;
}
interface Shared {
  readonly params: Figures;
  readonly x: Nested;
}
interface Joint extends Shared {
  readonly eps: Nested;
  readonly loc: Nested;
  readonly scale: Nested;
  readonly alpha: Nested;
  readonly plain: Step;
  readonly weighted: Step;
}
interface Regression extends Shared {
  readonly y: Nested;
  readonly eps_y: Nested;
  readonly eps_z: Nested;
  readonly predicted: Nested;
  readonly unlabelled: Step;
  readonly labelled: Step;
  readonly aux: Step;
}
interface Conditional extends Shared {
  readonly y: Nested;
  readonly eps: Nested;
  readonly plain: Step;
  readonly weighted: Step;
}
const figures = fixture<{
  jiVAE: Record<string, Joint>;
  ssRegIVAE: Record<string, Regression>;
  conditional: Record<string, Conditional>;
}>('pyrovedFurther');

const small = (name: string) => ({
  shape: [4, 5],
  invariances: (name === 'none' ? [] : [...name]) as Invariance[],
  hiddenEncoder: [4, 4],
  hiddenDecoder: [4, 4],
});
const setOf = (x: Nested) => imageSet({ images: Float32Array.from(flat(x)), shape: [4, 5] });

function expectStep(found: { loss: number; gradients: ReadonlyMap<string, Nested> }, expected: Step): void {
  expectClose(found.loss, expected.loss, 1e-5, 'loss');
  expectGradients(found.gradients, expected.grads, 1e-4);
}

describe.each(Object.entries(figures.jiVAE))('jiVAE, invariances %s', (name, expected) => {
  const vae = new JIVAE({ ...small(name), numClasses: 3 });
  loadReference(vae.params, expected.params);
  const x = tensorOf(expected.x);

  test('forward values', () => {
    expectClose([...vae.classify(setOf(expected.x)).probabilities], flat(expected.alpha), 1e-5, 'alpha');
    const { loc, scale } = vae.params.run(() => trace(vae.guide).getTrace(x).get('latent_cont').fn.parameters);
    expectClose(loc, expected.loc, 1e-5, 'loc');
    expectClose(scale, expected.scale, 1e-5, 'scale');
  });

  test('loss and gradients, and with a weight for each group of latents', () => {
    const run = (klWeight: number | { content: number; discrete: number }) =>
      lossAndGradients(vae.params, vae.elbo(), vae, { latent_cont: expected.eps }, x, undefined, { klWeight });
    expectStep(run(1), expected.plain);
    expectStep(run({ content: 2.5, discrete: 0.5 }), expected.weighted);
  });
});

describe.each(Object.entries(figures.ssRegIVAE))('ssRegIVAE, invariances %s', (name, expected) => {
  const targets = [{ name: 'a' }, { name: 'b', centre: 3, scale: 2 }];
  const vae = new SSRegIVAE({ ...small(name), targets, regressorSigma: 0.4, hiddenRegressor: [4, 4] });
  loadReference(vae.params, expected.params);
  const [x, y] = [tensorOf(expected.x), tensorOf(expected.y)];

  test('predictions, in the units of the data', () => {
    const inUnits = flat(expected.predicted).map((v, i) => (i % 2 === 0 ? v : 3 + 2 * v));
    expectClose([...vae.predict(setOf(expected.x))], inUnits, 1e-5);
  });

  test('known quantities go to the programs in units of the networks', () => {
    const [a, b] = [0, 1].map((k) => Float32Array.from(flat(expected.y).filter((_, i) => i % 2 === k)));
    const set = { ...setOf(expected.x), factors: { a, b: b.map((v) => 3 + 2 * v) } };
    expectClose(vae.known(set, [2, 0]), flat(expected.y).slice(4).concat(flat(expected.y).slice(0, 2)), 1e-6);
  });

  test('unlabelled and labelled steps, and the auxiliary loss', () => {
    const noise = { y: expected.eps_y, z: expected.eps_z };
    expectStep(lossAndGradients(vae.params, vae.elbo(), vae, noise, x, undefined, {}), expected.unlabelled);
    const labelled = lossAndGradients(vae.params, vae.elbo(), vae, noise, x, y, { klWeight: 2.5 });
    expectStep(labelled, expected.labelled);
    const aux = { model: vae.auxModel, guide: () => {} };
    expectStep(lossAndGradients(vae.params, new TraceELBO(), aux, {}, x, y, { auxLossMultiplier: 30 }), expected.aux);
  });

  test('the joint program is the sum of both', () => {
    const programs = { model: vae.jointModel, guide: vae.guide };
    const terms = { klWeight: 2.5, auxLossMultiplier: 30 };
    const { loss } = lossAndGradients(vae.params, vae.elbo(), programs, { z: expected.eps_z }, x, y, terms);
    expect(loss).toBeCloseTo(expected.labelled.loss + expected.aux.loss, 2);
  });
});

describe.each(Object.entries(figures.conditional))('conditional iVAE, invariances %s', (name, expected) => {
  const vae = new IVAE({ ...small(name), numClasses: 3, condition: ['t'] });
  loadReference(vae.params, expected.params);
  const rows = expected.y as readonly (readonly number[])[];
  const set = {
    ...setOf(expected.x),
    labels: Int32Array.from(rows, (row) => row.indexOf(1)),
    factors: { t: Float32Array.from(rows, (row) => row[3]) },
  };

  test('loss and gradients, conditioned on class and number of each image', () => {
    expect(vae.conditionDim).toBe(4);
    const x = tensorOf(expected.x);
    const y = vae.conditionTensor(set, [0, 1, 2]);
    expectClose(y ?? 0, expected.y, 1e-6, 'y');
    const run = (klWeight: number) =>
      lossAndGradients(vae.params, vae.elbo(), vae, { latent: expected.eps }, x, y, { klWeight });
    expectStep(run(1), expected.plain);
    expectStep(run(2.5), expected.weighted);
  });
});
