/** Models 0 to 3 of Pyro's example `hmm.py`: the losses of 20 steps from the same start, and what is learned (bench/reference/tutorials/hmm.py). */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoDelta,
  bernoulli,
  beta,
  categorical,
  dirichlet,
  markov,
  mask,
  plate,
  SVI,
  sample,
  sequentialPlate,
  TraceEnumELBO,
  take,
  vindex,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/hmm.json' with { type: 'json' };
import { expectClose } from '../../numbers.js';
import { mediansOf } from '../autoguide/train.js';

const parallel = { infer: { enumerate: 'parallel' } } as const;

// program 0
function model0(sequences: number[][][], lengths: number[], hiddenDim: number) {
  const dataDim = sequences[0][0].length;
  const probsX = sample('probs_x', dirichlet(tf.eye(hiddenDim).mul(0.9).add(0.1)).toEvent(1));
  const probsY = sample('probs_y', beta(0.1, 0.9).expand([hiddenDim, dataDim]).toEvent(2));
  const tones = plate('tones', dataDim, { dim: -1 });
  sequentialPlate('sequences', sequences.length, (i) => {
    let x: tf.Tensor = tf.scalar(0);
    markov(lengths[i], (t) => {
      x = sample(`x_${i}_${t}`, categorical(take(probsX, x)), parallel);
      tones(() => sample(`y_${i}_${t}`, bernoulli(vindex(probsY, [x, tones.indices])), { obs: sequences[i][t] }));
    });
  });
}
// end

// program 1
function model1(sequences: tf.Tensor, lengths: tf.Tensor, hiddenDim: number) {
  const [numSequences, maxLength, dataDim] = sequences.shape;
  const probsX = sample('probs_x', dirichlet(tf.eye(hiddenDim).mul(0.9).add(0.1)).toEvent(1));
  const probsY = sample('probs_y', beta(0.1, 0.9).expand([hiddenDim, dataDim]).toEvent(2));
  const tones = plate('tones', dataDim, { dim: -1 });
  plate('sequences', numSequences, { dim: -2 }, () => {
    let x: tf.Tensor = tf.scalar(0);
    markov(maxLength, (t) => {
      mask.with(tf.greater(lengths, t).expandDims(-1), () => {
        x = sample(`x_${t}`, categorical(take(probsX, x)), parallel);
        tones(() => sample(`y_${t}`, bernoulli(vindex(probsY, [x, tones.indices])), { obs: take(sequences, t, 1) }));
      });
    });
  });
}
// end

// program 2
function model2(sequences: tf.Tensor, lengths: tf.Tensor, hiddenDim: number) {
  const [numSequences, maxLength, dataDim] = sequences.shape;
  const probsX = sample('probs_x', dirichlet(tf.eye(hiddenDim).mul(0.9).add(0.1)).toEvent(1));
  const probsY = sample('probs_y', beta(0.1, 0.9).expand([hiddenDim, 2, dataDim]).toEvent(3));
  const tones = plate('tones', dataDim, { dim: -1 });
  plate('sequences', numSequences, { dim: -2 }, () => {
    let [x, y]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)];
    markov(maxLength, (t) => {
      mask.with(tf.greater(lengths, t).expandDims(-1), () => {
        x = sample(`x_${t}`, categorical(take(probsX, x)), parallel);
        y = tones((i) => sample(`y_${t}`, bernoulli(vindex(probsY, [x, y, i])), { obs: take(sequences, t, 1) }));
      });
    });
  });
}
// end

// program 3
function model3(sequences: tf.Tensor, lengths: tf.Tensor, states: number) {
  const [numSequences, maxLength, dataDim] = sequences.shape;
  const hiddenDim = Math.sqrt(states); // split between w and x
  const probsW = sample('probs_w', dirichlet(tf.eye(hiddenDim).mul(0.9).add(0.1)).toEvent(1));
  const probsX = sample('probs_x', dirichlet(tf.eye(hiddenDim).mul(0.9).add(0.1)).toEvent(1));
  const probsY = sample('probs_y', beta(0.1, 0.9).expand([hiddenDim, hiddenDim, dataDim]).toEvent(3));
  const tones = plate('tones', dataDim, { dim: -1 });
  plate('sequences', numSequences, { dim: -2 }, () => {
    let [w, x]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)];
    markov(maxLength, (t) => {
      mask.with(tf.greater(lengths, t).expandDims(-1), () => {
        w = sample(`w_${t}`, categorical(take(probsW, w)), parallel);
        x = sample(`x_${t}`, categorical(take(probsX, x)), parallel);
        tones((i) => sample(`y_${t}`, bernoulli(vindex(probsY, [w, x, i])), { obs: take(sequences, t, 1) }));
      });
    });
  });
}
// end

interface Figures {
  start: Record<string, tf.TensorLike>;
  losses: number[];
  learned: Record<string, tf.TensorLike>;
}

function expectLikePyro<Args extends unknown[]>(
  model: (...args: Args) => void,
  { start, losses, learned }: Figures,
  maxPlateNesting: number,
  ...args: Args
): void {
  const auto = new AutoDelta(model, { sites: Object.keys(start), initialValues: start });
  const elbo = new TraceEnumELBO({ maxPlateNesting });
  const svi = new SVI(model, auto.guide, new Adam({ lr: 0.05 }), elbo, { compile: true });
  expectClose(svi.run(20, ...args), losses, 2e-4);
  const medians = mediansOf(auto, svi.params);
  for (const [name, value] of Object.entries(learned)) expectClose(medians[name], value, 0.01, 1e-3);
}

const { sequences, lengths } = figures;

test('model 0: sequences one after another', () => {
  expectLikePyro(model0, figures.model0, 1, sequences, lengths, 4);
});

test.each([
  [1, model1, figures.model1],
  [2, model2, figures.model2],
  [3, model3, figures.model3],
] as const)('model %i', (_, model, expected) => {
  const data = tf.tensor3d(sequences);
  const steps = tf.tensor1d(lengths);
  expectLikePyro(model, expected, 2, data, steps, 4);
  tf.dispose([data, steps]);
  expect(Object.keys(expected.learned).length).toBeGreaterThan(1);
});
