/** Gaussian blur of images and pictures, on the host, with its gradient. */
import { customGrad } from '@pyro-ts/engine';
import { peek, tensorFrom } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';

/** Standard deviation in pixels below which there is no blur. */
const LEAST = 0.3;

/**
 * Gaussian blur of pictures [..., height, width] with standard deviation `pixels`; beyond the border, the edge pixels
 * continue. Below 0.3 pixels, the tensor itself is returned. Without second derivatives.
 */
export function blurred(pictures: tf.Tensor, pixels: number): tf.Tensor {
  if (pixels < LEAST) return pictures;
  const { shape } = pictures;
  const weights = weightsOf(pixels);
  const both = (values: Float32Array, to: Float32Array, filter: Filter): void => {
    const [height, width] = shape.slice(-2);
    for (let at = 0; at < values.length; at += height * width) {
      const picture = values.subarray(at, at + height * width);
      const out = to.subarray(at, at + height * width);
      filter(picture, out, weights, { lines: height, step: width, length: width, stride: 1 });
      filter(out.slice(), out, weights, { lines: width, step: 1, length: height, stride: width });
    }
  };
  return customGrad([pictures], (own) => ({
    value: tensorFrom(shape, (out) => both(peek(own), out, correlate)),
    grad: (upstream) => [tensorFrom(shape, (out) => both(peek(upstream), out, spread))],
  }));
}

/** Weights from -radius to radius, which sum to 1. */
function weightsOf(deviation: number): Float64Array {
  const radius = Math.floor(3 * deviation) + 1;
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-0.5 * ((k - radius) / deviation) ** 2),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

/**
 * The lines of a picture along one axis: their number, the offset from one to the next, their length, and the offset
 * between neighbouring pixels.
 */
interface Lines {
  readonly lines: number;
  readonly step: number;
  readonly length: number;
  readonly stride: number;
}

type Filter = (from: Float32Array, to: Float32Array, weights: Float64Array, lines: Lines) => void;

/** Replaces each pixel by the weighted sum of its neighbours on the line. */
const correlate: Filter = (from, to, weights, { lines, step, length, stride }) => {
  const radius = weights.length >> 1;
  const padded = new Float64Array(length + 2 * radius);
  for (let line = 0; line < lines; line++) {
    const start = line * step;
    for (let i = 0; i < padded.length; i++) {
      padded[i] = from[start + Math.min(Math.max(i - radius, 0), length - 1) * stride];
    }
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * padded[i + k];
      to[start + i * stride] = sum;
    }
  }
};

/** The transpose of `correlate`: adds each pixel to the neighbours that contribute to it. */
const spread: Filter = (from, to, weights, { lines, step, length, stride }) => {
  const radius = weights.length >> 1;
  const padded = new Float64Array(length + 2 * radius);
  for (let line = 0; line < lines; line++) {
    const start = line * step;
    padded.fill(0);
    for (let i = 0; i < length; i++) {
      const value = from[start + i * stride];
      for (let k = 0; k < weights.length; k++) padded[i + k] += weights[k] * value;
    }
    for (let i = 0; i < length; i++) to[start + i * stride] = padded[i + radius];
    for (let i = 0; i < radius; i++) {
      to[start] += padded[i];
      to[start + (length - 1) * stride] += padded[length + radius + i];
    }
  }
};
