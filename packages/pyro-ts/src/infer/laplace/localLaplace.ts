/** Inference of latents that belong to one datum each: refined from an initial value, with the evidence of each datum by Laplace's approximation. */
import type * as tf from '@tensorflow/tfjs';
import type { TensorLike } from '../../distributions/distribution.js';
import { rejectUnknownKeys } from '../../errors.js';
import { ParamStore } from '../../paramStore.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { programRows, type RowChoice } from './programRows.js';
import { laplaceEvidence, type RefinedRows, type RefineOptions, refineRows } from './refineRows.js';

export interface LocalLaplaceOptions extends Pick<RefineOptions, 'steps' | 'damping' | 'tolerance'> {
  /** Name of the plate that has one element for each datum. */
  readonly plate: string;
  /** The model's parameters. @default an empty store */
  readonly params?: ParamStore;
  /**
   * Where each continuous latent starts: values that broadcast to [values of discrete latents, plates, ...event], from a recognition network for example.
   * @default 0 in unconstrained space
   */
  readonly initial?: Readonly<Record<string, TensorLike>>;
}

/** What was found about each datum and each value of its discrete latents; such pairs are rows, the values varying slowest. */
export interface LocalPosterior {
  /** Number of data. */
  readonly count: number;
  /** The discrete latents and their numbers of values; of several, the last changes slowest from row to row. */
  readonly choices: readonly RowChoice[];
  /** log p(datum, discrete latents) in nats, [values, count]: NaN where the refined point is no peak. */
  readonly jointEvidence: Float64Array;
  /** log p(datum) in nats, [count]. */
  readonly evidence: Float64Array;
  /** p(discrete latents | datum), [values, count]. */
  readonly probabilities: Float64Array;
  /** The refined continuous latents, constrained, [values * count, ...event]. The caller disposes of them. */
  readonly values: Readonly<Record<string, tf.Tensor>>;
  /** The same in unconstrained space, with their curvature: see `drawRows`. */
  readonly refined: RefinedRows;
}

/**
 * For each datum x and each value k of its discrete latents, maximises log p(x, k, z) over the continuous latents z (in unconstrained space) by damped
 * Newton steps from `initial`, and approximates
 *
 *     log p(x, k) = log of the integral of p(x, k, z) dz  by  log p(x, k, z*) + d/2 log(2 pi) - 1/2 log det H,
 *
 * with H the second derivatives of -log p at the maximum z*. Exact where p(x, k, z) is a Gaussian function of z; a good approximation where the data pin
 * z down. Data are independent given the parameters, so all are refined at once. Where the initial values come from a network that then learns from
 * what was refined, this is semi-amortised inference.
 *
 * A model that knows its own normal equations is refined through `refineRows` and `laplaceEvidence` directly.
 * @throws {SiteError} where there is no such plate, {ModelGuideError} for a latent that belongs to no single datum.
 * @see Tierney and Kadane 1986; Kim et al. 2018.
 * @example
 * const model = (x: number[]) => plate('data', x.length, () => {
 *   const k = sample('k', bernoulli(0.5));
 *   const z = sample('z', normal(0, 1));
 *   sample('x', normal(tf.add(z, tf.mul(k, 4)), 0.5), { obs: x });
 * });
 * localLaplace(model, { plate: 'data' }, [0.2, 3.9]).probabilities; // p(k = 0) of both data, then p(k = 1)
 */
export function localLaplace<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  options: LocalLaplaceOptions,
  ...args: Args
): LocalPosterior {
  rejectUnknownKeys('localLaplace', options, ['plate', 'params', 'initial', 'steps', 'damping', 'tolerance']);
  const { plate, params = new ParamStore(), initial = {}, ...steps } = options;
  const rows = programRows(model, plate, params, args);
  const refined = refineRows(rows, rows.startFrom(initial), { tolerance: 1e-6, ...steps });
  const jointEvidence = laplaceEvidence(refined);
  const { count, choices } = rows;
  return {
    ...{ count, choices, jointEvidence, refined },
    ...normalized(jointEvidence, count),
    values: rows.valuesAt(refined.z),
  };
}

/** The sum over values and the share of each value, from logs [values, count]. */
function normalized(logs: Float64Array, count: number): { evidence: Float64Array; probabilities: Float64Array } {
  const evidence = new Float64Array(count);
  const probabilities = new Float64Array(logs.length);
  for (let i = 0; i < count; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let at = i; at < logs.length; at += count) most = Math.max(most, logs[at]);
    let total = 0;
    for (let at = i; at < logs.length; at += count) total += Math.exp(logs[at] - most);
    evidence[i] = most + Math.log(total);
    for (let at = i; at < logs.length; at += count) probabilities[at] = Math.exp(logs[at] - evidence[i]);
  }
  return { evidence, probabilities };
}
