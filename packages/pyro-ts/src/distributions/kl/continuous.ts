/** Closed forms between families of real numbers. */
import { select } from '@pyro-ts/engine';
import { elementwise, host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Beta } from '../continuous/beta.js';
import { Cauchy } from '../continuous/cauchy.js';
import { ContinuousBernoulli } from '../continuous/continuousBernoulli.js';
import { Exponential, Gamma } from '../continuous/gamma.js';
import { Laplace } from '../continuous/laplace.js';
import { Normal } from '../continuous/normal.js';
import { HalfNormal, LogNormal } from '../continuous/normals.js';
import { Uniform } from '../continuous/uniform.js';
import { VonMises } from '../continuous/vonMises.js';
import type { Distribution } from '../distribution.js';
import { magnitude } from '../family.js';
import { type KlRule, rule } from './rule.js';

const { trigamma } = host;

interface LocScale {
  loc: tf.Tensor;
  scale: tf.Tensor;
}

function betweenNormals(p: LocScale, q: LocScale): tf.Tensor {
  const ratio = p.scale.div(q.scale).square();
  const shift = p.loc.sub(q.loc).div(q.scale).square();
  return ratio.add(shift).sub(1).sub(ratio.log()).mul(0.5);
}

interface ShapeRate {
  concentration: tf.Tensor;
  rate: tf.Tensor;
}
const asGamma = (p: Exponential): ShapeRate => ({ concentration: tf.onesLike(p.rate), rate: p.rate });

/** On the host: the terms cancel to a small part of themselves for large concentrations. */
const betweenGammas = (p: ShapeRate, q: ShapeRate): tf.Tensor =>
  elementwise(
    [p.concentration, p.rate, q.concentration, q.rate],
    (a, b, c, d) => (a - c) * host.digamma(a) - host.lgamma(a) + host.lgamma(c) + c * Math.log(b / d) + a * (d / b - 1),
    [
      (a, b, c, d) => (a - c) * trigamma(a) + d / b - 1,
      (a, b, c, d) => (c - (a * d) / b) / b,
      (a, b, c, d) => host.digamma(c) - host.digamma(a) + Math.log(b / d),
      (a, b, c, d) => a / b - c / d,
    ],
  );

const betweenBetas = (p: Beta, q: Beta): tf.Tensor => {
  const psi = host.digamma;
  const inP = (own: number, other: number, ownQ: number, otherQ: number) =>
    (own - ownQ) * trigamma(own) - (own - ownQ + other - otherQ) * trigamma(own + other);
  const inQ = (own: number, other: number, ownQ: number, otherQ: number) =>
    psi(ownQ) - psi(ownQ + otherQ) - psi(own) + psi(own + other);
  return elementwise(
    [p.concentration1, p.concentration0, q.concentration1, q.concentration0],
    (a, b, c, d) =>
      host.lbeta(c, d) - host.lbeta(a, b) + (a - c) * psi(a) + (b - d) * psi(b) + (c - a + d - b) * psi(a + b),
    [inP, (a, b, c, d) => inP(b, a, d, c), inQ, (a, b, c, d) => inQ(b, a, d, c)],
  );
};

function betweenLaplaces(p: Laplace, q: Laplace): tf.Tensor {
  const distance = magnitude(p.loc.sub(q.loc));
  const overlap = p.scale.mul(tf.exp(distance.div(p.scale).neg()));
  return overlap.add(distance).div(q.scale).sub(p.scale.div(q.scale).log()).sub(1);
}

function betweenUniforms(p: Uniform, q: Uniform): tf.Tensor {
  const ratio = q.high.sub(q.low).div(p.high.sub(p.low)).log();
  const isInside = tf.logicalAnd(tf.greaterEqual(p.low, q.low), tf.lessEqual(p.high, q.high));
  return select(isInside, ratio, tf.scalar(Number.POSITIVE_INFINITY));
}

/** From a family with an entropy and two moments: the normal's log density is a quadratic, whose mean they give. */
function toNormal(p: Distribution, q: Normal): tf.Tensor {
  const spread = p.variance().add(p.mean().sub(q.loc).square()).div(q.scale.square());
  return spread
    .mul(0.5)
    .add(q.scale.log())
    .add(0.5 * Math.log(2 * Math.PI))
    .sub(p.entropy());
}

export const continuousRules: KlRule[] = [
  rule(Normal, Normal, betweenNormals),
  rule(LogNormal, LogNormal, betweenNormals),
  rule(HalfNormal, HalfNormal, (p, q) => {
    const ratio = p.scale.div(q.scale).square();
    return ratio.sub(1).sub(ratio.log()).mul(0.5);
  }),
  rule(Gamma, Gamma, betweenGammas),
  rule(Exponential, Exponential, (p, q) => betweenGammas(asGamma(p), asGamma(q))),
  rule(Exponential, Gamma, (p, q) => betweenGammas(asGamma(p), q)),
  rule(Gamma, Exponential, (p, q) => betweenGammas(p, asGamma(q))),
  rule(Beta, Beta, betweenBetas),
  rule(Laplace, Laplace, betweenLaplaces),
  rule(Uniform, Uniform, betweenUniforms),
  rule(Cauchy, Cauchy, (p, q) => {
    const reach = p.scale.add(q.scale).square().add(p.loc.sub(q.loc).square());
    return reach.log().sub(p.scale.mul(q.scale).mul(4).log());
  }),
  rule(VonMises, VonMises, (p, q) => {
    const logI0 = (k: tf.Tensor) => elementwise([k], (x) => x + Math.log(host.i0e(x)), [host.besselRatio]);
    const length = tf.sub(1, p.variance());
    const change = p.concentration.sub(q.concentration.mul(tf.cos(p.loc.sub(q.loc))));
    return length.mul(change).sub(logI0(p.concentration)).add(logI0(q.concentration));
  }),
  rule(ContinuousBernoulli, ContinuousBernoulli, (p, q) =>
    p.mean().mul(p.logits.sub(q.logits)).sub(p.logPartition()).add(q.logPartition()),
  ),
  rule(Uniform, Normal, toNormal),
  rule(Laplace, Normal, toNormal),
];
