import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  configEnumerate,
  constraints,
  inferDiscrete,
  markov,
  normal,
  oneHotCategorical,
  param,
  plate,
  RandomStream,
  SVI,
  sample,
  seed,
  TraceEnumELBO,
} from 'pyro-ts';

await selectEngine();

// Currents through 6 ion channels, each closed (0) or open (1), over 50 time steps: an open channel passes about 2 pA.
const [T, channels] = [50, 6];
const rng = new RandomStream('channels');
const states = Array.from({ length: channels }, () => {
  let state = 0;
  return Array.from({ length: T }, () => {
    if (rng.next() < (state === 0 ? 0.1 : 0.2)) state = 1 - state;
    return state;
  });
});
const currents = Array.from({ length: T }, (_, t) => states.map((s) => 2 * s[t] + 0.5 * rng.nextNormal()));

function model() {
  const transition = param('transition', tf.fill([2, 2], 0.5), { constraint: constraints.simplex });
  const level = param('level', [0.5, 1]);
  const noise = param('noise', 1, { constraint: constraints.positive });
  return plate('channels', channels, () => {
    let state = tf.tensor([1, 0]);
    return markov(T, (t) => {
      // One row of the transition table for each value of the state before.
      const probs = tf.sum(state.expandDims(-1).mul(transition), -2);
      state = sample(`state${t}`, oneHotCategorical(probs));
      sample(`current${t}`, normal(state.mul(level).sum(-1), noise), { obs: currents[t] });
      return state;
    });
  });
}

const enumerated = configEnumerate(model);
const elbo = new TraceEnumELBO({ maxPlateNesting: 1 });
const svi = new SVI(enumerated, () => {}, new Adam({ lr: 0.1 }), elbo, { seed: 0, compile: true });
for (let step = 0; step <= 80; step++) {
  const loss = svi.step();
  if (step % 20 === 0) console.log(`step ${step}: loss ${loss.toFixed(0)}`);
}
const show = (name) => Array.from(svi.params.get(name).dataSync(), (v) => Number(v.toFixed(1))).join(' ');
for (const name of ['level', 'noise', 'transition']) console.log(name, show(name));

// The likeliest path of all channels (Viterbi), against the states that made the data.
const viterbi = inferDiscrete(enumerated, { firstAvailableDim: -2, temperature: 0 });
const path = svi.params.run(() => seed(viterbi, 0)().map((state) => tf.argMax(state, -1).dataSync()));
const right = states.flatMap((s, c) => s.filter((state, t) => path[t][c] === state)).length;
console.log(`${right} of ${T * channels} states are right`);
console.log('true ', states[2].join(''));
console.log('found', path.map((atTime) => atTime[2]).join(''));
