/** The fused convolutional encoder as a network of a program: its weights, its views, and the order of its channels. */
import { convEncoder } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { module, ParamStore, seed } from 'pyro-ts';
import { convBody } from 'pyroved-ts/internal';
import { expect, it } from 'vitest';

const sizes = { shape: [9, 8], channels: 2, blocks: [{ side: 3, outputs: 4 }], features: 5 } as const;

it('names its weights and gives the same features for every view', () => {
  const store = new ParamStore();
  tf.tidy(() =>
    store.run(() =>
      seed.with(1, () => {
        const call = module('body', convBody(sizes));
        const views = tf.randomUniform([3, 4, 144], 0, 1, 'float32', 1);
        const features = call(views);
        expect(features.shape).toEqual([3, 4, 5]);
        expect(store.names).toEqual(
          ['conv.0.weight', 'norm.0.weight', 'norm.0.bias', 'dense.weight', 'dense.bias'].map((n) => `body.${n}`),
        );
        const one = call(tf.slice(views, [2, 1, 0], [1, 1, 144])).dataSync();
        expect([...one]).toEqual([...tf.slice(features, [2, 1, 0], [1, 1, 5]).dataSync()]);
      }),
    ),
  );
  store.dispose();
});

it('takes channels first, as all networks here do', () => {
  const net = convBody(sizes);
  tf.tidy(() => {
    const weights = {
      'conv.0.weight': tf.randomUniform([3, 3, 2, 4], -1, 1, 'float32', 1),
      ...{ 'norm.0.weight': tf.ones([4]), 'norm.0.bias': tf.zeros([4]) },
      ...{ 'dense.weight': tf.randomUniform([80, 5], -1, 1, 'float32', 2), 'dense.bias': tf.zeros([5]) },
    };
    const images = tf.randomUniform([3, 2, 9, 8], 0, 1, 'float32', 3);
    const features = net.apply(weights, tf.reshape(images, [3, 144]));
    const [filter, gain, bias] = Object.values(weights) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
    const dense = { weight: weights['dense.weight'] as tf.Tensor2D, bias: weights['dense.bias'] as tf.Tensor1D };
    const direct = convEncoder(tf.transpose(images, [0, 2, 3, 1]), { blocks: [{ filter, gain, bias }], dense });
    expect([...features.dataSync()]).toEqual([...direct.dataSync()]);
    expect(features.dataSync().some((x) => x > 0)).toBe(true);
  });
});
