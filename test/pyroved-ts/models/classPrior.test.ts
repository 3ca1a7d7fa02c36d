/** How frequent the classes are taken to be: given, counted from labels, or learned. */
import { type ClassPrior, type ImageSet, imageSet, SemiSupervisedTrainer, SSIVAE } from 'pyroved-ts';
import { expect, test } from 'vitest';
import { bar, draw, ell } from '../shapes.js';

const options = { shape: [6, 6], numClasses: 2, hiddenEncoder: [8], hiddenDecoder: [8], hiddenClassifier: [8] };
const make = (classPrior: ClassPrior) => new SSIVAE({ ...options, classPrior });
/** Upright shapes, one after the other as `pattern` says. */
function shapes(pattern: readonly number[], count: number): ImageSet {
  const labels = Int32Array.from({ length: count }, (_, i) => pattern[i % pattern.length]);
  const images = new Float32Array(36 * count);
  labels.forEach((k, i) => {
    images.set(draw([ell, bar][k], 6, 0), 36 * i);
  });
  return imageSet({ images, labels, shape: [6, 6] });
}
const close = (a: ArrayLike<number>, b: readonly number[], digits = 6): void =>
  b.forEach((v, i) => void expect(a[i]).toBeCloseTo(v, digits));

/** Four in five are of the first class; of the labelled ones, two in three. */
const data = { unlabelled: shapes([0, 0, 0, 0, 1], 60), labelled: shapes([0, 0, 1], 12) };

test('given ones are scaled to add to 1, and are no parameters', () => {
  close(make([3, 1]).classPrior(), [0.75, 0.25]);
  close(make('uniform').classPrior(), [0.5, 0.5]);
  expect(make([3, 1]).params.match(/class_prior/)).toEqual([]);
});

test.each(['joint', 'pyroved'] as const)(
  'counted ones are those of the labels, one more of each, and stay (auxStep %s)',
  async (auxStep) => {
    const vae = make('counts');
    close(vae.classPrior(), [0.5, 0.5]);
    const trainer = new SemiSupervisedTrainer(vae, data, { epochs: 2, batchSize: 12, lr: 0.05, auxStep });
    close(vae.classPrior(), [9 / 14, 5 / 14]);
    await trainer.train();
    close(vae.classPrior(), [9 / 14, 5 / 14]);
    const resumed = make('counts');
    const again = new SemiSupervisedTrainer(resumed, data, { epochs: 3, batchSize: 12, lr: 0.05, auxStep });
    resumed.countClasses([1, 1, 1]);
    again.loadState(trainer.state());
    close(resumed.classPrior(), [9 / 14, 5 / 14]);
    expect(() => make('learned').countClasses([0])).toThrow(/countClasses requires a model with classPrior "counts"/);
  },
);

test('learned ones come to the share of each class among all images', async () => {
  const vae = make('learned');
  await new SemiSupervisedTrainer(vae, data, { epochs: 60, batchSize: 12, lr: 0.02, compile: true }).train();
  // 48 of 60 images without labels and 8 of 12 with them.
  close(vae.classPrior(), [56 / 72, 16 / 72], 1);
});

test.each([[[1]], [[1, 0]], [[1, Number.NaN]], ['count'], [{}]])('%j is rejected', (classPrior) => {
  expect(() => make(classPrior as ClassPrior)).toThrow(
    /classPrior must be "uniform", "counts", "learned" or a list of 2 positive numbers/,
  );
});
