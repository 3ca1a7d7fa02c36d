/** A temporary folder for a test, and settings and checkpoints to put into it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { SavedTensor } from 'pyro-ts';
import type { RunSettings } from 'pyroved';
import type { Checkpoint } from 'pyroved-ts';

/** A new folder that nothing else uses; the test removes it. */
export const temporaryFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'pyroved-run-'));

export const settings: RunSettings = {
  model: { kind: 'ssiVAE', latentDim: 2, invariances: ['r', 't'] },
  data: { source: 'cards', angle: '60 deg' },
  train: { epochs: 3, batchSize: 64 },
  seed: 1,
  engine: 'wasm',
  kernel: 'native',
  versions: { node: process.version, 'pyroved-ts': '0.1.0' },
};

/** A checkpoint whose every number is `step`, so that a mixture of two could not go unseen. */
export function checkpointOf(step: number, size = 1000): Checkpoint {
  const filled = { shape: [size], data: new Float32Array(size).fill(step) };
  const tensors = new Map<string, SavedTensor>([
    ['param/decoder.w', filled],
    ['optim/decoder.w/m', filled],
    ['optim/decoder.w/step', { shape: [], data: Int32Array.of(step) }],
  ]);
  return { tensors, state: { step, rng: ['a', 0.5] } };
}
