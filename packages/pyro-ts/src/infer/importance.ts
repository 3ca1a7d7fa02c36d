/** Importance sampling with a guide, and how far its weights can be trusted. */
import * as tf from '@tensorflow/tfjs';
import { OptionError, refuseUnknownKeys } from '../errors.js';
import { replay } from '../handlers/replay.js';
import { SeedHandler } from '../handlers/seed.js';
import { trace } from '../handlers/trace.js';
import { ParamStore } from '../paramStore.js';
import { RandomStream } from '../random.js';
import type { InferenceProgram } from './elbo/elbo.js';
import { paretoShape } from './pareto.js';
import { running } from './running.js';

export interface ImportanceOptions<Args extends unknown[]> {
  /** Proposals; the model's prior when left out. */
  guide?: InferenceProgram<Args>;
  /** Number of draws. */
  numSamples: number;
  params?: ParamStore;
  seed?: number | string;
}

/** Weighted draws and what they say. */
export interface ImportanceResult {
  /** log p(x, z) - log q(z) of each draw. */
  logWeights: Float64Array;
  /** Values of the latent sites, one host array for each draw. */
  values: Record<string, Float32Array[]>;
  /** Estimate of log p(x). */
  logEvidence: number;
  /** 1 / sum of squared normalised weights: how many equally weighted draws these are worth. */
  effectiveSampleSize: number;
  /** Shape of the Pareto tail of the weights; above 0.7 the estimate cannot be trusted. NaN with too few draws to tell. */
  paretoK: number;
}

/**
 * Draws from the guide, weighted towards the posterior. Source: `pyro.infer.Importance`; Vehtari et al. 2024 for the Pareto diagnostic.
 * @example importance(model, { guide, numSamples: 1000, params: svi.params }, data).logEvidence
 */
export function importance<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  options: ImportanceOptions<Args>,
  ...args: Args
): ImportanceResult {
  refuseUnknownKeys('importance', options, ['guide', 'numSamples', 'params', 'seed']);
  const { guide, numSamples, params = new ParamStore(), seed = 0 } = options;
  if (!Number.isInteger(numSamples) || numSamples < 1) {
    throw new OptionError(`importance: numSamples must be a positive integer, not ${numSamples}.`);
  }
  const stream = new RandomStream(seed);
  const logWeights = new Float64Array(numSamples);
  const values = new Map<string, Float32Array[]>();
  const draw = (i: number): void => {
    tf.tidy(() => {
      params.run(() =>
        new SeedHandler(stream.fork(i)).run(() => {
          const proposal = trace(guide ?? model).getTrace(...args);
          const target = guide ? trace(replay(model, proposal)).getTrace(...args) : proposal;
          const logP = target.logProbSum().dataSync()[0];
          logWeights[i] = logP - proposal.logProbSum((s) => s.isLatent).dataSync()[0];
          for (const site of target.latentSites) {
            if (!values.has(site.name)) values.set(site.name, []);
            values.get(site.name)?.push(Float32Array.from(site.value.dataSync()));
          }
        }),
      );
    });
  };
  running(model, () => {
    for (let i = 0; i < numSamples; i++) draw(i);
  });
  return { logWeights, values: Object.fromEntries(values), ...diagnose(logWeights) };
}

function diagnose(logWeights: Float64Array): Pick<ImportanceResult, 'logEvidence' | 'effectiveSampleSize' | 'paretoK'> {
  const max = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  // No draw is possible under the model.
  if (max === Number.NEGATIVE_INFINITY) return { logEvidence: max, effectiveSampleSize: 0, paretoK: Number.NaN };
  const weights = logWeights.map((w) => Math.exp(w - max));
  const sum = weights.reduce((a, b) => a + b, 0);
  const squares = weights.reduce((a, b) => a + b * b, 0);
  return {
    logEvidence: max + Math.log(sum / weights.length),
    effectiveSampleSize: (sum * sum) / squares,
    paretoK: paretoShape(weights),
  };
}
