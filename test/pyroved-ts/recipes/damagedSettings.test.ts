/** Sources and training settings with anything in place of what they should hold: refused in words, before any step. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from 'pyro-ts';
import {
  cards,
  encodeNpy,
  loadPairs,
  loadSets,
  type PairsSource,
  SemiSupervisedTrainer,
  type Source,
  SSIVAE,
} from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { refusals } from '../damaged.js';

const root = mkdtempSync(join(tmpdir(), 'damaged-'));
afterAll(() => rmSync(root, { recursive: true }));
const noise = new RandomStream('damaged');
function array(name: string, shape: number[]): string {
  const size = shape.reduce((a, b) => a * b);
  writeFileSync(
    join(root, name),
    encodeNpy(
      Float32Array.from({ length: size }, () => noise.next()),
      shape,
    ),
  );
  return join(root, name);
}
const [images, spectra] = [array('images.npy', [8, 16, 16]), array('spectra.npy', [8, 16])];
const counts = { labelledPerClass: 2, unlabelledPerClass: 3, validationPerClass: 2 };

describe('a source that is damaged', () => {
  const turned = { angle: 60, labelledAngle: 5, shear: 3, scale: [1, 1.2], translation: 0.1, axes: 'both' } as const;
  it.each<Source>([
    { kind: 'array', file: images, size: 16, heldOut: 0.2, seed: 1 },
    { kind: 'micrographs', path: images, patch: 8, polarity: 'bright', minArea: 2, seed: 1 },
    { kind: 'images', unlabelled: root, size: 16, crop: 'square', channels: 1, onBadFile: 'skip', heldOut: 0.2 },
    { kind: 'cards', size: 12, ...counts, ...turned, seed: 1 },
    { kind: 'peaks', length: 32, ...counts, seed: 1 },
  ])('is refused in words: $kind', async (source) => {
    expect(await refusals(source, async (given) => (await loadSets(given)).close?.())).toBeGreaterThan(10);
  });

  it.each<PairsSource>([
    { kind: 'pairs', inputs: images, targets: spectra, heldOut: 0.2, seed: 1 },
    { kind: 'rods', size: 16, train: 5, test: 3, length: 16, noise: 0.1, seed: 1 },
  ])('is refused in words: $kind', async (source) => {
    expect(await refusals(source, async (given) => (await loadPairs(given)).close?.())).toBeGreaterThan(10);
  });
});

it('a training whose settings are damaged is refused in words', async () => {
  const { labelled, unlabelled } = cards({ size: 12, ...counts });
  const model = new SSIVAE({ shape: [12, 12], numClasses: 4, hiddenEncoder: [4], hiddenDecoder: [4] });
  const settings = {
    ...{ epochs: 2, batchSize: 4, lr: [1e-3, 1e-4], scaleFactor: 'min(epoch, 1)', clipNorm: 3 },
    averageWeights: { from: 1, decay: 0.9 },
    earlyStopping: { patience: 2, on: 'loss' as const },
    ...{ auxLossMultiplier: 3, auxStep: 'joint' as const, schedule: 'spread' as const, warmUp: 1 },
  };
  const train = (given: typeof settings) => new SemiSupervisedTrainer(model, { labelled, unlabelled }, given);
  expect(await refusals(settings, train)).toBeGreaterThan(60);
  model.dispose();
});
