/** The importance-weighted bound is tighter than the ELBO, and both lie below the log-likelihood where it is known. */
import { likelihoodBounds } from 'pyroved';
import { imageSet, rVAE } from 'pyroved-ts';
import { expect, it } from 'vitest';

it('is between the ELBO and the log-likelihood', () => {
  const model = rVAE({ shape: [4, 4], hiddenEncoder: [5], hiddenDecoder: [5], latentDim: 1 });
  const images = imageSet({ images: Float32Array.from({ length: 30 * 16 }, (_, i) => (i * 7) % 2), shape: [4, 4] });
  const few = likelihoodBounds(model, images, { particles: 1, images: 20 });
  const many = likelihoodBounds(model, images, { particles: 200, images: 20 });
  expect([many.particles, many.images]).toEqual([200, 20]);
  expect(many.importanceWeighted).toBeGreaterThan(many.elbo);
  expect(many.importanceWeighted).toBeGreaterThan(few.importanceWeighted);
  // Sixteen binary pixels of a decoder near one half: about -16 log 2.
  expect(many.importanceWeighted / (-16 * Math.log(2))).toBeCloseTo(1, 1);
  expect(() => likelihoodBounds(model, images, { particles: 0 })).toThrow('particles');
  model.dispose();
});
