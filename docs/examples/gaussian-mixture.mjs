import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoDelta,
  configEnumerate,
  dirichlet,
  inferDiscrete,
  logNormal,
  normal,
  oneHotCategorical,
  plate,
  replay,
  SVI,
  sample,
  seed,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';

await selectEngine();

const K = 2;
const data = [0, 1, 10, 11, 12];

function model() {
  const weights = sample('weights', dirichlet(new Array(K).fill(0.5)));
  const scale = sample('scale', logNormal(0, 2));
  const locs = plate('components', K, () => sample('locs', normal(0, 10)));
  return plate('data', data.length, () => {
    const assignment = sample('assignment', oneHotCategorical(weights));
    sample('obs', normal(assignment.mul(locs).sum(-1), scale), { obs: data });
    return assignment;
  });
}

// Points for the three continuous sites; the assignments are summed out exactly.
const initialValues = { weights: [0.5, 0.5], scale: 2.7, locs: [data[1], data[3]] };
const auto = new AutoDelta(model, { sites: ['weights', 'scale', 'locs'], initialValues });
const enumerated = configEnumerate(model);
const elbo = new TraceEnumELBO({ maxPlateNesting: 1 });
const svi = new SVI(enumerated, auto.guide, new Adam({ lr: 0.1, betas: [0.8, 0.99] }), elbo, {
  seed: 0,
  compile: true,
});

for (let step = 0; step <= 200; step++) {
  const loss = svi.step();
  if (step % 50 === 0) console.log(`step ${step}: loss ${loss.toFixed(2)}`);
}
const { weights, scale, locs } = auto.median(svi.params);
const numbers = (t, digits) => Array.from(t.dataSync(), (v) => v.toFixed(digits)).join(' ');
console.log('weights', numbers(weights, 3));
console.log('locs', numbers(locs, 2));
console.log('scale', numbers(scale, 2));

svi.params.run(() => {
  // The likeliest assignment of each point, with the continuous sites as learned.
  const learned = replay(enumerated, trace(auto.guide).getTrace());
  const likeliest = inferDiscrete(learned, { firstAvailableDim: -2, temperature: 0 });
  console.log('assignment', numbers(tf.argMax(seed(likeliest, 0)(), -1), 0));

  // How sure that is: the marginal of each assignment.
  const marginals = seed(() => elbo.computeMarginals(enumerated, auto.guide), 0)();
  const probs = tf.exp(marginals.get('assignment').logProb(tf.tensor1d([0, 1])));
  console.log('P(second component)', numbers(probs, 3));
});
