/** Signs that a run did not learn: found where they are planted, and nowhere else. */
import { learningProblems } from 'pyroved';
import { earlyWarning, problemLines } from 'pyroved/internal';
import { expect, it } from 'vitest';
import { constantImageLoss, latentKl, varianceBetween } from '../../../packages/pyroved/dist/runs/learningFigures.js';

const codes = (...figures: Parameters<typeof learningProblems>) => learningProblems(...figures).map(({ code }) => code);
const epochs = (losses: readonly number[], klWeight = 1) => losses.map((loss) => ({ loss, klWeight }));

const healthy = {
  accuracy: 0.97,
  accuracyInterval: [0.93, 0.99],
  chance: 0.25,
  validationImages: 200,
  reconstructionVariance: 0.6,
  latentKl: [2.1, 1.4],
  losses: epochs([300, 250, 220, 210, 205]),
  constantLoss: 320,
} as const;

it('says nothing about a run that learnt, nor about figures that are not there', () => {
  expect(learningProblems(healthy)).toEqual([]);
  expect(learningProblems({})).toEqual([]);
  expect(problemLines([])).toEqual([]);
});

it('accuracy at chance, or not to be told from it', () => {
  expect(codes({ ...healthy, accuracy: 0.27, accuracyInterval: [0.22, 0.33] })).toEqual(['accuracy-at-chance']);
  const [poses] = learningProblems({
    ...healthy,
    accuracy: 0.27,
    accuracyInterval: [0.22, 0.33],
    uprightAccuracy: 0.8,
  });
  expect(poses.text).toContain('On the same images upright it is 80.0%');
  expect(poses.advice[0]).toContain('random poses');
  // Three of three images of two classes: Wilson's interval begins at .44.
  const few = { ...healthy, accuracy: 1, accuracyInterval: [0.44, 1], chance: 0.5, validationImages: 3 } as const;
  expect(codes(few)).toEqual(['few-validation-images']);
  expect(learningProblems(few)[0].text).toBe(
    'The accuracy, 100.0% on 3 validation images, cannot be distinguished from chance (50.0%): its 95% interval is 44.0% to 100.0%.',
  );
});

it('a decoder that draws one picture, and latents that carry nothing', () => {
  expect(codes({ ...healthy, reconstructionVariance: 0.004 })).toEqual(['collapsed-decoder']);
  const [one] = learningProblems({ ...healthy, latentKl: [2, 0.01] });
  expect(one.text).toContain('1 of 2 content latents is unused (z2)');
  const [all] = learningProblems({ ...healthy, latentKl: [0.02, 0.01] });
  expect(all.text).toContain('No content latent is used');
});

it('a loss that does not fall, unless the weight of the KL terms grew', () => {
  const flat = [300, 299.9, 300.2, 299.8, 300.1];
  expect(codes({ ...healthy, losses: epochs(flat) })).toEqual(['loss-plateau']);
  expect(codes({ ...healthy, losses: flat.map((loss, i) => ({ loss, klWeight: 1 + i / 29 })) })).toEqual([]);
  expect(codes({ ...healthy, losses: epochs([300, 300]) })).toEqual([]);
  expect(codes({ ...healthy, losses: epochs([340, 330, 326, 325, 325]) })).toEqual(['constant-image']);
});

it('warns once on the way, after a third of the epochs', () => {
  const bad = { accuracy: 0.27, accuracyInterval: [0.22, 0.33], chance: 0.25 } as const;
  const said = Array.from({ length: 10 }, (_, i) => earlyWarning(bad, i + 1, 10));
  expect(said.filter((line) => line !== undefined)).toEqual([said[3]]);
  expect(said[3]).toContain('Warning after epoch 4 of 10: The accuracy, 27.0%');
  expect(earlyWarning(healthy, 4, 10)).toBeUndefined();
  expect(earlyWarning(bad, 1, 3)).toBeUndefined();
});

it('every problem says what to try, and where to read more', () => {
  const lines = problemLines(learningProblems({ ...healthy, accuracy: 0.27, accuracyInterval: [0.22, 0.33] }));
  expect(lines[0]).toBe(
    'Warning: The accuracy, 27.0% (95% interval 22.0% to 33.0%), is no better than chance (25.0%).',
  );
  expect(lines.at(-1)).toBe('More: docs/guides/it-did-not-learn.md');
  expect(lines.length).toBeGreaterThan(3);
  expect(() => learningProblems({ accurracy: 1 } as object)).toThrow('"accuracy"');
});

it('the figures are those of their formulas', () => {
  // KL(N(1, 2) || N(0, 1)) = (1 + 4 - 1) / 2 - log 2; KL(N(0, 1) || N(0, 1)) = 0.
  const kl = latentKl({ content: Float32Array.of(1, 0, 1, 0), contentScale: Float32Array.of(2, 1, 2, 1) }, 2);
  expect(kl).toEqual([expect.closeTo(2 - Math.log(2), 6), expect.closeTo(0, 6)]);
  expect(varianceBetween(Float32Array.of(0, 1, 1, 1), 2)).toBeCloseTo(0.25, 10);
  expect(constantImageLoss(Float32Array.of(0, 1, 1, 1), 2, 'bernoulli')).toBeCloseTo(Math.log(2), 10);
  expect(constantImageLoss(Float32Array.of(0, 1), 1, 'gaussian')).toBeUndefined();
});
