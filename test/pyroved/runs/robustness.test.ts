/** Test images under disorder: what each condition does to them, of generators and of a user's upright images, and the accuracies measured on them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { evaluateModel, loadModel, measureRobustness, type TrainedModel, testImages, trainRun } from 'pyroved';
import { disturbedImages } from 'pyroved/internal';
import { cards } from 'pyroved-data';
import { cardsConfig } from 'pyroved-data/internal';
import { imageAt, inMemory, type TrainingImages, withContamination, withNoise } from 'pyroved-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommandLine } from '../../../packages/pyroved/dist/cli/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'robustness-'));
const run = join(folder, 'run');
const size = 16;
const counts = { labelledPerClass: 6, unlabelledPerClass: 8, validationPerClass: 8 };
let trained: TrainedModel;

beforeAll(async () => {
  const model = { recognition: false, hidden: [16], hiddenClassifier: [32] } as const;
  await trainRun({
    ...{ folder: run, source: { kind: 'cards', ...cardsConfig({ size, ...counts }) }, model, train: { epochs: 1 } },
    ...{ engine: 'wasm', kernel: 'wasm', report: false },
  });
  trained = await loadModel(run);
});

afterAll(() => {
  trained.model.dispose();
  rmSync(folder, { recursive: true });
});

const pixels = async (images: Awaited<ReturnType<typeof disturbedImages>>, condition: object) =>
  inMemory(await images.at(condition));

it('generates images under a condition, and corrupts them as the library does', async () => {
  const images = await disturbedImages(trained, { perClass: 8, seed: 5 });
  const plain = await pixels(images, {});
  expect(plain.images).toEqual(inMemory(await testImages(trained)).images);
  expect(await pixels(images, { noise: 0.3 })).toEqual(withNoise(plain, 0.3, 5));
  const sheared = inMemory(await testImages(trained, { shear: 4, scale: '0.8 to 1.25', translation: 0.02 }));
  const both = await pixels(images, { shear: 4, scale: 1.25, shift: 0.02, contamination: 0.1, intensity: 0.5 });
  expect(both).toEqual(withContamination(sheared, 0.1, 0.5, 5));
});

it('shows all images of a class alike without any disorder', async () => {
  const images = await disturbedImages(trained, { perClass: 3 });
  const still = await pixels(images, { angle: 0, shear: 0, shift: 0, scale: 1 });
  expect(imageAt(still, 1)).toEqual(imageAt(still, 0));
  expect(imageAt(still, 3)).not.toEqual(imageAt(still, 0));
  await expect(images.at({ shear: -1 })).rejects.toThrow('shear must be from 0 to 80; got -1.');
});

it("disturbs a user's upright images", async () => {
  const own = join(folder, 'own');
  const { labelled } = cards({ size, ...counts, labelledAngle: 0, shear: 0 });
  for (let i = 0; i < labelled.count; i++) {
    const place = join(own, labelled.classNames?.[labelled.labels?.[i] ?? 0] ?? '');
    mkdirSync(place, { recursive: true });
    const data = Uint8Array.from(imageAt(labelled, i), (v) => Math.round(255 * v));
    writeFileSync(join(place, `${i}.png`), encode({ width: size, height: size, data, channels: 1 }));
  }
  const images = await disturbedImages(trained, { labelled: own, perClass: 12 });
  const upright = await pixels(images, { angle: 0, shear: 0, shift: 0, scale: 1 });
  expect(upright.count).toBe(48);
  const error = imageAt(upright, 0).map((v, i) => Math.abs(v - imageAt(labelled, 0)[i]));
  expect(Math.max(...error)).toBeLessThan(0.1);
  const turned = await pixels(images, { angle: 180, shear: 0, shift: 0, scale: 1 });
  expect(turned.labels).toEqual(upright.labels);
  expect(imageAt(turned, 0)).not.toEqual(imageAt(turned, 1));
});

it('measures the accuracy over two disorders, along others, and under conditions', async () => {
  const request = {
    over: [
      { disorder: 'shear', values: [0, 30] },
      { disorder: 'angle', values: [0, 60, 180] },
    ],
    curves: [{ disorder: 'noise', values: [0.1] }],
    conditions: [{ shear: 30, angle: 60 }],
    fixed: { shift: 0.05 },
    perClass: 8,
  } as const;
  const measured = await measureRobustness(trained, request);
  const noisy = (set: TrainingImages) => withNoise(inMemory(set), 0.1, 1);
  const direct = async (changes: object, alter?: typeof noisy) => {
    const found = evaluateModel(trained, await testImages(trained, { ...changes, translation: 0.05 }, alter));
    return found.on === 'classes' ? found.accuracy : Number.NaN;
  };
  expect(measured.accuracy).toBe(await direct({}));
  expect(measured.grid.accuracy[1][1]).toBe(await direct({ shear: 30, angle: 60 }));
  expect(measured.grid.accuracy.map((row) => row.length)).toEqual([2, 2, 2]);
  expect(measured.conditions[0].accuracy).toBe(measured.grid.accuracy[1][1]);
  expect(measured.conditions[0].confusion.flat().reduce((a, b) => a + b)).toBe(32);
  expect(measured.curves[0].accuracy).toEqual([await direct({}, noisy)]);
});

it('writes a table and a report from the command line, and rejects unknown disorders', async () => {
  const out = join(folder, 'out');
  const args = ['--over', 'shear,angle=0:90', '--steps', '2', '--curves', 'contamination', '--per-class', '4'];
  const machine = ['--engine', 'wasm', '--kernel', 'wasm'];
  expect(await runCommandLine(['robustness', run, ...args, ...machine, '--confusion', 'noise=0.2', '--out', out])).toBe(
    0,
  );
  const rows = readFileSync(join(out, 'robustness.csv'), 'utf8').trim().split('\n');
  expect(rows).toHaveLength(1 + 1 + 4 + 11 + 1);
  expect(rows[0]).toBe('angle,shear,shift,scale,noise,contamination,intensity,accuracy');
  expect(rows[5]).toMatch(/^90,30,,,,,,/);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Confusion matrices');
  expect(await runCommandLine(['robustness', run, '--over', 'shear,tilt'])).toBe(1);
});
