/** What a run makes of the factors of its images: the symmetries of its classes, and only the images that its model can be asked about. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder, type Source } from 'pyroved';
import { disentangledBy } from 'pyroved/internal';
import { cards } from 'pyroved-data';
import { IVAE, SSIVAE, subset } from 'pyroved-ts';
import { afterAll, expect, it } from 'vitest';
import { settings } from '../storage/helpers.js';

const root = mkdtempSync(join(tmpdir(), 'disentangled-'));
afterAll(() => rmSync(root, { recursive: true }));
const runOn = (name: string, source: Source) =>
  RunFolder.create(join(root, name), { ...settings, data: { source: { ...source }, classNames: [] } });
const small = { shape: [12, 12], hiddenEncoder: [4], hiddenDecoder: [4] };
const { validation } = cards({ size: 12, labelledPerClass: 1, unlabelledPerClass: 1, validationPerClass: 12 });
const run = runOn('cards', { kind: 'cards', size: 12 } as Source);

it('images of a few of the classes are enough', () => {
  const model = new SSIVAE({ ...small, numClasses: 4, invariances: ['r'] });
  // Clubs and spades alone: the diamonds, whose symmetry is known, are not among them.
  const few = {
    ...subset(
      validation,
      Array.from({ length: 24 }, (_, i) => i),
    ),
    classNames: ['clubs', 'spades'],
  };
  expect(disentangledBy(run, model, few)?.images).toBe(24);
  model.dispose();
});

it('a model that is told a number is asked about the images of which it is known', () => {
  const model = new IVAE({ ...small, condition: ['scale'] });
  const scale = validation.factors?.scale.map((v, i) => (i % 3 ? v : Number.NaN)) as Float32Array;
  const found = disentangledBy(run, model, { ...validation, factors: { ...validation.factors, scale } });
  expect(found?.images).toBe(32);
  const never = { ...validation, factors: { angle: validation.factors?.angle as Float32Array } };
  expect(disentangledBy(run, model, never)).toBeUndefined();
  model.dispose();
});
