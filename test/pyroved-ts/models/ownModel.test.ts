/** A model that is added beside those of the package: only its programs are written. */
import * as tf from '@tensorflow/tfjs';
import { sample, studentT } from 'pyro-ts';
import { InvariantVAE, type ModelOptions, SSIVAE, type Terms, UnsupervisedTrainer } from 'pyroved-ts';
import { expect, test } from 'vitest';
import { ell, turned } from '../shapes.js';

/** An rVAE with a latent of its own: a factor on the content, with a heavy tail. */
class HeavyTailedVAE extends InvariantVAE {
  override readonly kind = 'heavyTailedVAE';

  constructor(options: ModelOptions) {
    super(options, { owner: 'heavyTailedVAE', ownTable: {}, condition: 0, nets: {} });
  }

  override readonly model = (x: tf.Tensor, _y?: tf.Tensor, terms: Terms = {}): void => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('latent', terms);
      const factor = sample('factor', studentT(3));
      this.observe('obs', [tf.mul(content, tf.expandDims(factor, -1))], pose, x);
    });
  };

  override readonly guide = (x: tf.Tensor, _y?: tf.Tensor, terms: Terms = {}): void => {
    this.images(x, () => {
      this.guideLatents('latent', [x], terms);
      sample('factor', studentT(3));
    });
  };
}

const sizes = { shape: [8, 8], invariances: ['r'] as const, hiddenEncoder: [16], hiddenDecoder: [16] };
const images = turned([ell], 40, 8, 1, 'own');

test('is trained by the trainer of unsupervised models, and has their methods', async () => {
  const model = new HeavyTailedVAE(sizes);
  const { history } = await new UnsupervisedTrainer(model, { images }, { epochs: 8, batchSize: 20, lr: 1e-2 }).train();
  expect(history[7].loss).toBeLessThan(0.9 * history[0].loss);
  expect(model.encode(images).angle).toHaveLength(40);
  expect(model.reconstruct(images).images).toHaveLength(40 * 64);
  expect(model.manifold({ size: 3 }).images.count).toBe(9);
  expect(() => model.decode([0, 0], { classes: 1 })).toThrow('This heavyTailedVAE is not conditional. Omit classes.');
  model.dispose();
});

test('a model that learns from labels too is not trained without them', () => {
  const model = new SSIVAE({ ...sizes, numClasses: 2 });
  expect(() => new UnsupervisedTrainer(model, { images })).toThrow(
    'The ssiVAE learns from labelled images too. Train it with SemiSupervisedTrainer.',
  );
  model.dispose();
});
