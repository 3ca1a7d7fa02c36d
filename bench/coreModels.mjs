/** The programs that the core is timed on, so small that the arithmetic costs nothing; bench/reference has them in Pyro and NumPyro. */
import * as tf from '@tensorflow/tfjs';
import {
  AutoNormal,
  bernoulli,
  categorical,
  constraints,
  halfCauchy,
  markov,
  normal,
  param,
  plate,
  RandomStream,
  sample,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';

const enumerated = { infer: { enumerate: 'parallel' } };
const positive = { constraint: constraints.positive };
const nothing = () => {};

/** Points from three clusters, by a fixed seed. */
export function points(n) {
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

export function hiddenMarkov(length) {
  const data = points(length);
  return () => {
    const transition = param('transition', tf.fill([4, 4], 0.25), { constraint: constraints.simplex });
    const locs = param('locs', tf.tensor1d([-3, -1, 1, 3]));
    const scale = param('scale', 1, positive);
    let before = tf.scalar(0);
    markov(length, (t) => {
      const rows = tf.oneHot(tf.cast(before, 'int32'), 4);
      const probs = tf.sum(tf.mul(tf.expandDims(rows, -1), transition), -2);
      before = sample(`z${t}`, categorical(probs), enumerated);
      sample(`x${t}`, normal(entry(locs, before), scale), { obs: data[t] });
    });
  };
}

function eightSchools() {
  const y = tf.tensor1d([28, 8, -3, 7, -1, 1, 18, 12]);
  const sigma = tf.tensor1d([15, 10, 16, 11, 9, 11, 10, 18]);
  return () => {
    const mu = sample('mu', normal(0, 5));
    const tau = sample('tau', halfCauchy(5));
    plate('schools', 8, () => {
      const theta = sample('theta', normal(mu, tau));
      sample('y', normal(theta, sigma), { obs: y });
    });
  };
}

function logisticRegression(rows, columns) {
  const stream = new RandomStream(0);
  const x = stream.normal([rows, columns]);
  const y = tf.cast(tf.greater(stream.normal([rows]), 0), 'float32');
  return () => {
    const w = sample('w', normal(0, 1).expand([columns]).toEvent(1));
    const logits = tf.reshape(tf.matMul(x, tf.reshape(w, [columns, 1])), [rows]);
    plate('data', rows, () => sample('y', bernoulli({ logits }), { obs: y }));
  };
}

/** The variational autoencoder of Pyro's and NumPyro's examples, 784-400-20, on a batch of 128 images of random bits. */
function autoencoder(rows = 128, pixels = 784, hidden = 400, codes = 20) {
  const stream = new RandomStream(0);
  const images = tf.cast(tf.greater(stream.normal([rows, pixels]), 0.5), 'float32');
  const layer = (name, inputs, outputs) => {
    const weight = tf.mul(new RandomStream(name).normal([inputs, outputs]), 1 / Math.sqrt(inputs));
    const bias = tf.zeros([outputs]);
    return (x) => tf.add(tf.matMul(x, param(`${name}.weight`, weight)), param(`${name}.bias`, bias));
  };
  const [encode, toLoc, toScale] = [
    ['encode', pixels, hidden],
    ['loc', hidden, codes],
    ['scale', hidden, codes],
  ].map((sizes) => layer(...sizes));
  const [decode, toLogits] = [
    ['decode', codes, hidden],
    ['logits', hidden, pixels],
  ].map((sizes) => layer(...sizes));
  const program = () =>
    plate('images', rows, () => {
      const z = sample('z', normal(tf.zeros([rows, codes]), tf.ones([rows, codes])).toEvent(1));
      const logits = toLogits(tf.softplus(decode(z)));
      sample('x', bernoulli({ logits }).toEvent(1), { obs: images });
    });
  const guide = () =>
    plate('images', rows, () => {
      const features = tf.softplus(encode(images));
      sample('z', normal(toLoc(features), tf.exp(toScale(features))).toEvent(1));
    });
  return { program, guide };
}

/** Made anew by each call: an objective and a guide remember what they have met. */
export const coreModels = () => {
  const enumerating = (model, program, maxPlateNesting) => {
    return { model, program, guide: nothing, elbo: () => new TraceEnumELBO({ maxPlateNesting }) };
  };
  const guided = (model, program) => {
    return { model, program, guide: new AutoNormal(program).guide, elbo: () => new TraceELBO() };
  };
  return [
    enumerating('gaussian mixture', mixture(), 1),
    enumerating('hidden Markov, 20 steps', hiddenMarkov(20), 0),
    enumerating('hidden Markov, 200 steps', hiddenMarkov(200), 0),
    guided('eight schools', eightSchools()),
    guided('logistic regression 1,000 x 20', logisticRegression(1000, 20)),
    { model: 'VAE 784-400-20, batch of 128', ...autoencoder(), elbo: () => new TraceELBO(), lr: 1e-3 },
    { model: 'nothing', program: nothing, guide: nothing, elbo: () => new TraceELBO() },
  ];
};
