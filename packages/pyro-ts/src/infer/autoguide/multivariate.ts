/** One normal with a full covariance over all sites: learned, or from the curvature at the posterior's peak. */
import * as tf from '@tensorflow/tfjs';
import { positive } from '../../distributions/constraints.js';
import { delta } from '../../distributions/delta.js';
import type { Distribution } from '../../distributions/distribution.js';
import { MultivariateNormal } from '../../distributions/multivariate/multivariateNormal.js';
import { substitute } from '../../handlers/lift.js';
import { seed } from '../../handlers/seed.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import type { ELBO, InferenceProgram } from '../elbo/elbo.js';
import { TraceELBO } from '../elbo/traceElbo.js';
import { rowCurvatures } from '../laplace/rowCurvatures.js';
import type { AutoGuideOptions } from './autoGuide.js';
import { inverseFactor } from './curvature.js';
import { JointGuide } from './joint.js';
import { type AutoNormalOptions, positiveScale } from './perSite.js';

/**
 * One multivariate normal over all sites in unconstrained space: scaleTril = scale x a lower triangular matrix with ones on the diagonal. Source:
 * `pyro.infer.autoguide.AutoMultivariateNormal`.
 * @example new SVI(model, new AutoMultivariateNormal(model).guide, new Adam({ lr: 0.01 }), new TraceELBO());
 */
export class AutoMultivariateNormal<Args extends unknown[]> extends JointGuide<Args> {
  private readonly initScale: number;

  constructor(model: InferenceProgram<Args>, options: AutoNormalOptions<Args> = {}) {
    super(model, options, ['initScale']);
    this.initScale = positiveScale('AutoMultivariateNormal', options.initScale ?? 0.1);
  }

  protected posterior(latentDim: number, initial: () => tf.Tensor): Distribution {
    const loc = param(`${this.prefix}.loc`, initial);
    return new MultivariateNormal(loc, { scaleTril: scaleTrilParam(this.prefix, latentDim, this.initScale) });
  }
  protected centre(params: ParamStore): tf.Tensor {
    return params.get(`${this.prefix}.loc`);
  }
}

/** A Cholesky factor [n, n] from the parameters PREFIX.scale and PREFIX.below. */
export function scaleTrilParam(prefix: string, n: number, initScale: number): tf.Tensor {
  const scale = param(`${prefix}.scale`, () => tf.fill([n], initScale), { constraint: positive });
  // Of this parameter, only what is below the diagonal matters.
  const below = param(`${prefix}.below`, () => tf.zeros([n, n]));
  return below.mul(belowDiagonal(n)).add(tf.eye(n)).mul(scale.expandDims(1));
}

/** Ones below the diagonal. */
const belowDiagonal = (n: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: n * n }, (_, i) => (i % n < Math.floor(i / n) ? 1 : 0)),
    [n, n],
  );

/**
 * The posterior's peak in unconstrained space (train it as AutoDelta), and from there the normal with the peak's curvature. Source:
 * `pyro.infer.autoguide.AutoLaplaceApproximation`.
 * @example
 * const auto = new AutoLaplaceApproximation(model);
 * const svi = new SVI(model, auto.guide, new Adam({ lr: 0.05 }), new TraceELBO());
 * for (let i = 0; i < 1000; i++) svi.step(x);
 * const gaussian = auto.laplaceApproximation(svi.params, [x]);
 * new Predictive(model, { guide: gaussian.guide, params: svi.params, numSamples: 100 }).draw(x);
 */
export class AutoLaplaceApproximation<Args extends unknown[]> extends JointGuide<Args> {
  constructor(model: InferenceProgram<Args>, options: AutoGuideOptions<Args> = {}) {
    super(model, options);
  }

  protected posterior(_latentDim: number, initial: () => tf.Tensor): Distribution {
    return delta(param(`${this.prefix}.loc`, initial), { eventDim: 1 });
  }
  protected centre(params: ParamStore): tf.Tensor {
    return params.get(`${this.prefix}.loc`);
  }

  /**
   * The normal guide at the point that was learned; its parameters join `params`, under PREFIX.laplace. `elbo` is the objective whose curvature
   * is taken (by default TraceELBO): give the TraceEnumELBO that the point was trained with where the model has discrete variables. Throws
   * a SupportError that names the site where the point is not a peak.
   */
  laplaceApproximation(params: ParamStore, args: Args, elbo: ELBO = new TraceELBO()): AutoMultivariateNormal<Args> {
    const prefix = `${this.prefix}.laplace`;
    const name = `${this.prefix}.loc`;
    const loss = (loc: tf.Tensor): tf.Scalar =>
      params.run(() =>
        seed.with(0, () =>
          substitute.with({ [name]: loc }, () => elbo.estimate(this.model, this.guide, args).surrogate),
        ),
      );
    const gradientAt = (at: Float64Array): Float32Array =>
      tf.tidy(() =>
        tf
          .grad(loss as (x: tf.Tensor) => tf.Tensor)(tf.tensor1d(Float32Array.from(at)))
          .dataSync(),
      ) as never;
    const loc = tf.tidy(() => params.get(name).dataSync());
    const curvature = rowCurvatures(gradientAt, Float64Array.from(loc), 1, loc.length);
    const factor = inverseFactor(curvature, loc.length, (entry) => this.siteOf(entry));
    const n = loc.length;
    const diagonal = Float32Array.from(loc, (_, i) => factor[i * n + i]);
    const below = factor.map((x, i) => (i % n < Math.floor(i / n) ? x / diagonal[Math.floor(i / n)] : 0));
    tf.tidy(() => {
      params.set(`${prefix}.loc`, tf.tensor1d(loc));
      params.set(`${prefix}.scale`, tf.tensor1d(diagonal), positive);
      params.set(`${prefix}.below`, tf.tensor2d(Float32Array.from(below), [n, n]));
    });
    return this.adopt(new AutoMultivariateNormal(this.model, { ...this.options, prefix }));
  }
}
