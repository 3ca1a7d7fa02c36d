import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Adam, bernoulli, module, normal, plate, RandomStream, SVI, sample, TraceMeanFieldELBO } from 'pyro-ts';

await selectEngine();

// 512 pictures of 8 x 8 pixels: a disc at a random place. Two numbers tell each picture: where the VAE must get to by itself.
const [N, SIDE, BATCH] = [512, 8, 64];
const rng = new RandomStream('discs');
const places = Array.from({ length: N }, () => [1.5 + 4 * rng.next(), 1.5 + 4 * rng.next()]);
const pixels = places.map(([r, c]) =>
  Array.from({ length: SIDE * SIDE }, (_, i) => (Math.hypot(Math.floor(i / SIDE) - r, (i % SIDE) - c) < 1.8 ? 1 : 0)),
);
const images = tf.tensor2d(pixels);

/** A network of dense layers that names its weights: they are made from the run's seed and live in its ParamStore. */
function dense(...sizes) {
  const parameters = {};
  for (let i = 1; i < sizes.length; i++) {
    const spread = Math.sqrt(2 / sizes[i - 1]);
    parameters[`weight${i}`] = { init: (stream) => stream.normal([sizes[i - 1], sizes[i]]).mul(spread) };
    parameters[`bias${i}`] = { init: () => tf.zeros([sizes[i]]) };
  }
  const apply = (weights, x) => {
    for (let i = 1; i < sizes.length; i++) {
      x = tf.matMul(x, weights[`weight${i}`]).add(weights[`bias${i}`]);
      if (i < sizes.length - 1) x = tf.relu(x);
    }
    return x;
  };
  return { parameters, apply };
}
const decoder = dense(2, 64, SIDE * SIDE);
const encoder = dense(SIDE * SIDE, 64, 4);

function model(x) {
  const decode = module('decoder', decoder);
  plate('pictures', x.shape[0], () => {
    const z = sample('z', normal(0, 1).expand([2]).toEvent(1));
    sample('x', bernoulli({ logits: decode(z) }).toEvent(1), { obs: x });
  });
}
function guide(x) {
  const encode = module('encoder', encoder);
  plate('pictures', x.shape[0], () => {
    const [loc, logScale] = tf.split(encode(x), 2, -1);
    sample('z', normal(loc, tf.exp(logScale)).toEvent(1));
  });
}

const svi = new SVI(model, guide, new Adam({ lr: 3e-3 }), new TraceMeanFieldELBO(), { seed: 0, compile: true });
for (let epoch = 1; epoch <= 40; epoch++) {
  let total = 0;
  for (let at = 0; at < N; at += BATCH) {
    const batch = images.slice([at, 0], [BATCH, -1]);
    total += svi.step(batch);
    batch.dispose();
  }
  if (epoch === 1 || epoch % 10 === 0) console.log(`epoch ${epoch}: ${Math.round(total / N)} nats a picture`);
}

// Pictures back from their two numbers.
tf.tidy(() =>
  svi.params.run(() => {
    const [codes] = tf.split(module('encoder', encoder)(images), 2, -1);
    const back = tf.sigmoid(module('decoder', decoder)(codes));
    const wrong = tf.mean(tf.abs(tf.round(back).sub(images))).dataSync()[0];
    console.log(`pixels that come back wrong: ${Math.round(100 * wrong)}%`);
    const picture = (t, i) => Array.from(t.slice([i, 0], [1, -1]).dataSync(), (v) => (v > 0.5 ? '#' : '.')).join('');
    for (let row = 0; row < SIDE; row++) {
      const line = (t, i) => picture(t, i).slice(row * SIDE, (row + 1) * SIDE);
      console.log([0, 1, 2].map((i) => `${line(images, i)} ${line(back, i)}`).join('   '));
    }
  }),
);
