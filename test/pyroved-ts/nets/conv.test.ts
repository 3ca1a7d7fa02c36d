/** Convolutional nets: exact sizes whatever they divide by, rows that never meet, classes that broadcast, first values, rejections. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { module, type Net, OptionError, ParamStore, ShapeError, seed } from 'pyro-ts';
import { type ConvOptions, convClassifier, convDecoder, convEncoder, convNet, IVAE } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';

const draw = (shape: number[], seedOf = 1) => tf.randomUniform(shape, 0, 1, 'float32', seedOf);

/** Calls `body` with the net on its first weights, and keeps nothing. */
function withNet<Inputs extends unknown[], Output>(
  net: Net<Inputs, Output>,
  body: (call: (...inputs: Inputs) => Output, store: ParamStore) => void,
): void {
  const store = new ParamStore();
  tf.tidy(() => store.run(() => seed.with(1, () => body(module('net', net), store))));
  store.dispose();
}

const small: ConvOptions = { blocks: [[3], [2, 4]] };
const decoding = (shape: readonly number[], channels = 1) =>
  convDecoder({ shape, channels, inputs: [2], conv: { blocks: [[3, 2], [4], [2]] } });
const encoding = (shape: readonly number[], channels = 1, classes = 0) =>
  convEncoder({
    shape,
    channels,
    inputs: [channels * shape.reduce((a, b) => a * b), classes],
    joint: 2,
    own: { angle: 3 },
    conv: small,
  });

describe('sizes', () => {
  it('a decoder gives exactly as many points as it is asked for, of finite values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 2 }), (shape) => {
        withNet(decoding(shape, 2), (decode) => {
          const points = shape.reduce((a, b) => a * b);
          const output = decode({ parts: [draw([3, 2])], transform: {} });
          expect(output.shape).toEqual([3, points, 2]);
          expect(output.dataSync().every(Number.isFinite)).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('an encoder takes images of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 2 }), (shape) => {
        withNet(encoding(shape), (encode) => {
          const { loc, scale, own } = encode([draw([3, shape.reduce((a, b) => a * b)])]);
          expect([loc.shape, scale.shape, own.angle?.shape]).toEqual([
            [3, 2],
            [3, 2],
            [3, 3],
          ]);
          expect(scale.dataSync().every((s) => s > 0)).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('blocks of one convolution keep every image in a row of its own', () => {
    const conv = { blocks: [[2], [2]] };
    withNet(convClassifier({ shape: [8, 8], channels: 1, outputs: 3, conv }), (classify) => {
      const x = draw([5, 64]);
      const all = classify(x);
      expect(all.shape).toEqual([5, 3]);
      expectClose(tf.slice(all, [3, 0], [1, 3]), classify(tf.slice(x, [3, 0], [1, 64])));
    });
  });
});

describe('parts and channels', () => {
  it('a class beside the image is broadcast as if each were encoded alone', () => {
    withNet(encoding([6, 5], 2, 3), (encode) => {
      const x = draw([4, 60]);
      const classes = tf.oneHot(tf.tensor1d([0, 1, 2], 'int32'), 3).toFloat();
      const { loc } = encode([x, tf.reshape(classes, [3, 1, 3])]);
      expect(loc.shape).toEqual([3, 4, 2]);
      for (const k of [0, 1, 2]) {
        const { loc: alone } = encode([x, tf.tile(tf.slice(classes, [k, 0], [1, 3]), [4, 1])]);
        expectClose(tf.slice(loc, [k, 0, 0], [1, 4, 2]), alone);
      }
    });
  });

  it('channels come first in an image: swapping them is not the same image', () => {
    withNet(convClassifier({ shape: [4], channels: 2, outputs: 2, conv: small }), (classify) => {
      const [a, b] = [draw([1, 4], 1), draw([1, 4], 2)];
      const [ab, ba] = [classify(tf.concat([a, b], 1)), classify(tf.concat([b, a], 1))];
      expect(Math.abs(ab.dataSync()[0] - ba.dataSync()[0])).toBeGreaterThan(1e-4);
    });
  });

  it('some pixels of a decoded image are those of the whole', () => {
    withNet(decoding([5, 6]), (decode) => {
      const parts = [draw([2, 2])];
      const pixels = tf.tensor1d([29, 3, 3], 'int32');
      const whole = decode({ parts, transform: {} });
      expectClose(decode({ parts, transform: {}, pixels }), tf.gather(whole, pixels, 1));
    });
  });

  it("a convolution's first values are uniform within 1 / sqrt(inputs * side)", () => {
    withNet(convEncoder({ shape: [32], channels: 1, inputs: [32], joint: 1, own: {}, conv: small }), (_, store) => {
      const [k, c, o] = store.get('net.feature_extractor.layers.0.weight').shape;
      expect([k, c, o]).toEqual([3, 1, 3]);
      // PyTorch's bound for a convolution's first values: 1 / sqrt(inputs * side).
      const values = Array.from(store.get('net.feature_extractor.layers.0.weight').dataSync(), Math.abs);
      expect(Math.max(...values)).toBeLessThanOrEqual(1 / Math.sqrt(3));
      expect(Math.max(...values)).toBeGreaterThan(0.3);
    });
  });
});

describe('batch normalisation', () => {
  it('learns by the batch and answers by the running averages', () => {
    const conv: ConvOptions = { blocks: [[2]], batchNorm: true };
    withNet(convClassifier({ shape: [4, 4], channels: 1, outputs: 2, conv }), (classify, store) => {
      const x = draw([8, 16]);
      const name = 'net.feature_extractor.layers.2.running_mean';
      const before = Array.from(store.get(name).dataSync());
      const asked = classify(x).dataSync();
      expect(Array.from(store.get(name).dataSync())).toEqual(before);
      for (let i = 0; i < 200; i++) tf.tidy(() => void tf.grad((t) => tf.sum(classify(t)))(x));
      const after = classify(x).dataSync();
      expect(Array.from(store.get(name).dataSync())).not.toEqual(before);
      expect(Array.from(after)).not.toEqual(Array.from(asked));
      // After many passes over one batch the averages are that batch's: asking and learning agree, but for n / (n - 1).
      const learnt = tf.tidy(() => {
        let value = tf.scalar(0) as tf.Tensor;
        tf.grad((t) => {
          value = tf.keep(classify(t));
          return tf.sum(value);
        })(x);
        return value;
      });
      expectClose(after, learnt, 2e-2, 2e-2);
      learnt.dispose();
    });
  });
});

describe('rejections', () => {
  it.each([
    [{ block: [[2]] } as ConvOptions, 'Did you mean "blocks"?'],
    [{ blocks: [[2], []] }, 'blocks must be a list of the channels of each block'],
    [{ blocks: [[2.5]] }, 'blocks must be a list of the channels of each block'],
    [{ kernelSize: 4 }, 'kernelSize must be an odd positive integer'],
    [{ activation: 'lrelu' } as unknown as ConvOptions, '; got "lrelu"'],
    [{ upsampling: 'linear' } as ConvOptions, 'upsampling belongs to decoders'],
  ])('%j', (conv, words) => {
    const make = () => convClassifier({ shape: [8, 8], channels: 1, outputs: 2, conv });
    expect(make).toThrow(OptionError);
    expect(make).toThrow(words);
  });

  it('images of another size, naming both', () => {
    withNet(encoding([6, 6]), (encode) => {
      expect(() => encode([draw([2, 35])])).toThrow(ShapeError);
      expect(() => encode([draw([2, 35])])).toThrow('[..., 36]; got [2, 35]');
    });
  });

  it('a convolutional decoder in a model that takes the pose out of the content', () => {
    expect(() => new IVAE({ shape: [8, 8], invariances: ['r'], decoder: convNet(small) })).toThrow(
      'has no coordinate input',
    );
  });
});
