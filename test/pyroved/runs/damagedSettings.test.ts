/** Sources and training settings with anything in place of what they should hold: rejected before any step. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { PyroError, RandomStream } from 'pyro-ts';
import { loadPairs, loadSets, type PairsSource, resumeRun, type Source, trainRun } from 'pyroved';
import { cards } from 'pyroved-data';
import { cardsConfig } from 'pyroved-data/internal';
import { encodeNpy, SemiSupervisedTrainer, SSIVAE } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejections } from '../../pyroved-ts/damaged.js';

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
    { kind: 'array', file: images, size: 16, validationFraction: 0.2, seed: 1 },
    { kind: 'micrographs', path: images, patch: 8, polarity: 'bright', minArea: 2, seed: 1 },
    {
      kind: 'images',
      unlabelled: root,
      size: 16,
      crop: 'square',
      channels: 1,
      onBadFile: 'skip',
      validationFraction: 0.2,
    },
    { kind: 'cards', size: 12, ...counts, ...turned, seed: 1 },
    { kind: 'peaks', length: 32, ...counts, seed: 1 },
  ])('is rejected: $kind', async (source) => {
    expect(await rejections(source, async (given) => (await loadSets(given)).close?.())).toBeGreaterThan(10);
  });

  it.each<PairsSource>([
    { kind: 'pairs', inputs: images, outputs: spectra, validationFraction: 0.2, seed: 1 },
    { kind: 'rods', size: 16, train: 5, test: 3, length: 16, noise: 0.1, seed: 1 },
  ])('is rejected: $kind', async (source) => {
    expect(await rejections(source, async (given) => (await loadPairs(given)).close?.())).toBeGreaterThan(10);
  });
});

describe('the configuration of a run', () => {
  const cardsSource = { kind: 'cards', ...cardsConfig({ size: 12, ...counts }) } as const;
  const set = (config: object, path: readonly string[], value: unknown): object => {
    const copy: Record<string, unknown> = structuredClone(config) as Record<string, unknown>;
    const [last] = path.slice(-1);
    let holder = copy;
    for (const key of path.slice(0, -1)) {
      holder[key] ??= {};
      holder = holder[key] as Record<string, unknown>;
    }
    holder[last!] = value;
    return copy;
  };

  const stopped = join(root, 'stopped');
  beforeAll(async () => {
    const stop = new AbortController();
    const hooks = { signal: stop.signal, onStep: () => stop.abort() };
    const layers = { hiddenEncoder: [4], hiddenDecoder: [4] };
    await trainRun({ folder: stopped, source: cardsSource, model: layers, kernel: 'reference' }, hooks);
  });

  it.each<[string[], unknown]>([
    [['model', 'shape'], 'x'],
    [
      ['model', 'shape'],
      [1e9, 1e9],
    ],
    [['model', 'invariances'], 7],
    [['model', 'numClasses'], 1e9],
    [['model', 'recognition'], null],
    [['model', 'recognition', 'views'], 1e9],
    [['model', 'recognition', 'viewSize'], 1e300],
    [['model', 'recognition', 'features'], 1e9],
    [['model', 'kind'], 'constructor'],
    [['data', 'normalisation'], { low: [], high: 1 }],
    [['data', 'classNames'], [1e9]],
    [['data', 'source', 'size'], 1e300],
    [['data', 'source', 'labelledPerClass'], 1e9],
    [['train', 'epochs'], 1e300],
    [['train', 'batchSize'], 0],
    [['train', 'klWeight'], 'sum(1:1e9)'],
  ])('with %j as %j is rejected by a typed error, and no tensor is left', async (path, value) => {
    const folder = mkdtempSync(join(root, 'run-'));
    cpSync(stopped, folder, { recursive: true });
    const file = join(folder, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(set(config, path, value)));
    const before = tf.memory().numTensors;
    await expect(resumeRun(folder, { kernel: 'reference' }, { signal: AbortSignal.abort() })).rejects.toThrow(
      PyroError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('a training whose settings are damaged is rejected', async () => {
  const { labelled, unlabelled } = cards({ size: 12, ...counts });
  const model = new SSIVAE({ shape: [12, 12], numClasses: 4, hiddenEncoder: [4], hiddenDecoder: [4] });
  const settings = {
    ...{ epochs: 2, batchSize: 4, lr: [1e-3, 1e-4], klWeight: 'min(epoch, 1)', clipNorm: 3 },
    averageWeights: { from: 1, decay: 0.9 },
    earlyStopping: { patience: 2, on: 'loss' as const },
    ...{ auxLossMultiplier: 3, auxStep: 'joint' as const, schedule: 'spread' as const, warmUp: 1 },
  };
  const train = (given: typeof settings) => new SemiSupervisedTrainer(model, { labelled, unlabelled }, given);
  expect(await rejections(settings, train)).toBeGreaterThan(60);
  model.dispose();
});
