/** Closed forms between families of counts and classes. */
import { elementwise, rowwise } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Bernoulli } from '../discrete/bernoulli.js';
import { Binomial } from '../discrete/binomial.js';
import { Categorical, OneHotCategorical } from '../discrete/categorical.js';
import { Geometric } from '../discrete/geometric.js';
import { Poisson } from '../discrete/poisson.js';
import { sigmoid, softplus } from '../logitFamily.js';
import { type KlRule, rule } from './rule.js';

interface Odds {
  logits: tf.Tensor;
}

/** For one coin, from the logits l of p and m of q; on the host, where near ones do not cancel. */
const betweenCoins = (p: Odds, q: Odds): tf.Tensor =>
  elementwise([p.logits, q.logits], (l, m) => sigmoid(l) * (l - m) - softplus(l) + softplus(m), [
    (l, m) => sigmoid(l) * sigmoid(-l) * (l - m),
    (l, m) => sigmoid(m) - sigmoid(l),
  ]);

/** From normalised logits: the sum of p (log p - log q), in which classes that p lacks count nothing. */
function betweenClasses(p: Odds, q: Odds): tf.Tensor {
  const sum = (l: Float64Array, m: Float64Array) =>
    l.reduce((total, li, i) => (li === Number.NEGATIVE_INFINITY ? total : total + Math.exp(li) * (li - m[i])), 0);
  return rowwise([p.logits, q.logits], sum, [
    (l, m) => l.map((li, i) => (li === Number.NEGATIVE_INFINITY ? 0 : Math.exp(li) * (li - m[i] + 1))),
    (l) => l.map((li) => -Math.exp(li)),
  ]);
}

/** Whether both count the same number of trials; there is no closed form otherwise. */
const sameTrials = (p: Binomial, q: Binomial): boolean =>
  tf.tidy(() => tf.all(tf.equal(p.totalCount, q.totalCount)).dataSync()[0] === 1);

export const discreteRules: KlRule[] = [
  rule(Bernoulli, Bernoulli, betweenCoins),
  rule(Categorical, Categorical, betweenClasses),
  rule(OneHotCategorical, OneHotCategorical, betweenClasses),
  // As many failures as p expects, and one success: a coin for each.
  rule(Geometric, Geometric, (p, q) => betweenCoins(p, q).div(tf.sigmoid(p.logits))),
  rule(Poisson, Poisson, (p, q) =>
    elementwise([p.rate, q.rate], (a, b) => (a === 0 ? 0 : a * Math.log(a / b)) - a + b, [
      (a, b) => Math.log(a / b),
      (a, b) => 1 - a / b,
    ]),
  ),
  rule(Binomial, Binomial, (p, q) => p.totalCount.mul(betweenCoins(p, q)), sameTrials),
];
