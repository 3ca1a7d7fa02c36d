/** The figures beside an accuracy: interval, chance, upright accuracy and temperature, from a model whose answers are known. */
import { accuracyOf, type Classified, type ImageSet, imageSet, SSIVAE } from 'pyroved-ts';
import { classified, shareInterval } from 'pyroved-ts/internal';
import { expect, it } from 'vitest';
import { headlineFigures } from '../../../packages/pyroved/dist/runs/headline.js';

/** Reads class and probability from the first two pixels. */
class Stub extends SSIVAE {
  override classify({ images, count }: ImageSet): Classified {
    const rows = Array.from({ length: count }, (_, i) => {
      const [k, p] = [images[4 * i], images[4 * i + 1]];
      return k === 0 ? [p, 1 - p] : [1 - p, p];
    });
    return classified(Float32Array.from(rows.flat()), 2);
  }
}

/** 60 images of class 0 and 40 of class 1; `wrong` of them get the other class, all with a probability of .99. */
const answers = (wrong: number, copies = 1) => {
  const labels = Int32Array.from({ length: 100 * copies }, (_, i) => (Math.floor(i / copies) < 60 ? 0 : 1));
  const images = Float32Array.from({ length: 400 * copies }, (_, at) => {
    const i = Math.floor(at / 4);
    const given = (Math.floor(i / copies) * 7) % 100 < wrong ? 1 - labels[i] : labels[i];
    return [given, 0.99, 0, 0][at % 4];
  });
  return imageSet({ images, shape: [2, 2], labels, classNames: ['a', 'b'] });
};

it('counts distinct images in the interval, and finds that the model is too certain', () => {
  const model = new Stub({ shape: [2, 2], numClasses: 2, hiddenEncoder: [3], hiddenDecoder: [3] });
  const images = answers(20, 5);
  const validation = {
    images,
    distinct: 100,
    copies: 5,
    poses: 'drawn',
    ranges: { angle: 1 },
    upright: answers(5),
  } as const;
  const evaluation = { on: 'classes', ...accuracyOf(model, images) } as const;
  const figures = headlineFigures(model, evaluation, validation);
  expect(figures).toMatchObject({
    accuracyInterval: shareInterval(0.8, 100),
    uprightAccuracy: 0.95,
    chance: 0.6,
    validation: { images: 100, copies: 5, poses: 'drawn', rotation: 57.3 },
  });
  // .99 with 80% right: p = 1 / (1 + exp(-log(99) / T)) is .8 at T = log 99 / log 4 = 3.3.
  expect(figures.temperature).toBeGreaterThan(2.5);
  expect(figures.temperature).toBeLessThan(3.4);
  expect(figures.calibratedError).toBeLessThan(0.06);
  expect(evaluation).toMatchObject({ calibrationError: expect.closeTo(0.19, 2) });
  expect(headlineFigures(model, evaluation, { ...validation, distinct: 3 }).temperature).toBeUndefined();
  model.dispose();
});
