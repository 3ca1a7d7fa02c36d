/** Two handlers: one tempers the observed sites of a program, one prints what a program did. */
import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Adam, constraints, Handler, normal, param, plate, SVI, sample, TraceMeanFieldELBO } from 'pyro-ts';

/** Raises the likelihood to a power: below 1 the data count less, as if there were fewer of them. */
class Tempered extends Handler {
  constructor(power) {
    super();
    this.power = power;
  }

  process(message) {
    if (message.type === 'sample' && message.isObserved) message.scale = tf.mul(message.scale, this.power);
  }
}

/** Prints each site with the shape of its value and the plates around it. */
class Printed extends Handler {
  postprocess({ type, name, value, frames }) {
    const plates = frames.map((frame) => `${frame.name} (${frame.size})`).join(', ');
    console.log(`  ${type} ${name} [${value.shape}]${plates && ` in ${plates}`}`);
  }
}

await selectEngine();
const weights = [1.2, 0.8, 2.0, 1.5];
function model() {
  const mean = sample('mean', normal(0, 2));
  plate('data', weights.length, () => sample('weight', normal(mean, 0.8), { obs: weights }));
}
function guide() {
  sample('mean', normal(param('loc', 0), param('scale', 1, { constraint: constraints.positive })));
}

/** The posterior that the guide learns, and the exact one. */
function posterior(power) {
  const tempered = () => new Tempered(power).run(model);
  const svi = new SVI(
    tempered,
    guide,
    new Adam({ lr: 0.005 }),
    new TraceMeanFieldELBO({ numParticles: 20, vectorizeParticles: true }),
    { seed: 0, compile: true },
  );
  for (let step = 0; step < 2000; step++) svi.step();
  const learned = ['loc', 'scale'].map((name) => svi.params.get(name).dataSync()[0].toFixed(1));
  const precision = 1 / 2 ** 2 + (power * weights.length) / 0.8 ** 2;
  const mean = (power * weights.reduce((sum, w) => sum + w)) / 0.8 ** 2 / precision;
  return `${learned.join(' ± ')}, exact ${mean.toFixed(1)} ± ${(1 / Math.sqrt(precision)).toFixed(1)}`;
}

console.log('The model does');
tf.tidy(() => new Printed().run(model));
for (const power of [1, 0.1]) console.log(`likelihood to the power ${power}: ${posterior(power)}`);
