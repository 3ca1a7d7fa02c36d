/**
 * "Attend Infer Repeat" of Pyro's tutorials in small: spots on 8 x 8 pixels, one at a time, until a Bernoulli says that there are no more. Pyro's loss
 * with the same weights (bench/reference/tutorials/air.py).
 */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Adam, bernoulli, module, normal, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/air.json' with { type: 'json' };
import { linear } from './networks.js';

const [SIZE, STEPS, HIDDEN] = [8, 2, 24];
const PIXELS = SIZE * SIZE;
const rows = Array.from({ length: PIXELS }, (_, i) => Math.floor(i / SIZE) - 3.5);
const columns = Array.from({ length: PIXELS }, (_, i) => (i % SIZE) - 3.5);

// program
const rnn = linear(PIXELS + 4 + HIDDEN, HIDDEN);
const predict = linear(HIDDEN, 7);
const blPredict = linear(PIXELS + 4, 1);

function objectToImage(where: tf.Tensor, what: tf.Tensor) {
  const [x, y] = tf.split(where.mul(2), 2, -1);
  return tf.softplus(what).mul(tf.exp(tf.sub(columns, x).square().add(tf.sub(rows, y).square()).mul(-0.5)));
}

function priorStep(n: number, t: number, x: tf.Tensor, previous: tf.Tensor) {
  // Whether to add an object to the output: once 0, always 0.
  const pres = sample(`z_pres_${t}`, bernoulli(previous.mul(0.5)).toEvent(1));
  const where = sample(
    `z_where_${t}`,
    normal(tf.zeros([n, 2]), 1)
      .mask(pres)
      .toEvent(1),
  );
  const what = sample(
    `z_what_${t}`,
    normal(tf.ones([n, 1]), 0.2)
      .mask(pres)
      .toEvent(1),
  );
  return [x.add(objectToImage(where, what).mul(pres)), pres];
}

function model(data: tf.Tensor) {
  const n = data.shape[0];
  plate('data', n, () => {
    let [x, pres]: tf.Tensor[] = [tf.zeros([n, PIXELS]), tf.ones([n, 1])];
    for (let t = 0; t < STEPS; t++) [x, pres] = priorStep(n, t, x, pres);
    sample('obs', normal(x, 0.3).toEvent(1), { obs: data });
  });
}

function guideStep(t: number, data: tf.Tensor, [h0, pres0, where0, what0]: tf.Tensor[]) {
  const seen = tf.concat([data, where0, what0, pres0], -1);
  const h = tf.tanh(module('rnn', rnn)(tf.concat([seen, h0], -1)));
  const [p, whereLoc, whereScale, whatLoc, whatScale] = tf.split(module('predict', predict)(h), [1, 2, 2, 1, 1], -1);
  const baseline = module('bl_predict', blPredict)(stopGradient(seen)).mul(pres0);

  const pres = sample(`z_pres_${t}`, bernoulli(tf.sigmoid(p).mul(pres0)).toEvent(1), {
    infer: { baseline: { value: baseline.squeeze([-1]) } },
  });
  const where = sample(`z_where_${t}`, normal(whereLoc, tf.softplus(whereScale)).mask(pres).toEvent(1));
  const what = sample(`z_what_${t}`, normal(whatLoc, tf.softplus(whatScale)).mask(pres).toEvent(1));
  return [h, pres, where, what];
}

function guide(data: tf.Tensor) {
  const n = data.shape[0];
  let state: tf.Tensor[] = [tf.zeros([n, HIDDEN]), tf.ones([n, 1]), tf.zeros([n, 2]), tf.zeros([n, 1])];
  plate('data', n, () => {
    for (let t = 0; t < STEPS; t++) state = guideStep(t, data, state);
  });
}
// end

test("with the same weights the loss is Pyro's", () => {
  const data = tf.tensor2d(figures.data);
  const svi = new SVI(model, guide, new Adam(), new TraceELBO());
  const losses = Array.from({ length: 150 }, () => {
    svi.steps++;
    return svi.evaluateLoss(data);
  });
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  const error = Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0)) / losses.length;
  expect(Math.abs(mean - figures.begin.mean)).toBeLessThan(3.5 * Math.hypot(error, figures.begin.error));
  data.dispose();
});
