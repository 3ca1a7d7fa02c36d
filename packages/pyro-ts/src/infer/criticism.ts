/** How well a fitted model predicts: log-likelihoods point by point, WAIC, leave-one-out cross-validation, and posterior predictive checks. */
import * as tf from '@tensorflow/tfjs';
import { ModelGuideError, OptionError, rejectUnknownKeys, ShapeError } from '../errors.js';
import { replay } from '../handlers/replay.js';
import { trace } from '../handlers/trace.js';
import { ParamStore } from '../paramStore.js';
import { RandomStream } from '../random.js';
import { SeedHandler } from '../runtime/seed.js';
import type { InferenceProgram } from './elbo/elbo.js';
import { smoothed } from './pareto.js';
import { running } from './running.js';

/** log p(data point | latent variables) of posterior draws: `values[draw * points + point]`. */
export interface PointwiseLogLikelihood {
  readonly draws: number;
  readonly points: number;
  readonly values: Float64Array;
}

export interface PointwiseOptions<Args extends unknown[]> {
  /** Draws from the posterior. */
  guide: InferenceProgram<Args>;
  /** @default 400 */
  numSamples?: number;
  params?: ParamStore;
  /** @default 0 */
  seed?: number | string;
}

/**
 * The log-likelihood of each data point at each of some posterior draws, by observed site. A point is one entry of the site's batch; scales and masks
 * are left aside, so a plate that subsamples gives those points that it has drawn.
 * @throws {ModelGuideError} for a model that observes nothing
 * @example
 * const logs = pointwiseLogLikelihood(model, { guide, params: svi.params }, data);
 * loo(logs.x).elpd; // of the observed site "x"
 */
export function pointwiseLogLikelihood<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  options: PointwiseOptions<Args>,
  ...args: Args
): Record<string, PointwiseLogLikelihood> {
  rejectUnknownKeys('pointwiseLogLikelihood', options, ['guide', 'numSamples', 'params', 'seed']);
  const { guide, numSamples = 400, params = new ParamStore(), seed = 0 } = options;
  if (!Number.isInteger(numSamples) || numSamples < 2) {
    throw new OptionError(`pointwiseLogLikelihood: numSamples must be an integer of at least 2; got ${numSamples}.`);
  }
  const stream = new RandomStream(seed);
  const found = new Map<string, Float64Array>();
  const draw = (i: number): void =>
    tf.tidy(() => {
      const posterior = trace(guide).getTrace(...args);
      const target = trace(replay(model, posterior)).getTrace(...args);
      for (const site of target.sampleSites.filter(({ isObserved }) => isObserved)) {
        const logs = site.unscaledLogProb.dataSync();
        const rows = found.get(site.name) ?? new Float64Array(numSamples * logs.length);
        if (rows.length !== numSamples * logs.length) {
          throw new ShapeError(`Site "${site.name}" has another number of points in draw ${i} than before.`, site.name);
        }
        rows.set(logs, i * logs.length);
        found.set(site.name, rows);
      }
    });
  running(model, () =>
    params.run(() => {
      for (let i = 0; i < numSamples; i++) new SeedHandler(stream.fork(i)).run(() => draw(i));
    }),
  );
  if (found.size === 0) throw new ModelGuideError('pointwiseLogLikelihood: the model observes nothing.');
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, { draws: numSamples, points: values.length / numSamples, values }]),
  );
}

/** An estimate of the expected log predictive density of new data. */
export interface PredictiveAccuracy {
  /** Sum over the points; larger is better. */
  readonly elpd: number;
  /** Of `elpd`, from the spread over the points. */
  readonly standardError: number;
  /** How much the posterior predicts its own data better than new data. */
  readonly effectiveParameters: number;
  /** Each point's part of `elpd`. */
  readonly pointwise: Float64Array;
}

/**
 * The widely applicable information criterion: the log predictive density of the data less the posterior variance of each point's log-likelihood.
 * Source: Watanabe 2010; ArviZ `waic`.
 * @example waic(pointwiseLogLikelihood(model, { guide, params: svi.params }, data).x).elpd
 */
export function waic(logLikelihood: PointwiseLogLikelihood): PredictiveAccuracy {
  return accuracyOf(logLikelihood, (column) => {
    const mean = column.reduce((sum, l) => sum + l, 0) / column.length;
    const variance = column.reduce((sum, l) => sum + (l - mean) ** 2, 0) / column.length;
    return logMeanExp(column) - variance;
  });
}

/**
 * Leave-one-out cross-validation by Pareto-smoothed importance sampling, without fitting again. A point whose `paretoK` is above 0.7 is so influential that
 * its part cannot be trusted: leave it out and fit again, or use another likelihood. Source: Vehtari, Gelman and Gabry 2017; ArviZ `loo`.
 * @example Math.max(...loo(pointwiseLogLikelihood(model, { guide, params: svi.params }, data).x).paretoK)
 */
export function loo(logLikelihood: PointwiseLogLikelihood): PredictiveAccuracy & { readonly paretoK: Float64Array } {
  const paretoK: number[] = [];
  const accuracy = accuracyOf(logLikelihood, (column) => {
    const { logWeights, shape } = smoothed(column.map((l) => -l));
    paretoK.push(shape);
    return Math.log(column.reduce((sum, l, draw) => sum + Math.exp(l + logWeights[draw]), 0));
  });
  return { ...accuracy, paretoK: Float64Array.from(paretoK) };
}

function accuracyOf(
  { draws, points, values }: PointwiseLogLikelihood,
  ofPoint: (column: Float64Array) => number,
): PredictiveAccuracy {
  if (values.length !== draws * points || draws < 2 || points < 1) {
    throw new ShapeError(
      `${values.length} log-likelihoods are not those of ${draws} draws (at least 2) of ${points} points.`,
    );
  }
  const columns = Array.from({ length: points }, (_, i) =>
    Float64Array.from({ length: draws }, (_, s) => values[s * points + i]),
  );
  const pointwise = Float64Array.from(columns, ofPoint);
  const elpd = pointwise.reduce((sum, x) => sum + x, 0);
  const spread = pointwise.reduce((sum, x) => sum + (x - elpd / points) ** 2, 0) / points;
  const logDensity = columns.reduce((sum, column) => sum + logMeanExp(column), 0);
  return { elpd, standardError: Math.sqrt(points * spread), effectiveParameters: logDensity - elpd, pointwise };
}

function logMeanExp(x: Float64Array): number {
  const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(x.reduce((sum, l) => sum + Math.exp(l - largest), 0) / x.length);
}

/**
 * A posterior predictive check: the fraction of replicated data sets whose statistic is at least that of the observed one. Near 0 or 1 the model does not
 * reproduce that side of the data.
 * @param replicated draws [numSamples, ...] of an observed site, as of `Predictive`
 * @param observed the data [...]
 * @param statistic a number of one data set
 * @example
 * const replicated = normal(0, 1).sample(rng, [500, 3]); // as `Predictive` gives them
 * predictiveCheck(replicated, tf.tensor1d(data), (x) => tf.max(x)); // near 0 where the largest value is larger than the model expects
 */
export function predictiveCheck(
  replicated: tf.Tensor,
  observed: tf.Tensor,
  statistic: (data: tf.Tensor) => tf.Tensor,
): number {
  const [draws, ...shape] = replicated.shape;
  if (`${shape}` !== `${observed.shape}`) {
    throw new ShapeError(
      `predictiveCheck: the replicated data must be draws [numSamples, ${observed.shape}] of the observed ones; they are [${replicated.shape}].`,
    );
  }
  const of = (data: tf.Tensor): number => tf.tidy(() => statistic(data).asScalar().dataSync()[0]);
  const wanted = of(observed);
  let count = 0;
  for (let i = 0; i < draws; i++) if (tf.tidy(() => of(tf.gather(replicated, i))) >= wanted) count++;
  return count / draws;
}
