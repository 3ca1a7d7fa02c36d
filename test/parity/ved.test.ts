/** The encoder-decoder against pyroVED's VED: what it encodes and decodes, loss and every gradient, batch norm's running averages; noise replayed. */
import * as tf from '@tensorflow/tfjs';
import { VED } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';
import {
  expectClose,
  expectGradients,
  type Figures,
  fixture,
  flat,
  lossAndGradients,
  type Nested,
  NoiseHandler,
  shapeOf,
  tensorOf,
} from './helpers.js';

interface Case {
  readonly options: {
    readonly input_dim: number[];
    readonly output_dim: number[];
    readonly input_channels?: number;
    readonly output_channels?: number;
    readonly latent_dim: number;
    readonly hidden_dim_e: number[][];
    readonly hidden_dim_d: number[][];
    readonly activation?: string;
    readonly batchnorm?: boolean;
    readonly decoder_sig?: number;
  };
  readonly params: Figures;
  readonly x: Nested;
  readonly y: Nested;
  readonly eps: Nested;
  readonly loc: Nested;
  readonly scale: Nested;
  readonly decoded: Nested;
  readonly eval_loss: number;
  readonly loss: number;
  readonly grads: Figures;
  readonly after: Figures;
  readonly 'loss_scale_factor_2.5': number;
}

function model({ options: o }: Case): VED {
  const named = o.activation === 'lrelu' ? 'leakyRelu' : o.activation;
  return new VED({
    inputShape: o.input_dim,
    outputShape: o.output_dim,
    inputChannels: o.input_channels,
    outputChannels: o.output_channels,
    latentDim: o.latent_dim,
    hiddenEncoder: o.hidden_dim_e,
    hiddenDecoder: o.hidden_dim_d,
    batchNorm: o.batchnorm,
    ...(named && { activation: named as 'tanh' | 'gelu' }),
    ...(o.decoder_sig !== undefined && { likelihood: 'gaussian', decoderSigma: o.decoder_sig }),
  });
}

/** A linear layer's [out][in] as [in, out], a convolution's [out][in][side]... as [side, ..., in, out]; vectors as they are. */
function turned(x: Nested): tf.Tensor {
  const t = tensorOf(x);
  if (t.rank < 2) return t;
  return tf.transpose(t, [...Array.from({ length: t.rank - 2 }, (_, i) => i + 2), 1, 0]);
}

/** The reverse of `turned`, for gradients. */
function turnedBack(x: Nested): Nested {
  const rank = shapeOf(x).length;
  if (rank < 2) return x;
  const back = [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)];
  const t = tf.tidy(() => tf.transpose(tensorOf(x), back));
  const values = t.arraySync() as Nested;
  t.dispose();
  return values;
}

/** lossAndGradients swaps the axes of matrices; a convolution of a signal or an image has more of them. */
const asReference = (gradients: ReadonlyMap<string, Nested>): ReadonlyMap<string, Nested> =>
  new Map([...gradients].map(([name, g]) => [name, shapeOf(g).length > 2 ? turnedBack(g) : g]));

const rows = (x: Nested): tf.Tensor => tf.tidy(() => tensorOf(x).reshape([shapeOf(x)[0], -1]));

const setOf = (x: Nested) => {
  const [count, channels, ...shape] = shapeOf(x);
  return { images: Float32Array.from(flat(x)), count, channels, shape };
};

describe.each(Object.entries(fixture<Record<string, Case>>('pyrovedVed')))('%s', (_, figures) => {
  const ved = model(figures);
  const load = () => {
    expect([...ved.params.names].sort()).toEqual(Object.keys(figures.params).sort());
    tf.tidy(() => {
      for (const [name, value] of Object.entries(figures.params)) {
        expect(ved.params.get(name).shape, name).toEqual(turned(value).shape);
        ved.params.set(name, turned(value));
      }
    });
  };
  const [x, y] = [rows(figures.x), rows(figures.y)];

  test('encodes and decodes the same', () => {
    load();
    const { content, contentScale } = ved.encode(setOf(figures.x));
    expectClose(Array.from(content), figures.loc, 1e-5);
    expectClose(Array.from(contentScale), figures.scale, 1e-5);
    expectClose(Array.from(ved.decode(flat(figures.eps)).images), figures.decoded, 1e-5);
  });

  test('the loss where nothing is learned', () => {
    load();
    const loss = tf.tidy(() =>
      ved.params.run(() =>
        new NoiseHandler({ z: figures.eps }).run(
          () => ved.elbo().estimate(ved.model, ved.guide, [x, y]).loss.dataSync()[0],
        ),
      ),
    ) as number;
    expectClose(loss, figures.eval_loss, 1e-5);
  });

  test('loss and gradients, and the running averages after them', () => {
    load();
    const { loss, gradients } = lossAndGradients(ved.params, ved.elbo(), ved, { z: figures.eps }, x, y);
    expectClose(loss, figures.loss, 1e-5);
    expectGradients(asReference(gradients), figures.grads, 2e-4);
    for (const [name, value] of Object.entries(figures.after)) expectClose(ved.params.get(name), value, 1e-5, name);
  });

  test('loss with a KL weight of 2.5', () => {
    load();
    const { loss } = lossAndGradients(ved.params, ved.elbo(), ved, { z: figures.eps }, x, y, { klWeight: 2.5 });
    expectClose(loss, figures['loss_scale_factor_2.5'], 1e-5);
  });
});
