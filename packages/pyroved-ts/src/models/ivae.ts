/** The unsupervised model: a variational autoencoder that is invariant to the pose of what it sees. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageSet, StreamedSet } from '../data/index.js';
import type { Encoding, PoseRows } from './asked/host.js';
import { type Manifold, type ManifoldOptions, manifold } from './asked/manifold.js';
import { type ModelOptions, modelOptionKeys } from './options.js';
import type { Terms } from './programs.js';
import { InvariantVAE } from './vae.js';

/**
 * z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z))); q(z | x) from the encoder. Sites: "latent" (pose and content together), "angle"
 * where the angle prior has a site of its own, "angle_bin" where the guide has bins, "obs". Source: `pyroved.models.iVAE`; Bepler et al. 2019 for the spatial decoder.
 * @example
 * const vae = new IVAE({ shape: [48, 48], invariances: ['r', 't'] });
 * await new UnsupervisedTrainer(vae, { images }, { epochs: 20 }).train();
 * const { angle, content } = vae.encode(images);
 */
export class IVAE extends InvariantVAE {
  readonly kind = 'iVAE';

  constructor(options: ModelOptions) {
    super(options, { owner: 'iVAE', optionKeys: modelOptionKeys, condition: 0, nets: {} });
  }

  /** p(x, latent). x: images [B, channels * points]. */
  readonly model = (x: tf.Tensor, terms: Terms = {}): void => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('latent', terms);
      this.observe('obs', [content], pose, x);
    });
  };

  /** q(latent | x). */
  readonly guide = (x: tf.Tensor, terms: Terms = {}): void => {
    this.images(x, () => this.guideLatents('latent', [x], terms));
  };

  /** What the guide says of each image. */
  encode(set: ImageSet | StreamedSet): Encoding {
    return this.encodeImages(set, (x) => [x]);
  }

  /** Images from content [count, latentDim] (row major), in the upright pose unless one is given. */
  decode(content: Float32Array | readonly number[], pose: PoseRows = {}): ImageSet {
    return this.decodeRows(Float32Array.from(content), pose, () => []);
  }

  /** Each image as the model sees it: in its own pose, or upright. */
  reconstruct(set: ImageSet | StreamedSet, { upright = false } = {}): ImageSet {
    const { content, angle, shift, scale } = this.encode(set);
    return this.decode(content, upright ? {} : { angle, shift, scale });
  }

  /** Images over a grid of the first two content latents. */
  manifold(options: ManifoldOptions = {}): Manifold {
    return manifold(this.options.latentDim, options, (content, pose) => this.decode(content, pose));
  }
}
