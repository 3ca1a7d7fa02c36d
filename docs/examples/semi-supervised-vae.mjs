import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  module,
  normal,
  oneHotCategorical,
  plate,
  RandomStream,
  SVI,
  sample,
  scale,
  TraceEnumELBO,
} from 'pyro-ts';

await selectEngine();

// Three shapes in 8 x 8 pixels, seen through noise and in light that varies from picture to picture. Only 2 of each shape have a label.
const [SIDE, CLASSES, LATENT] = [8, 3, 1];
const shapes = [
  ['..####..', '.#....#.', '#......#', '#......#', '#......#', '#......#', '.#....#.', '..####..'],
  ['#......#', '.#....#.', '..#..#..', '...##...', '...##...', '..#..#..', '.#....#.', '#......#'],
  ['...##...', '...##...', '...##...', '########', '########', '...##...', '...##...', '...##...'],
];
const rng = new RandomStream('shapes');
function draw(label) {
  const light = 0.35 + 0.55 * rng.next();
  return shapes[label].flatMap((row) => [...row].map((c) => (rng.next() < (c === '#' ? light : 0.12) ? 1 : 0)));
}
function pictures(count) {
  const labels = Array.from({ length: count }, (_, i) => i % CLASSES);
  const oneHot = labels.map((k) => Array.from({ length: CLASSES }, (_, c) => (c === k ? 1 : 0)));
  return { x: tf.tensor2d(labels.map(draw)), y: tf.tensor2d(oneHot) };
}
const [labelled, unlabelled, held] = [pictures(6), pictures(600), pictures(300)];

function dense(...sizes) {
  const parameters = {};
  for (let i = 1; i < sizes.length; i++) {
    const spread = Math.sqrt(2 / sizes[i - 1]);
    parameters[`weight${i}`] = { init: (stream) => stream.normal([sizes[i - 1], sizes[i]]).mul(spread) };
    parameters[`bias${i}`] = { init: () => tf.zeros([sizes[i]]) };
  }
  const apply = (weights, x) => {
    let h = tf.reshape(x, [-1, sizes[0]]);
    for (let i = 1; i < sizes.length; i++) {
      h = tf.matMul(h, weights[`weight${i}`]).add(weights[`bias${i}`]);
      if (i < sizes.length - 1) h = tf.relu(h);
    }
    return tf.reshape(h, [...x.shape.slice(0, -1), sizes.at(-1)]);
  };
  return { parameters, apply };
}
const decoder = dense(LATENT + CLASSES, 64, SIDE * SIDE);
const encoder = dense(SIDE * SIDE + CLASSES, 64, 2 * LATENT);
const classifier = dense(SIDE * SIDE, 64, CLASSES);
/** x and y side by side, where y may have all classes at once in a dimension of its own on the left. */
const beside = (x, y) => {
  const lead = y.rank > x.rank ? y.shape.slice(0, y.rank - x.rank) : [];
  return tf.concat([x.add(tf.zeros([...lead, ...x.shape])), y], -1);
};

function model(x, y) {
  const decode = module('decoder', decoder);
  plate('pictures', x.shape[0], () => {
    const z = sample('z', normal(0, 1).expand([LATENT]).toEvent(1));
    const label = sample('y', oneHotCategorical(tf.ones([CLASSES])), y ? { obs: y } : {});
    sample('x', bernoulli({ logits: decode(beside(z, label)) }).toEvent(1), { obs: x });
  });
}
function guide(x, y) {
  const encode = module('encoder', encoder);
  const classify = module('classifier', classifier);
  plate('pictures', x.shape[0], () => {
    const infer = { enumerate: 'parallel', expand: true };
    const label = y ?? sample('y', oneHotCategorical({ logits: classify(x) }), { infer });
    const [loc, logScale] = tf.split(encode(beside(x, label)), 2, -1);
    sample('z', normal(loc, tf.exp(logScale)).toEvent(1));
  });
}
// The classifier meets labels only here: a model of its own, weighed so that a few labels count.
const supervised = (x, y) => {
  const classify = module('classifier', classifier);
  plate('pictures', x.shape[0], () =>
    scale.with(100, () => sample('y_aux', oneHotCategorical({ logits: classify(x) }), { obs: y })),
  );
};

const elbo = new TraceEnumELBO({ maxPlateNesting: 1, strictEnumerationWarning: false });
function accuracy(params) {
  return tf.tidy(() => {
    const logits = params.run(() => module('classifier', classifier)(held.x));
    const right = tf.equal(tf.argMax(logits, -1), tf.argMax(held.y, -1));
    return `${Math.round(100 * tf.mean(tf.cast(right, 'float32')).dataSync()[0])}%`;
  });
}

// For comparison: the same classifier with the labels alone.
const alone = new SVI(supervised, () => {}, new Adam({ lr: 1e-2 }), elbo, { seed: 0, compile: true });
for (let step = 0; step < 200; step++) alone.step(labelled.x, labelled.y);
console.log(`labels alone: ${accuracy(alone.params)} of 300 new pictures are right`);

const optimizer = new Adam({ lr: 1e-2 });
const svi = new SVI(model, guide, optimizer, elbo, { seed: 0, compile: true });
const { params } = svi;
const aux = new SVI(supervised, () => {}, optimizer, elbo, { params, seed: 1, compile: true });
const BATCH = 60;
for (let epoch = 1; epoch <= 20; epoch++) {
  for (let at = 0; at < 600; at += BATCH) {
    const x = unlabelled.x.slice([at, 0], [BATCH, -1]);
    svi.step(x);
    svi.step(labelled.x, labelled.y);
    aux.step(labelled.x, labelled.y);
    x.dispose();
  }
  if (epoch % 10 === 0) console.log(`with pictures that have none, epoch ${epoch}: ${accuracy(params)}`);
}
