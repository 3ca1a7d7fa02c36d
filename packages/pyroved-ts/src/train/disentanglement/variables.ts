/** Latent variables and known factors as columns of numbers for linear regression. */
import type { Encoding } from '../../models/index.js';

/** One variable: numbers for each image, [count][width]. An angle is its cosine and sine, since it is periodic. */
export interface Variable {
  readonly name: string;
  /** The values of image `i`; an angle is multiplied by `order`, the order of the symmetry of the object. */
  readonly at: (i: number, order: number) => readonly number[];
}

const circle = (name: string, radians: (i: number) => number): Variable => ({
  name,
  at: (i, order) => [Math.cos(order * radians(i)), Math.sin(order * radians(i))],
});

/**
 * Content z1, z2, ..., then the pose in the image: angle, position (rightwards and downwards, or along a signal), scale
 * and shear.
 */
export function variablesOf({ count, content, angle, shift, scale, shear }: Encoding): Variable[] {
  const latents = content.length / count;
  const dims = (shift?.length ?? 0) / count;
  const scales = (scale?.length ?? 0) / count;
  const scaleAt = (i: number, axis: number) => (scale ? scale[i * scales + (scales === 1 ? 0 : axis)] : 1);
  // The grid point to which the decoder's origin is mapped: (g R) scale S + shift = 0.
  const place = (i: number): readonly number[] => {
    const [a, b] = shear ? [shear[2 * i], shear[2 * i + 1]] : [0, 0];
    const root = Math.sqrt(1 + a * a + b * b);
    const shiftAt = (axis: number): number => shift?.[i * dims + axis] ?? 0;
    const unsheared = (axis: number): number =>
      dims === 2 ? shiftAt(axis) * (axis === 0 ? root - a : root + a) - shiftAt(1 - axis) * b : shiftAt(axis);
    const from = Array.from({ length: dims }, (_, axis) => -unsheared(axis) / scaleAt(i, axis));
    if (dims < 2 || !angle) return from;
    const [cos, sin] = [Math.cos(angle[i]), Math.sin(angle[i])];
    return [from[0] * cos + from[1] * sin, from[1] * cos - from[0] * sin];
  };
  return [
    ...Array.from({ length: latents }, (_, k) => ({
      name: `z${k + 1}`,
      at: (i: number) => [content[i * latents + k]],
    })),
    ...(angle ? [circle('angle', (i) => angle[i])] : []),
    ...(dims === 1 ? [{ name: 'shift', at: (i: number) => [-place(i)[0]] }] : []),
    ...(dims === 2
      ? [
          { name: 'shift x', at: (i: number) => [-place(i)[1]] },
          { name: 'shift y', at: (i: number) => [place(i)[0]] },
        ]
      : []),
    ...Array.from({ length: scales }, (_, k) => ({
      name: scales === 1 ? 'scale' : `scale ${k + 1}`,
      at: (i: number) => [scaleAt(i, k)],
    })),
    ...(shear ? [0, 1] : []).map((k) => ({ name: `shear ${k + 1}`, at: (i: number) => [shear?.[2 * i + k] ?? 0] })),
  ];
}

/** A factor of an image set. `angle` is in degrees, as in all sets. */
export const factorOf = (name: string, values: Float32Array): Variable =>
  name === 'angle' ? circle(name, (i) => (values[i] * Math.PI) / 180) : { name, at: (i) => [values[i]] };

/** Classes as one-hot numbers. */
export function classOf(labels: Int32Array): Variable {
  const classes = [...new Set(labels)];
  return { name: 'class', at: (i) => classes.map((k) => (labels[i] === k ? 1 : 0)) };
}
