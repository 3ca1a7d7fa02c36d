/**
 * What the training step of bench/step.mjs does outside the decoder's kernel, piece by piece, on the wasm engine: `node bench/outside.mjs`. The figures
 * in docs/engines.md are from here.
 */
import { matMul, selectEngine } from '@pyro-ts/engine';
import { adamUpdate, bernoulliLogProb, biasTanh, firstNonFinite } from '@pyro-ts/engine/internal';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { Adam, SVI } from 'pyro-ts';
import { ssrVAE } from 'pyroved-ts';

await selectEngine({ engine: 'wasm' });
const draw = (shape, seed) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** A product and the gradient to its weight, and to its input where that is no data. */
function layer(rows, inputs, outputs, { ofInput = true } = {}) {
  const [x, weight, up] = [draw([rows, inputs], 1), draw([inputs, outputs], 2), draw([rows, outputs], 3)];
  const loss = (w, a) => tf.sum(tf.mul(up, matMul(a, w)));
  const run = () => (ofInput ? tf.grads(loss)([weight, x]) : tf.grads((w) => loss(w, x))([weight]));
  return { run, operations: (ofInput ? 3 : 2) * 2 * rows * inputs * outputs };
}

const layers = (...sizes) => {
  const all = sizes.map(([rows, inputs, outputs, options]) => layer(rows, inputs, outputs, options));
  return {
    run: () => {
      for (const { run } of all) tf.tidy(() => void run());
    },
    operations: all.reduce((sum, { operations }) => sum + operations, 0),
  };
};

function likelihood() {
  const [value, logits] = [tf.abs(draw([64, 2304, 1], 1)), draw([4, 64, 2304, 1], 2)];
  return {
    run: () => tf.grad((l) => tf.sum(bernoulliLogProb(value, l, 2)))(logits),
    bytes: 4 * (3 * 589_824 + 2 * 147_456),
  };
}

function tanhs() {
  const sizes = [64, 64, 256, 256].map((rows) => [draw([rows, 128], 1), draw([128], 2)]);
  return {
    run: () => sizes.map((inputs) => tf.grads((x, b) => tf.sum(biasTanh(x, b)))(inputs)),
    bytes: 5 * 4 * 81_920,
  };
}

function adam() {
  const sizes = [295_424, 294_912, 16_384, 16_384, 16_384, 16_384, 3_000];
  const all = sizes.map((n) => ({
    value: draw([n], 1),
    gradient: draw([n], 2),
    moments: { mean: new Float32Array(n), square: new Float32Array(n) },
  }));
  const rates = { betas: [0.9, 0.999], stepSize: 1e-3, unbias: 1.1, eps: 1e-8, weightDecay: 0 };
  const run = () => {
    for (const { gradient } of all) firstNonFinite(gradient);
    for (const { value, gradient, moments } of all) adamUpdate(value, gradient, moments, rates);
  };
  return { run, bytes: 8 * 4 * sizes.reduce((a, b) => a + b, 0) };
}

/** A step of the same program on two images of 4 x 4: next to nothing to compute. */
async function calls() {
  const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
  const model = ssrVAE({
    shape: [4, 4],
    numClasses: 4,
    hiddenEncoder: [4, 4],
    hiddenDecoder: [4, 4],
    hiddenClassifier: [4, 4],
    kernel,
  });
  const svi = new SVI(model.jointModel, model.guide, new Adam(), model.elbo(), { params: model.params });
  const x = tf.abs(draw([2, 16], 1));
  return { run: () => svi.step(x) };
}

const pieces = {
  'two layers 2304 x 128, 64 rows': layers([64, 2304, 128, { ofInput: false }], [64, 2304, 128, { ofInput: false }]),
  'the other layers': layers(
    [64, 128, 128],
    [256, 128, 128],
    [64, 128, 4],
    [256, 128, 5],
    [256, 128, 5],
    [512, 2, 128],
  ),
  'bias and tanh': tanhs(),
  'likelihood of 4 x 64 x 2304 log odds': likelihood(),
  'Adam, 660,000 weights': adam(),
  'all calls of TensorFlow.js, on two images of 4 x 4': await calls(),
};
const rows = Object.entries(pieces).map(([piece, { run, operations, bytes }]) => {
  // The processor's time, and the best tenth, since other work on the machine can only add.
  const times = Array.from({ length: 200 }, () => {
    const before = process.cpuUsage();
    tf.tidy(() => void run());
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 10)];
  return {
    piece,
    milliseconds: Number(ms.toFixed(2)),
    ...(operations && { MFLOP: Math.round(operations / 1e6), 'GFLOP/s': Math.round(operations / ms / 1e6) }),
    ...(bytes && { MB: Number((bytes / 1e6).toFixed(1)), 'GB/s': Number((bytes / ms / 1e6).toFixed(1)) }),
  };
});
console.table(rows);
process.exit(0);
