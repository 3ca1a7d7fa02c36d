/** Steps that fail: an error in a model, a callback or a checkpoint, a full disk, a loss that is not finite. None leaves a tensor. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadModel, resumeRun, trainRun } from 'pyroved';
import { cards } from 'pyroved-data';
import { SemiSupervisedTrainer, SSIVAE } from 'pyroved-ts';

export const name = 'steps';
export const title = 'Steps that fail';
export const units = (quick) => (quick ? 2 : 20);
export const bars = ['leaked', 'succeeded'];

const counts = { labelledPerClass: 2, unlabelledPerClass: 4, validationPerClass: 2 };
const layers = { hiddenEncoder: [8], hiddenDecoder: [8] };

export async function open() {
  const root = join(tmpdir(), `pyro-attack-steps-${process.pid}`);
  return {
    async unit(index) {
      const figures = { failures: 0, leaked: 0, succeeded: 0 };
      const failures = [];
      for (const [what, fail] of Object.entries(ways)) {
        const folder = join(root, `${index}-${what}`);
        const before = tf.memory().numTensors;
        let isError = false;
        try {
          await fail(folder, index);
        } catch {
          isError = true;
        }
        const leaked = tf.memory().numTensors - before;
        figures.failures += 1;
        figures.leaked += Math.max(0, leaked);
        figures.succeeded += isError ? 0 : 1;
        if (leaked > 0 || !isError) failures.push(`${what}: ${isError ? `${leaked} tensors left` : 'no error'}`);
        fs.rmSync(folder, { recursive: true, force: true });
      }
      return { figures, failures };
    },
    close: () => fs.rmSync(root, { recursive: true, force: true }),
  };
}

const request = (folder) => ({
  ...{ folder, source: { kind: 'cards', size: 12, ...counts }, model: layers },
  ...{ train: { epochs: 2, batchSize: 4, recognitionSteps: 2 }, kernel: 'reference' },
});

const boom = () => {
  throw new Error('boom');
};

/** A function of `fs` fails from its n-th call on. */
async function withBroken(name, from, body) {
  const original = fs[name];
  let calls = 0;
  fs[name] = (...args) => {
    calls += 1;
    if (calls >= from)
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: name });
    return original(...args);
  };
  try {
    await body();
  } finally {
    fs[name] = original;
  }
}

const ways = {
  'an error in onStep': (folder, index) => {
    let steps = 0;
    return trainRun(request(folder), { onStep: () => ++steps > index % 5 && boom() });
  },
  'an error in onEpoch': (folder) => trainRun(request(folder), { onEpoch: boom }),
  'a full disk': (folder, index) => withBroken('fsyncSync', 3 + (index % 9), () => trainRun(request(folder))),
  'a rename that fails': (folder, index) => withBroken('renameSync', 2 + (index % 5), () => trainRun(request(folder))),
  'a damaged checkpoint': async (folder) => {
    const stop = new AbortController();
    await trainRun(request(folder), { signal: stop.signal, onStep: () => stop.abort() });
    fs.truncateSync(join(folder, 'checkpoint.safetensors'), 300);
    await resumeRun(folder, { kernel: 'reference' });
  },
  'a model without its weights': async (folder) => {
    const stop = new AbortController();
    await trainRun(request(folder), { signal: stop.signal, onStep: () => stop.abort() });
    const config = JSON.parse(fs.readFileSync(join(folder, 'config.json'), 'utf8'));
    config.model.hiddenDecoder = [9];
    fs.writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    await loadModel(folder);
  },
  'a loss that is not finite': async () => {
    const { labelled, unlabelled } = cards({ size: 12, ...counts });
    const model = new SSIVAE({ shape: [12, 12], numClasses: 4, ...layers });
    try {
      unlabelled.images.fill(Number.NaN, 0, 400);
      await new SemiSupervisedTrainer(model, { labelled, unlabelled }, { epochs: 1, batchSize: 4 }).train();
    } finally {
      model.dispose();
    }
  },
};
