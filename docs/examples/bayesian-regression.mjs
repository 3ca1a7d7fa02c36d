import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoMultivariateNormal,
  exponentialLR,
  halfNormal,
  normal,
  Predictive,
  plate,
  SVI,
  sample,
  TraceELBO,
} from 'pyro-ts';

await selectEngine();

// Absorbance of samples of known concentration, in mmol/l: a calibration line.
const concentration = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4];
const absorbance = [0.12, 0.05, 0.56, 0.49, 0.98, 1.11, 1.43, 1.58, 2.07, 1.98];

function model(x, y) {
  const intercept = sample('intercept', normal(0, 1));
  const slope = sample('slope', normal(0, 1));
  const sigma = sample('sigma', halfNormal(0.5));
  const mean = intercept.add(slope.mul(x));
  plate('readings', x.length, () => sample('reading', normal(mean, sigma), y ? { obs: y } : {}));
}

// One correlated normal over all three; sigma is fitted on the log scale, so that it stays positive.
const auto = new AutoMultivariateNormal(model, { initScale: 0.05 });
const optimizer = new Adam({ lr: 0.05 });
const schedule = exponentialLR(optimizer, { gamma: 0.995 });
const elbo = new TraceELBO({ numParticles: 16, vectorizeParticles: true, maxPlateNesting: 1 });
const svi = new SVI(model, auto.guide, optimizer, elbo, { seed: 0, compile: true });
for (let step = 0; step < 800; step++) {
  svi.step(concentration, absorbance);
  schedule.step();
}

// Draws from the posterior: means, deviations, and how intercept and slope vary together.
const options = {
  guide: auto.guide,
  params: svi.params,
  numSamples: 4000,
  seed: 1,
  parallel: true,
  maxPlateNesting: 1,
};
const posterior = new Predictive(model, { ...options, returnSites: ['intercept', 'slope', 'sigma'] }).draw(
  concentration,
);
for (const [name, draws] of Object.entries(posterior)) {
  const { mean, variance } = tf.moments(draws);
  console.log(name, mean.dataSync()[0].toFixed(2), '+-', Math.sqrt(variance.dataSync()[0]).toFixed(3));
}
const centred = (name) => posterior[name].flatten().sub(posterior[name].mean());
const [a, b] = [centred('intercept'), centred('slope')];
const correlation = tf
  .sum(a.mul(b))
  .div(tf.sqrt(tf.sum(a.square()).mul(tf.sum(b.square()))))
  .dataSync()[0];
console.log('correlation of intercept and slope', correlation.toFixed(1));

// What a reading at 5 mmol/l will be, the scatter of readings included.
const { reading } = new Predictive(model, { ...options, returnSites: ['reading'] }).draw([5]);
const sorted = Array.from(reading.dataSync()).sort((p, q) => p - q);
const quantile = (p) => sorted[Math.floor(p * sorted.length)].toFixed(1);
console.log(`at 5 mmol/l: ${quantile(0.5)}, 90% between ${quantile(0.05)} and ${quantile(0.95)}`);
