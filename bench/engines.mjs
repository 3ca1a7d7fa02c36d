/**
 * Times typical work on each engine that loads, each in a process of its own: `node bench/engines.mjs`. The figures in docs/engines.md are from here.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dense, engineNames, selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Adam, constraints, normal, param, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { VED } from 'pyroved-ts';

/** Value and gradients of a network with these layer widths on `batch` rows, the work of a training step. */
function network(batch, widths) {
  const weights = widths.slice(1).map((to, i) => tf.variable(tf.randomNormal([widths[i], to], 0, 0.1)));
  const x = tf.randomNormal([batch, widths[0]]);
  const loss = () => {
    const out = weights.reduce((h, w, i) => {
      const next = dense(h, w);
      return i < weights.length - 1 ? tf.tanh(next) : next;
    }, x);
    return tf.mean(tf.square(out));
  };
  return () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss);
      for (const grad of Object.values(grads)) grad.dataSync();
      value.dataSync();
    });
}

function smallProgram() {
  const data = [1.2, 0.8, 2.0, 1.5];
  const model = () => {
    const mean = sample('mean', normal(0, 2));
    plate('data', data.length, () => sample('x', normal(mean, 0.8), { obs: data }));
  };
  const guide = () => {
    sample('mean', normal(param('loc', 0), param('scale', 1, { constraint: constraints.positive })));
  };
  const svi = new SVI(model, guide, new Adam({ lr: 0.01 }), new TraceELBO());
  return () => svi.step();
}

/** A step of a convolutional encoder and decoder with pyroVED's blocks. */
function convolutions(batch, side) {
  const model = new VED({ inputShape: [side, side], outputShape: [side, side] });
  const svi = new SVI(model.model, model.guide, new Adam({ lr: 1e-3 }), model.elbo(), { params: model.params });
  const x = tf.randomUniform([batch, side * side], 0, 1, 'float32', 1);
  return () => svi.step(x, x);
}

const one = () => tf.scalar(1);
const tasks = [
  ['add two scalars', () => () => tf.tidy(() => tf.add(one(), one()).dataSync())],
  ['SVI step of a program with one latent number', smallProgram],
  ['network 64-64-16, 64 rows', () => network(64, [64, 64, 16])],
  ['encoder 2304-128-128-12, 64 images', () => network(64, [2304, 128, 128, 12])],
  ['encoder 2304-128-128-12, 512 images', () => network(512, [2304, 128, 128, 12])],
  ['coordinate network 2-128-128-1, 36,864 pixels', () => network(36864, [2, 128, 128, 1])],
  ['VED step, 64 pairs of 28 x 28', () => convolutions(64, 28)],
];

/** The best of as many runs as fit in a second (at least 5), in milliseconds: the least disturbed by whatever else runs. */
function time(work) {
  for (let i = 0; i < 5; i++) work();
  const times = [];
  const end = performance.now() + 1000;
  while (times.length < 5 || performance.now() < end) {
    const began = performance.now();
    work();
    times.push(performance.now() - began);
  }
  return times.reduce((best, ms) => Math.min(best, ms));
}

async function measure(engine) {
  await selectEngine({ engine });
  console.log(JSON.stringify(tasks.map(([, make]) => time(make()))));
}

function table() {
  const rows = engineNames.map((engine) => {
    const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), engine], {
      encoding: 'utf8',
    });
    return [engine, status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : undefined];
  });
  const columns = rows.filter(([, times]) => times !== undefined);
  const digits = (ms) => (ms < 0.1 ? ms.toFixed(3) : ms < 10 ? ms.toFixed(2) : ms.toFixed(0));
  console.log(`${'milliseconds'.padEnd(48)}${columns.map(([engine]) => engine.padStart(12)).join('')}`);
  for (const [i, [name]] of tasks.entries()) {
    console.log(name.padEnd(48) + columns.map(([, times]) => digits(times[i]).padStart(12)).join(''));
  }
}

if (process.argv[2] === undefined) table();
else await measure(process.argv[2]);
