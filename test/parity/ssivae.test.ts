/** The semi-supervised model against pyroVED's ssiVAE: forward values, losses and every gradient, TraceEnum_ELBO, noise replayed. */
import * as tf from '@tensorflow/tfjs';
import { replay, TraceELBO, trace } from 'pyro-ts';
import { type Invariance, imageSet, type LikelihoodName, SSIVAE } from 'pyroved-ts';
import { describe, test } from 'vitest';
import {
  expectClose,
  expectGradients,
  type Figures,
  fixture,
  flat,
  loadReference,
  lossAndGradients,
  type Nested,
  NoiseHandler,
  tensorOf,
} from './helpers.js';

interface Sampler {
  readonly loss_unl: number;
  readonly grads_unl: Figures;
  readonly loss_lab: number;
  readonly grads_lab: Readonly<Record<string, Nested | null>>;
  readonly 'loss_unl_scale_factor_2.5'?: number;
  readonly 'grads_unl_scale_factor_2.5'?: Figures;
  readonly 'loss_lab_scale_factor_2.5'?: number;
  readonly loss_unl_f32: number;
  readonly loss_lab_f32: number;
}
interface Case {
  readonly params: Figures;
  readonly eps_unl: Nested;
  readonly eps_lab: Nested;
  readonly fwd: {
    readonly alpha: Nested;
    readonly z_loc_unl: Nested;
    readonly z_scale_unl: Nested;
    readonly decoder_loc_lab: Nested;
    readonly lab_site_log_prob_bernoulli: Readonly<Record<'model_x' | 'model_z' | 'model_y' | 'guide_z', Nested>>;
  };
  readonly aux: { readonly loss: number; readonly grads: Figures };
  readonly samplers: Readonly<Record<string, Sampler>>;
}
interface Ssivae {
  readonly x: Nested;
  readonly y: Nested;
  readonly aux_loss_multiplier: number;
  readonly cases: Readonly<Record<string, Case>>;
}
const figures = fixture<Ssivae>('pyrovedSsivae');
const likelihoods: Readonly<Record<string, LikelihoodName>> = {
  bernoulli: 'bernoulli',
  continuous_bernoulli: 'continuous-bernoulli',
  gaussian: 'gaussian',
};

function build(name: string, { params }: Case, likelihood: LikelihoodName): SSIVAE {
  const invariances = (name === 'none' ? [] : [...name]) as Invariance[];
  const widths = { hiddenEncoder: [8, 8], hiddenDecoder: [8, 8], hiddenClassifier: [8, 8] };
  const vae = new SSIVAE({ shape: [6, 6], numClasses: 3, invariances, likelihood, ...widths });
  loadReference(vae.params, params);
  return vae;
}

describe.each(Object.entries(figures.cases))('invariances %s', (name, expected) => {
  const [x, y] = [tensorOf(figures.x), tensorOf(figures.y)];
  const { fwd, aux, eps_unl, eps_lab } = expected;

  test('forward values', () => {
    const vae = build(name, expected, 'bernoulli');
    const set = imageSet({ images: Float32Array.from(flat(figures.x)), shape: [6, 6] });
    expectClose([...vae.classify(set).probabilities], flat(fwd.alpha), 1e-5, 'alpha');
    for (const k of [0, 1, 2]) {
      const given = tf.tensor2d([0, 1, 2, 3].map(() => [0, 1, 2].map((c) => Number(c === k))));
      const { loc, scale } = vae.params.run(() => trace(vae.guide).getTrace(x, given).get('z').fn.parameters);
      expectClose(loc, (fwd.z_loc_unl as readonly Nested[])[k], 1e-5, 'z_loc');
      expectClose(scale, (fwd.z_scale_unl as readonly Nested[])[k], 1e-5, 'z_scale');
    }

    const { model, guide } = vae.params.run(() => {
      const guideTrace = new NoiseHandler({ z: eps_lab }).run(() => trace(vae.guide).getTrace(x, y));
      return { guide: guideTrace, model: trace(replay(vae.model, guideTrace)).getTrace(x, y) };
    });
    const sites = fwd.lab_site_log_prob_bernoulli;
    expectClose(model.get('x').logProb, sites.model_x, 1e-5, 'model x');
    expectClose(model.get('z').logProb, sites.model_z, 1e-5, 'model z');
    expectClose(model.get('y').logProb, sites.model_y, 1e-5, 'model y');
    expectClose(guide.get('z').logProb, sites.guide_z, 1e-5, 'guide z');
    expectClose(model.get('x').fn.mean(), fwd.decoder_loc_lab, 1e-5, 'decoder');
  });

  test('auxiliary loss', () => {
    const vae = build(name, expected, 'bernoulli');
    const programs = { model: vae.auxModel, guide: () => {} };
    const terms = { auxLossMultiplier: figures.aux_loss_multiplier };
    const { loss, gradients } = lossAndGradients(vae.params, new TraceELBO(), programs, {}, x, y, terms);
    expectClose(loss, aux.loss, 1e-5);
    expectGradients(gradients, aux.grads, 1e-4);
  });

  describe.each(Object.entries(expected.samplers))('%s', (sampler, figure) => {
    const vae = build(name, expected, likelihoods[sampler]);
    const unlabelled = (klWeight: number) =>
      lossAndGradients(vae.params, vae.elbo(), vae, { z: eps_unl }, x, undefined, { klWeight });
    const labelled = (klWeight: number) =>
      lossAndGradients(vae.params, vae.elbo(), vae, { z: eps_lab }, x, y, { klWeight });

    test('unlabelled step', () => {
      const { loss, gradients } = unlabelled(1);
      expectClose(loss, figure.loss_unl, 1e-5);
      expectClose(loss, figure.loss_unl_f32, 1e-5);
      expectGradients(gradients, figure.grads_unl, 1e-4);
    });

    test('labelled step', () => {
      const { loss, gradients } = labelled(1);
      expectClose(loss, figure.loss_lab, 1e-5);
      expectClose(loss, figure.loss_lab_f32, 1e-5);
      expectGradients(gradients, figure.grads_lab, 1e-4);
    });

    const weighted = figure['loss_unl_scale_factor_2.5'];
    if (weighted === undefined) return;
    test('with a KL weight of 2.5', () => {
      const { loss, gradients } = unlabelled(2.5);
      expectClose(loss, weighted, 1e-5);
      expectGradients(gradients, figure['grads_unl_scale_factor_2.5'] as Figures, 1e-4);
      expectClose(labelled(2.5).loss, figure['loss_lab_scale_factor_2.5'] as number, 1e-5);
    });
  });
});
