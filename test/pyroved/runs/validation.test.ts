/** Which images a run is evaluated on, and from which ranges their poses are drawn. */
import { RandomStream } from 'pyro-ts';
import type { JsonObject, RunConfig, TrainingSets } from 'pyroved';
import { poseRangesOf, RUN_FORMAT, RUN_VERSION, validationFor } from 'pyroved/internal';
import { drawPoses, type ImageSet, undoPose } from 'pyroved-ts';
import { polarShears } from 'pyroved-ts/internal';
import { expect, it } from 'vitest';

const shape = [21, 21];
const image = Float32Array.from({ length: 441 }, (_, i) =>
  Math.exp(-(((Math.floor(i / 21) - 8) ** 2 + ((i % 21) - 12) ** 2) / 12)),
);
const test: ImageSet = {
  images: Float32Array.of(...image, ...image),
  count: 2,
  shape,
  channels: 1,
  labels: Int32Array.of(0, 1),
  classNames: ['a', 'b'],
};
const sets: TrainingSets = { unlabelled: test, labelled: test, test, classNames: ['a', 'b'], notes: [], problems: [] };

const config = (kind: string, source: JsonObject, model: JsonObject = {}, data: JsonObject = {}): RunConfig => ({
  format: RUN_FORMAT,
  version: RUN_VERSION,
  createdAt: '2026-11-30T00:00:00Z',
  model: { kind, shape, numClasses: 2, invariances: ['r', 't'], ...model },
  data: { source, classNames: ['a', 'b'], ...data },
  train: {},
  seed: 1,
  engine: 'wasm',
  kernel: 'reference',
  versions: {},
});
const images = { kind: 'images' };

it('shows upright images of the user at drawn poses that the model should see through', () => {
  const validation = validationFor(config('ssiVAE', images, { shiftPrior: 0.05 }), sets);
  expect(validation).toMatchObject({ distinct: 2, copies: 20, poses: 'drawn', upright: test });
  const posed = validation?.images as ImageSet & { poses: { angle: Float32Array; shift: Float32Array } };
  expect(posed.count).toBe(40);
  expect(Array.from(posed.labels ?? []).filter((y) => y === 1)).toHaveLength(20);
  const undone = undoPose(posed.images.subarray(0, 441), shape, {
    angle: posed.poses.angle[0],
    shift: Array.from(posed.poses.shift.subarray(0, 2)),
  });
  const off = undone.map((v, i) => Math.abs(v - image[i]));
  expect(Math.max(...off)).toBeLessThan(0.12);
  const again = validationFor(config('ssiVAE', images, { shiftPrior: 0.05 }), sets);
  expect(again).toEqual(validation);
});

it('leaves generated images, quantities and models without invariances as they are', () => {
  const asTheyAre = { images: test, distinct: 2, copies: 1, poses: 'own' };
  expect(validationFor(config('ssiVAE', { kind: 'cards' }), sets)).toEqual(asTheyAre);
  expect(validationFor(config('ssRegIVAE', images), sets)).toEqual(asTheyAre);
  expect(validationFor(config('ssiVAE', images, { invariances: [] }), sets)).toEqual(asTheyAre);
  expect(validationFor(config('ssiVAE', images), { ...sets, test: undefined })).toBeUndefined();
});

it('counts every image once in a cross-validation', () => {
  const fold = { index: 0, of: 2, seed: 1 };
  expect(validationFor(config('ssiVAE', images, {}, { fold }), sets)).toMatchObject({ copies: 1, poses: 'drawn' });
});

it('draws from ranges as wide as the priors', () => {
  const of = (options: object) => poseRangesOf({ shape, ...options });
  const deviation = (half: number) => half / Math.sqrt(3);
  expect(deviation(of({ invariances: ['r'] }).angle ?? 0)).toBeCloseTo(1, 10);
  expect(deviation(of({ invariances: ['r'], anglePrior: { name: 'normal', scale: 0.5 } }).angle ?? 0)).toBeCloseTo(
    0.5,
    10,
  );
  expect(of({ invariances: ['r'], anglePrior: { name: 'normal', scale: 3 } }).angle).toBe(Math.PI);
  expect(of({ invariances: ['r'], anglePrior: 'uniform' })).toEqual({ angle: Math.PI });
  expect(of({ invariances: ['t'] }).shift).toBeCloseTo(0.1 * Math.sqrt(3), 10);
  expect(of({ invariances: ['t'], shiftPrior: [0.1, 0.2] }).shift).toEqual([0.1 * Math.sqrt(3), 0.2 * Math.sqrt(3)]);
  const [low, high] = of({ invariances: ['s'], scalePrior: 0.1 }).scale ?? [];
  expect([low, high]).toEqual([
    expect.closeTo(1 / (1 + 0.1 * Math.sqrt(3))),
    expect.closeTo(1 / (1 - 0.1 * Math.sqrt(3))),
  ]);
  // What the drawn shears leave besides a rotation is as wide as the prior of the shear, though its two axes are not equally so.
  for (const shearPrior of [0.05, 0.1, 0.2]) {
    const { shear } = of({ invariances: ['h'], shearPrior });
    const shears = polarShears(drawPoses(4000, { shear }, new RandomStream('shears')));
    const mean = shears.reduce((sum, v) => sum + v * v, 0) / 4000;
    expect(Math.sqrt(mean) / shearPrior).toBeCloseTo(1, 1);
  }
  expect(of({})).toEqual({});
});
