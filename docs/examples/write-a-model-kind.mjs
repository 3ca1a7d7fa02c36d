/** A kind of model beside those of the package: one factor per image scales its content, so that the prior has heavy tails. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { logNormal, module, sample } from 'pyro-ts';
import { nanorods } from 'pyroved-data';
import { InvariantVAE, UnsupervisedTrainer } from 'pyroved-ts';

/** Mean and standard deviation of log(factor) from an image: a linear layer, whose weights the run initialises and trains. */
const factorNet = (pixels) => ({
  parameters: { weight: { init: () => tf.zeros([pixels, 2]) }, bias: { init: [0, -1] } },
  apply: ({ weight, bias }, x) => tf.unstack(tf.matMul(x, weight).add(bias), -1),
});

class HeavyTailedVAE extends InvariantVAE {
  kind = 'heavyTailedVAE';

  constructor(options) {
    super(options, { owner: 'heavyTailedVAE', ownTable: {}, condition: 0, nets: {} });
    this.factor = factorNet(this.imageSize);
  }

  model = (x, _y, terms = {}) => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('latent', terms);
      const factor = sample('factor', logNormal(0, 0.5));
      this.observe('obs', [content.mul(factor.expandDims(-1))], pose, x);
    });
  };

  guide = (x, _y, terms = {}) => {
    this.images(x, () => {
      this.guideLatents('latent', [x], terms);
      const [mean, logSpread] = module('factor_net', this.factor)(x);
      sample('factor', logNormal(mean, tf.exp(logSpread)));
    });
  };
}

await selectEngine();
const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
const { images } = nanorods({ train: 60, test: 1, size: 16 }).train;
const options = { shape: [16, 16], invariances: ['r'], latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [24] };
const model = new HeavyTailedVAE({ ...options, kernel, seed: 1 });
const trainer = new UnsupervisedTrainer(model, { images }, { epochs: 8, batchSize: 20, lr: 1e-2, compile: true });
const { history } = await trainer.train();
console.log(
  `loss ${history[0].loss.toFixed(0)} nats in the first epoch, ${history.at(-1).loss.toFixed(0)} in the last`,
);

// The methods of all models come with it.
console.log('content', model.encode(images).content.length, 'manifold', model.manifold({ size: 3 }).images.count);
console.log('weights', model.params.get('factor_net.weight').shape);
model.dispose();
kernel.dispose();
