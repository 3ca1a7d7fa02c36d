/**
 * The numbers in fixtures/distributionFigures.json were made by Pyro 1.8.6 and PyTorch 1.13 in float64 (rows of dtype f32: float32):
 * `dist.ProjectedNormal(conc).log_prob(value)`, `dist.ContinuousBernoulli(p)`, `dist.Bernoulli(p)`, `dist.OneHotCategorical(probs)` and their
 * gradients by autograd.
 */
import * as tf from '@tensorflow/tfjs';
import { bernoulli, continuousBernoulli, oneHotCategorical, projectedNormal } from 'pyro-ts';
import { describe, test } from 'vitest';
import figures from '../../fixtures/distributionFigures.json' with { type: 'json' };
import { expectClose, gradOf } from '../../numbers.js';

/** The original keeps probabilities 2^-52 from an edge; here 0 and 1 are 2^-126 from it, which is nearer than any other float32. */
const clampedLogit = -Math.log(2 ** -52);
const isEdge = (p: number) => p === 0 || p === 1;
/** What the original takes a probability for, as a probability or as logits. */
const asOriginal = (p: number) => (isEdge(p) ? { logits: p === 1 ? clampedLogit : -clampedLogit } : { probs: p });

test('at an edge the logarithm is finite, and below that of every other probability', () => {
  const least = Math.log(2 ** -126);
  expectClose(bernoulli([0, 1]).logits, [least, -least], 1e-6);
  expectClose(bernoulli([1e-30, 1e-37]).logProb(tf.scalar(1)), [Math.log(1e-30), Math.log(1e-37)], 1e-6);
  expectClose(oneHotCategorical([1, 0, 1e-30]).logProb(tf.eye(3)), [0, least, Math.log(1e-30)], 1e-6);
});

describe('ProjectedNormal', () => {
  // Entries that a clamp of the original decided, not the formula. Here: mpmath at 60 digits, log of
  // 1 + t ndtr(t) / phi(t) (circle) or t + (1 + t^2) ndtr(t) / phi(t) (sphere), less |c|^2 / 2 + (dim / 2) log(2 pi), where t = c . v.
  const exact: Record<number, { log_prob: number; grad_conc: number[] }> = {
    34: { log_prob: -56.04403877263409, grad_conc: [-7.887096396591997, -6.456133091745085] },
    35: { log_prob: -56.4720605693089, grad_conc: [-7.797094217286205, -6.5674018606033835] },
    40: { log_prob: -1259.2203585606762, grad_conc: [-38.29186006490793, -32.213793477132455] },
    41: { log_prob: -1259.6631214012284, grad_conc: [-38.27266644165783, -32.236622233183674] },
    76: { log_prob: -58.39392510658528, grad_conc: [-5.101468366855323, -6.037803492022567, -6.581449226345885] },
    77: { log_prob: -59.02892376998073, grad_conc: [-4.938702638529783, -6.173378298162229, -6.584936851373045] },
    82: { log_prob: -1263.1383211454588, grad_conc: [-24.06364142606456, -30.007980499472076, -32.03830480671461] },
    83: { log_prob: -1263.802133129483, grad_conc: [-24.02875408507448, -30.0359426063431, -32.0383387800993] },
  };
  const rows = figures.projected_normal.map((row, i) => ({ ...row, ...exact[i], i }));
  test.each(rows)('entry $i: concentration $conc, angle $angle', ({ conc, value, log_prob, grad_conc }) => {
    const at = tf.tensor1d(value);
    // The float32 value is a unit vector to 1e-7 only, which moves log_prob by that times kappa.
    const atol = 1e-6 * Math.max(1, Math.hypot(...conc));
    expectClose(projectedNormal(conc).logProb(at), [log_prob], 1e-5, atol);
    expectClose(
      gradOf((c) => projectedNormal(c).logProb(at), tf.tensor1d(conc)),
      grad_conc,
      1e-5,
      atol,
    );
  });
});

describe('ContinuousBernoulli', () => {
  test.each(figures.continuous_bernoulli)('p = $p', ({ p, mean, variance, x, log_prob, grad_p }) => {
    const d = continuousBernoulli(asOriginal(p));
    const at = tf.tensor1d(x);
    // float32 cannot hold p nearer to 1 than 6e-8: compare there with what the neighbouring float says, through logits.
    const isHeld = p < 0.9999 || p === 1;
    const logits = Math.log(p) - Math.log1p(-p);
    const e = isHeld ? d : continuousBernoulli({ logits });
    expectClose(e.logProb(at), log_prob, 1e-5, 2e-6);
    expectClose(e.mean(), [mean], 1e-5);
    expectClose(e.variance(), [variance], 2e-5);
    if (isHeld && !isEdge(p))
      for (const [i, g] of grad_p.entries()) {
        const slope = gradOf((q) => continuousBernoulli(q).logProb(tf.scalar(x[i])), tf.scalar(p));
        expectClose(slope, [g], 1e-4, 1e-4);
      }
  });
});

describe('Bernoulli', () => {
  const rows = figures.bernoulli_probs.filter(({ dtype, p }) =>
    // In float32 the original clamps below 1e-7 from an edge.
    dtype === 'f64' ? Math.fround(p) !== Math.fround(0.9999999) : p > 1e-6 && p < 0.99999,
  );
  test.each(rows)('p = $p ($dtype)', ({ p, x, log_prob, grad_p }) => {
    expectClose(bernoulli({ ...asOriginal(p), relaxedSupport: true }).logProb(tf.tensor1d(x)), log_prob, 1e-5, 1e-6);
    for (const [i, g] of grad_p.entries()) {
      const slope = gradOf((q) => bernoulli(q).logProb(tf.scalar(x[i])), tf.scalar(p));
      expectClose(slope, [g], 2e-5, 1e-5);
    }
  });
  test('p = 0.9999999, which float32 rounds, from its logits', () => {
    const row = figures.bernoulli_probs.find(({ dtype, p }) => dtype === 'f64' && p === 0.9999999);
    const logits = Math.log(0.9999999) - Math.log1p(-0.9999999);
    expectClose(bernoulli({ logits }).logProb(tf.tensor1d(row?.x ?? [])), row?.log_prob, 1e-5, 2e-6);
  });
});

describe('OneHotCategorical', () => {
  const rows = figures.onehot_categorical_probs.filter(
    ({ dtype, probs }) => dtype === 'f64' || Math.min(...probs) > 1e-6,
  );
  test.each(rows)('probs $probs ($dtype)', ({ probs, log_prob_of_each_class, grad_probs }) => {
    const classes = tf.eye(probs.length);
    const clamped = probs.map((p) => Math.max(p, 2 ** -52));
    expectClose(oneHotCategorical(clamped).logProb(classes), log_prob_of_each_class, 1e-5, 1e-6);
    for (const [i, row] of grad_probs.entries()) {
      const slope = gradOf((q) => oneHotCategorical(q).logProb(classes.slice(i, 1)), tf.tensor1d(probs));
      expectClose(slope, row, 1e-5, 1e-6);
    }
  });
});
