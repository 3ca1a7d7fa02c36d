/** The unsupervised model against pyroVED's iVAE: loss and every gradient, Trace_ELBO, noise replayed. */
import { type Invariance, IVAE } from 'pyroved-ts';
import { describe, test } from 'vitest';
import {
  expectClose,
  expectGradients,
  type Figures,
  fixture,
  loadReference,
  lossAndGradients,
  type Nested,
  tensorOf,
} from './helpers.js';

interface Case {
  readonly params: Figures;
  readonly eps: Nested;
  readonly loss: number;
  readonly grads: Figures;
  readonly 'loss_scale_factor_2.5': number;
}
const { x } = fixture<{ x: Nested }>('pyrovedSsivae');
const { cases } = fixture<{ cases: Record<string, Case> }>('pyrovedIvae');

describe.each(Object.entries(cases))('invariances %s', (name, figures) => {
  const invariances = (name === 'none' ? [] : [...name]) as Invariance[];
  const vae = new IVAE({ shape: [6, 6], invariances, hiddenEncoder: [8, 8], hiddenDecoder: [8, 8] });
  loadReference(vae.params, figures.params);
  const run = (klWeight: number) =>
    lossAndGradients(vae.params, vae.elbo(), vae, { latent: figures.eps }, tensorOf(x), undefined, { klWeight });

  test('loss and gradients', () => {
    const { loss, gradients } = run(1);
    expectClose(loss, figures.loss, 1e-5);
    expectGradients(gradients, figures.grads, 1e-4);
  });

  test('loss with a KL weight of 2.5', () => {
    expectClose(run(2.5).loss, figures['loss_scale_factor_2.5'], 1e-5);
  });
});
