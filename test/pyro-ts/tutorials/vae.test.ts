/** "Variational Autoencoders" of Pyro's tutorials, on small pictures of bars: Pyro's losses from the same weights (bench/reference/tutorials/vae.py). */
import * as tf from '@tensorflow/tfjs';
import { Adam, bernoulli, module, normal, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/vae.json' with { type: 'json' };
import { linear } from './networks.js';

const PIXELS = 16;

// program
class VAE {
  private readonly layers;
  constructor(
    private readonly zDim = 2,
    hiddenDim = 12,
  ) {
    this.layers = {
      decoder1: linear(zDim, hiddenDim),
      decoder21: linear(hiddenDim, PIXELS),
      encoder1: linear(PIXELS, hiddenDim),
      encoder21: linear(hiddenDim, zDim),
      encoder22: linear(hiddenDim, zDim),
    };
  }

  private layer = (name: keyof typeof this.layers) => module(name, this.layers[name]);

  private decoder(z: tf.Tensor) {
    const hidden = tf.softplus(this.layer('decoder1')(z));
    return tf.sigmoid(this.layer('decoder21')(hidden));
  }

  private encoder(x: tf.Tensor) {
    const hidden = tf.softplus(this.layer('encoder1')(x));
    return [this.layer('encoder21')(hidden), tf.exp(this.layer('encoder22')(hidden))];
  }

  model = (x: tf.Tensor) => {
    plate('data', x.shape[0], () => {
      const zLoc = tf.zeros([x.shape[0], this.zDim]);
      const zScale = tf.ones([x.shape[0], this.zDim]);
      const z = sample('latent', normal(zLoc, zScale).toEvent(1));
      const locImg = this.decoder(z);
      sample('obs', bernoulli(locImg).toEvent(1), { obs: x });
    });
  };

  guide = (x: tf.Tensor) => {
    plate('data', x.shape[0], () => {
      const [zLoc, zScale] = this.encoder(x);
      sample('latent', normal(zLoc, zScale).toEvent(1));
    });
  };
}
// end

const mean = (losses: ArrayLike<number>) => Array.from(losses).reduce((a, b) => a + b, 0) / losses.length;

test("the losses of the first and the last steps are Pyro's", () => {
  const x = tf.tensor2d(figures.pictures);
  const vae = new VAE();
  const svi = new SVI(vae.model, vae.guide, new Adam({ lr: 0.01 }), new TraceELBO(), { compile: true });
  const losses = svi.run(600, x);
  // Pyro's three trainings, which differ by their draws, set the scale.
  const expectLike = (found: number, theirs: number[], margin: number) => {
    expect(found).toBeGreaterThan(Math.min(...theirs) - margin);
    expect(found).toBeLessThan(Math.max(...theirs) + margin);
  };
  expectLike(mean(losses.slice(0, 20)), figures.begins, 2);
  expectLike(mean(losses.slice(-100)), figures.ends, 4);
  x.dispose();
});
