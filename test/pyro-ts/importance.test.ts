/** Importance sampling against a conjugate evidence, and the Pareto diagnostic against arviz's figures. */
import {
  factor,
  importance,
  NonFiniteError,
  normal,
  ParamStore,
  param,
  paretoShape,
  plate,
  sample,
  withValidation,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const data = [0.8, -0.3, 1.5];
const model = () => {
  const mu = sample('mu', normal(0, 1));
  plate('data', 3, () => sample('x', normal(mu, 0.7), { obs: data }));
};
const logNormal = (x: number, loc: number, variance: number) =>
  (-0.5 * (x - loc) ** 2) / variance - 0.5 * Math.log(2 * Math.PI * variance);
const precision = 1 + 3 / 0.49;
const mean = data.reduce((a, b) => a + b) / 0.49 / precision;
const evidence =
  logNormal(0, 0, 1) + data.reduce((s, x) => s + logNormal(x, 0, 0.49), 0) - logNormal(0, mean, 1 / precision);

describe('importance', () => {
  it('with the posterior as guide has equal weights: the evidence exactly, and every draw counts', () => {
    const params = new ParamStore();
    params.set('loc', mean);
    const guide = () => sample('mu', normal(param('loc', 0), precision ** -0.5));
    const result = importance(model, { guide, numSamples: 40, params, seed: 1 });
    expect(result.logEvidence).toBeCloseTo(evidence, 4);
    expect(result.effectiveSampleSize).toBeCloseTo(40, 1);
    expect(result.values.mu.length).toBe(40);
  });
  it('with the prior as proposal estimates the evidence and the posterior mean', () => {
    const result = importance(model, { numSamples: 1500, seed: 1 });
    expect(Math.abs(result.logEvidence - evidence)).toBeLessThan(0.1);
    const top = result.logWeights.reduce((a, b) => Math.max(a, b));
    const weights = Array.from(result.logWeights, (w) => Math.exp(w - top));
    const total = weights.reduce((a, b) => a + b);
    const posteriorMean = weights.reduce((s, w, i) => s + (w / total) * result.values.mu[i][0], 0);
    expect(Math.abs(posteriorMean - mean)).toBeLessThan(0.05);
    expect(result.effectiveSampleSize).toBeLessThan(1000);
    expect(result.paretoK).toBeLessThan(0.4);
  });
  it('sees a proposal that is too narrow', () => {
    const guide = () => sample('mu', normal(mean + 1, 0.08));
    expect(importance(model, { guide, numSamples: 400, seed: 1 }).paretoK).toBeGreaterThan(0.55);
  });
  it('of a model that allows no draw is an evidence of 0', () => {
    const impossible = () => {
      sample('mu', normal(0, 1));
      factor('never', Number.NEGATIVE_INFINITY);
    };
    const { logEvidence, effectiveSampleSize, paretoK } = importance(impossible, { numSamples: 10 });
    expect([logEvidence, effectiveSampleSize, paretoK]).toEqual([Number.NEGATIVE_INFINITY, 0, Number.NaN]);
  });
  it('names the site and the program of a weight that is NaN or infinite', () => {
    const draw = () => sample('mu', normal(0, 1));
    const weighted = (logFactor: number) => () => {
      draw();
      factor('bad', logFactor);
    };
    const run = (program: () => unknown, guide?: () => unknown) => () =>
      withValidation(false, () => importance(program, { numSamples: 3, ...(guide && { guide }) }));
    expect(run(weighted(Number.NaN))).toThrow(NonFiniteError);
    expect(run(weighted(Number.NaN))).toThrow(
      /weight of a draw is NaN: the log-probability of site "bad" \(Unit\) in the model is NaN/,
    );
    expect(run(weighted(Number.POSITIVE_INFINITY))).toThrow(/infinite: .* site "bad" .* in the model is Infinity/);
    expect(run(draw, () => sample('mu', normal(0, Number.NaN)))).toThrow(
      /site "mu" \(Normal\) in the (model|guide) is NaN/,
    );
    const undecided = () => {
      draw();
      factor('aside', Number.NaN);
    };
    expect(run(draw, undecided)).not.toThrow();
    expect(run(weighted(Number.NEGATIVE_INFINITY))).not.toThrow();
  });
  it('rejects a number of samples that makes no sense', () => {
    expect(() => importance(model, { numSamples: 0 })).toThrow(
      'importance: numSamples must be a positive integer, not 0.',
    );
  });
});

describe('paretoShape', () => {
  /** Quantiles of a generalised Pareto distribution of shape k, and 0.1. */
  const weightsOf = (n: number, k: number) =>
    Float64Array.from({ length: n }, (_, i) => ((1 - (i + 0.5) / n) ** -k - 1) / k + 0.1);

  // Python's arviz_stats 0.8.0: array_stats.psislw(-log(weights))[1]
  it.each([
    [30, -0.3, 0.220349],
    [30, 0.2, 0.358025],
    [30, 0.7, 0.49473],
    [30, 1.5, 0.71045],
    [100, -0.3, 0.024996],
    [100, 0.2, 0.319621],
    [100, 0.7, 0.606289],
    [100, 1.5, 1.064675],
    [1000, -0.3, -0.198958],
    [1000, 0.2, 0.236808],
    [1000, 0.7, 0.6699],
    [1000, 1.5, 1.363158],
  ])("agrees with arviz's psislw for %s weights of shape %s", (n, k, expected) => {
    expect(paretoShape(weightsOf(n, k))).toBeCloseTo(expected, 5);
  });
  it('cannot tell from few weights, or from equal ones', () => {
    expect(paretoShape(new Float64Array([1, 2, 3, 4]))).toBeNaN();
    expect(paretoShape(new Float64Array(100).fill(1))).toBeNaN();
  });
});
