/** The bound with the divergence between guide and prior in closed form where there is one. */
import { sameShape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { hasKl, klDivergence } from '../../distributions/kl/klDivergence.js';
import { ModelGuideError } from '../../errors.js';
import type { SampleSite } from '../../runtime/trace.js';
import {
  drawnSites,
  ELBO,
  type ElboEstimate,
  type InferenceProgram,
  rejectNonFinite,
  sitesOf,
  type TracePair,
  total,
} from './elbo.js';

/**
 * As TraceELBO, with KL(q(z) || p(z)) in place of log q(z) - log p(z) at each site whose pair of families has a closed form: less noise, and right
 * only where the guide is mean-field, so that no site's parameters depend on a latent variable that comes after it in the model. Every
 * guide site must be reparameterised. Source: `pyro.infer.TraceMeanField_ELBO`.
 * @example new SVI(model, guide, new Adam({ lr: 1e-3 }), new TraceMeanFieldELBO());
 */
export class TraceMeanFieldELBO extends ELBO {
  estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate {
    const { pairs } = this.pairs(model, guide, args);
    const loss = this.meanOver(pairs.map(lossOf));
    return rejectNonFinite({ loss, surrogate: loss }, () => sitesOf(pairs));
  }
}

function lossOf({ model, guide }: TracePair): tf.Tensor {
  rejectOtherOrder({ model, guide });
  for (const site of guide.latentSites) rejectScoreFunction(site);
  const observed = model.sampleSites.filter((s) => !guide.has(s.name)).map((s) => tf.neg(s.logProbSum));
  const latent = drawnSites(guide).map((s) => (model.has(s.name) ? divergence(s, model.get(s.name)) : s.logProbSum));
  return total([...observed, ...latent]);
}

/** The summed divergence of one site, each side with its own scale and mask; the guide's must equal the model's for a closed form. */
function divergence(guide: SampleSite, model: SampleSite): tf.Tensor {
  const alike = sameNumbers(guide.scale, model.scale) && sameNumbers(guide.mask, model.mask);
  if (alike && hasKl(guide.fn, model.fn)) return tf.sum(guide.scaleAndMask(klDivergence(guide.fn, model.fn)));
  return tf.sub(guide.logProbSum, model.logProbSum);
}

/** Whether two scales, or two masks, are the same: each program may have built its own. */
function sameNumbers(a: SampleSite['scale' | 'mask'], b: SampleSite['scale' | 'mask']): boolean {
  if (a === b) return true;
  if (!(a instanceof tf.Tensor) || !(b instanceof tf.Tensor) || !sameShape(a.shape, b.shape)) return false;
  const [x, y] = [a.dataSync(), b.dataSync()];
  return x.every((value, i) => value === y[i]);
}

function rejectScoreFunction({ name, fn }: SampleSite): void {
  if (fn.hasRsample) return;
  throw new ModelGuideError(
    `TraceMeanFieldELBO needs reparameterised guide sites, and "${name}" (${fn.name}) is not. Use TraceELBO or TraceEnumELBO.`,
    name,
  );
}

/** Closed forms hold only if model and guide meet their shared sites in one order. Source: `_check_mean_field_requirement`. */
function rejectOtherOrder({ model, guide }: TracePair): void {
  const inGuide = guide.latentSites.filter((s) => model.has(s.name)).map((s) => s.name);
  const inModel = model.latentSites.filter((s) => guide.has(s.name)).map((s) => s.name);
  if (inGuide.join('\n') !== inModel.join('\n')) {
    throw new ModelGuideError(
      `TraceMeanFieldELBO needs model and guide to sample their sites in one order; the model's is ${inModel.join(', ')}, the guide's ` +
        `${inGuide.join(', ')}. Reorder the guide, or use TraceELBO.`,
    );
  }
}
