/**
 * The core's own overhead: SVI steps a second on programs so small that the arithmetic costs nothing. A mixture of three normals over 50 points and a
 * hidden Markov chain of 20 steps with 4 states, the discrete variables summed out; with `reference`, the same two in Pyro in the same run.
 */
import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  categorical,
  constraints,
  markov,
  normal,
  param,
  plate,
  RandomStream,
  SVI,
  sample,
  TraceEnumELBO,
} from 'pyro-ts';
import { pyroFigures } from './reference/run.mjs';

const enumerated = { infer: { enumerate: 'parallel' } };
const positive = { constraint: constraints.positive };

/** Points from three clusters, by a fixed seed. */
function points(n) {
  const stream = new RandomStream(0);
  return Float32Array.from({ length: n }, (_, i) => [-4, 0, 5][i % 3] + stream.nextNormal());
}

/** One entry of `values` [K] for each value of a discrete variable: a one-hot product, which has a gradient on every engine. */
const entry = (values, index) => tf.sum(tf.mul(tf.oneHot(tf.cast(index, 'int32'), values.shape.at(-1)), values), -1);

function mixture() {
  const data = tf.tensor1d(points(50));
  return () => {
    const weights = param('weights', tf.fill([3], 1 / 3), { constraint: constraints.simplex });
    const locs = param('locs', tf.tensor1d([-1, 0, 1]));
    const scale = param('scale', 1, positive);
    plate('data', 50, () => {
      const z = sample('z', categorical(weights), enumerated);
      sample('x', normal(entry(locs, z), scale), { obs: data });
    });
  };
}

function hiddenMarkov() {
  const data = points(20);
  return () => {
    const transition = param('transition', tf.fill([4, 4], 0.25), { constraint: constraints.simplex });
    const locs = param('locs', tf.tensor1d([-3, -1, 1, 3]));
    const scale = param('scale', 1, positive);
    let before = tf.scalar(0);
    markov(20, (t) => {
      const rows = tf.oneHot(tf.cast(before, 'int32'), 4);
      const probs = tf.sum(tf.mul(tf.expandDims(rows, -1), transition), -2);
      before = sample(`z${t}`, categorical(probs), enumerated);
      sample(`x${t}`, normal(entry(locs, before), scale), { obs: data[t] });
    });
  };
}

/** `core` of the benchmark's JSON: steps a second here, and in Pyro, with its versions, where it was asked for. */
export async function benchCore({ engine = 'wasm', reference = false, seconds = 3 } = {}) {
  await selectEngine({ engine });
  const theirs = reference ? pyrosRates(seconds) : {};
  const programs = [
    { model: 'gaussian mixture', program: mixture(), maxPlateNesting: 1 },
    { model: 'hidden Markov, 20 steps', program: hiddenMarkov(), maxPlateNesting: 0 },
  ];
  return programs.map(({ model, program, maxPlateNesting }) => {
    const svi = new SVI(program, () => {}, new Adam({ lr: 0.01 }), new TraceEnumELBO({ maxPlateNesting }));
    for (let i = 0; i < 5; i++) svi.step();
    let steps = 0;
    const start = performance.now();
    while (performance.now() - start < 1000 * seconds) {
      svi.step();
      steps++;
    }
    const stepsPerSecond = (1000 * steps) / (performance.now() - start);
    const { rates, versions } = theirs;
    const pyro = rates?.[model];
    return { model, engine, stepsPerSecond, ...(pyro && { pyro, ratio: stepsPerSecond / pyro, versions }) };
  });
}

/** Pyro's figures, or nothing and a word why: ours stand without them. */
function pyrosRates(seconds) {
  try {
    return pyroFigures('pyro_core.py', ['--seconds', String(seconds)]);
  } catch (error) {
    console.error(`Pyro's part of the core could not run: ${error.message}`);
    return {};
  }
}
