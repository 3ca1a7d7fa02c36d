/**
 * fixtures/specialFunctions.json was made with mpmath 1.3 at 40 digits: loggamma, digamma, polygamma(1), erf, erfc, erfinv, besseli, gammainc and
 * betainc (regularized), and the slopes of quantiles as -(d cdf / d parameter) / density with mpmath's `diff` (gamma, beta) or `quad` (von
 * Mises). Rows are the arguments, then the value.
 */

import * as engine from '@pyro-ts/engine';
import { host, logRadialIntegral, readBroadcast } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import figures from '../fixtures/specialFunctions.json' with { type: 'json' };
import { expectClose, gradOf } from '../numbers.js';

const functions: Record<keyof typeof figures, (...x: number[]) => number> = {
  lgamma: host.lgamma,
  digamma: host.digamma,
  trigamma: host.trigamma,
  lbeta: host.lbeta,
  erf: host.erf,
  erfc: host.erfc,
  erfcx: host.erfcx,
  logNdtr: host.logNdtr,
  inverseMills: host.inverseMills,
  ndtri: host.ndtri,
  erfinv: host.erfinv,
  i0e: host.i0e,
  i1e: host.i1e,
  gammaP: host.gammaP,
  gammaQuantileSlope: host.gammaQuantileSlope,
  betaI: host.betaI,
  betaSlopeA: (a, b, x) => host.betaQuantileSlopes(a, b, x, 1 - x)[0],
  betaSlopeB: (a, b, x) => host.betaQuantileSlopes(a, b, x, 1 - x)[1],
  vonMisesQuantileSlope: host.vonMisesQuantileSlope,
};

test.each(Object.entries(functions))('%s agrees with mpmath to 1e-9', (name, f) => {
  for (const row of figures[name as keyof typeof figures]) {
    const expected = row[row.length - 1];
    const found = f(...row.slice(0, -1));
    expect(Math.abs(found - expected), `${name}(${row.slice(0, -1)}) = ${found}, not ${expected}`).toBeLessThanOrEqual(
      1e-9 * Math.abs(expected) + 1e-14,
    );
  }
});

test('poles and edges', () => {
  expect(host.lgamma(0)).toBe(Number.POSITIVE_INFINITY);
  expect(host.digamma(-2)).toBeNaN();
  expect([host.ndtri(0), host.ndtri(1), host.ndtri(2)]).toEqual([-Infinity, Infinity, Number.NaN]);
  expect([host.betaI(2, 3, 0), host.betaI(2, 3, 1), host.gammaP(2, 0)]).toEqual([0, 1, 0]);
});

describe('on tensors', () => {
  const x = [-2.3, -0.4, 0.2, 0.7, 1.9, 6];
  const positive = [0.05, 0.5, 1, 2.3, 40];
  const inside = [-0.9, -0.2, 0.1, 0.6];
  const unit = [0.01, 0.3, 0.5, 0.97];
  const cases: [string, (t: tf.Tensor) => tf.Tensor, (t: number) => number, number[]][] = [
    ['lgamma', engine.lgamma, host.lgamma, positive],
    ['digamma', engine.digamma, host.digamma, positive],
    ['lbeta in a', (t) => engine.lbeta(t, tf.scalar(1.7)), (a) => host.lbeta(a, 1.7), positive],
    ['lbeta in b', (t) => engine.lbeta(tf.scalar(1.7), t), (b) => host.lbeta(1.7, b), positive],
    ['erf', engine.erf, host.erf, x],
    ['erfc', engine.erfc, host.erfc, x],
    ['erfcx', engine.erfcx, host.erfcx, x],
    ['erfinv', engine.erfinv, host.erfinv, inside],
    ['logNdtr', engine.logNdtr, host.logNdtr, [...x, -20]],
    ['ndtri', engine.ndtri, host.ndtri, unit],
    ['i0e', engine.i0e, host.i0e, x],
    ['i1e', engine.i1e, host.i1e, x],
  ];
  test.each(cases)('%s: values, and the gradient against differences in float64', (_, onTensors, onHost, points) => {
    const at = tf.tensor1d(points);
    const held = Array.from(at.dataSync());
    expectClose(onTensors(at), held.map(onHost), 1e-6);
    const slopes = held.map(
      (t) => (onHost(t + 1e-5 * Math.abs(t)) - onHost(t - 1e-5 * Math.abs(t))) / (2e-5 * Math.abs(t)),
    );
    expectClose(gradOf(onTensors, at), slopes, 2e-5, 1e-6);
  });

  test('elementwise broadcasts, up to rank 6, and sums its gradient back', () => {
    const a = tf.tensor([1, 2, 3], [3, 1, 1, 1, 1, 1]);
    const b = tf.tensor([0.5, 4], [2]);
    const out = engine.lbeta(a, b);
    expect(out.shape).toEqual([3, 1, 1, 1, 1, 2]);
    expectClose(
      out,
      [1, 2, 3].flatMap((p) => [0.5, 4].map((q) => host.lbeta(p, q))),
      1e-6,
    );
    const { grads } = tf.tidy(() => {
      const gs = tf.grads((p: tf.Tensor, q: tf.Tensor) => engine.lbeta(p, q).sum() as tf.Scalar)([a, b]);
      return { grads: gs.map((g) => [g.shape, Array.from(g.dataSync())] as const) };
    });
    expect(grads.map(([shape]) => shape)).toEqual([a.shape, b.shape]);
    const slope = (p: number, q: number) => host.digamma(p) - host.digamma(p + q);
    expectClose(
      grads[0][1],
      [1, 2, 3].map((p) => slope(p, 0.5) + slope(p, 4)),
      1e-5,
    );
    expectClose(
      grads[1][1],
      [0.5, 4].map((q) => slope(q, 1) + slope(q, 2) + slope(q, 3)),
      1e-5,
    );
  });

  test('readBroadcast repeats what has size 1, in the middle and in front', () => {
    const t = tf.tensor([1, 2, 3, 4], [2, 1, 2]);
    expect(Array.from(readBroadcast(t, [2, 2, 3, 2]))).toEqual(
      Array.from(tf.add(t, tf.zeros([2, 2, 3, 2])).dataSync()),
    );
  });

  test('logRadialIntegral is the integral that it names, and survives both tails', () => {
    // The trapezoid rule over r with 20,000 steps.
    const numeric = (t: number, k: number) => {
      const top = Math.max(t, 0) + 12;
      let sum = 0;
      for (let i = 1; i < 20000; i++) {
        const r = (i * top) / 20000;
        sum += r ** k * Math.exp(-((r - t) ** 2) / 2);
      }
      return Math.log((sum * top) / 20000);
    };
    for (const k of [1, 2] as const) {
      const at = tf.tensor1d([-9, -3, -1.0001, -1, -0.5, 0, 2, 8]);
      expectClose(
        logRadialIntegral(at, k),
        Array.from(at.dataSync(), (t) => numeric(t, k)),
        1e-5,
        1e-5,
      );
      const far = tf.tensor1d([-1e4, 1e4]);
      // To first order k! / s^(k + 1) exp(-s^2 / 2) for s = -t, and t^k sqrt(2 pi).
      const expected = [-5e7 - (k + 1) * Math.log(1e4) + Math.log(k), k * Math.log(1e4) + 0.5 * Math.log(2 * Math.PI)];
      expectClose(logRadialIntegral(far, k), expected, 1e-6);
      expectClose(
        gradOf((t) => logRadialIntegral(t, k), far),
        [1e4, k / 1e4],
        1e-5,
      );
    }
  });
});
