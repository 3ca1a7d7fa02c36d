/** Normal priors of the shift, the scale and the shear, which are columns of the joint latent. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import type { PosePart } from './posePart.js';

/** One standard deviation for all axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Shift = width * z along each of `dims` axes, in the units of the [-1, 1] grid. pyroVED's dx_prior and dy_prior. */
export function normalShift(width: PerAxis, dims: number): PosePart {
  const widths = perAxis('shiftPrior', width, dims);
  return {
    kind: 'shift',
    name: 'normal',
    source: { site: 'joint', columns: dims },
    toPose: (z) => tf.mul(z, tf.tensor1d(widths)),
  };
}

/** Scale = 1 + width * z; one factor for both axes, or one for each if `width` is a list. pyroVED's sc_prior. */
export function normalScale(width: PerAxis, dims: number): PosePart {
  const widths = perAxis('scalePrior', width, typeof width === 'number' ? 1 : dims);
  return {
    kind: 'scale',
    name: 'normal',
    source: { site: 'joint', columns: widths.length },
    toPose: (z) => tf.add(1, tf.mul(z, tf.tensor1d(widths))),
  };
}

/**
 * Shear = width * z, with the two components of `PoseTensors.shear`. With a list, each component has a separate width.
 */
export function normalShear(width: PerAxis): PosePart {
  const widths = perAxis('shearPrior', width, 2);
  return {
    kind: 'shear',
    name: 'normal',
    source: { site: 'joint', columns: 2 },
    toPose: (z) => tf.mul(z, tf.tensor1d(widths)),
  };
}

export function perAxis(option: string, width: PerAxis, dims: number): number[] {
  const widths = Array.isArray(width) ? [...width] : new Array<number>(dims).fill(width as number);
  if (widths.length !== dims || !widths.every((w) => w > 0 && Number.isFinite(w))) {
    const list = dims > 1 ? `, or a list of ${dims}, one for each axis` : '';
    throw new OptionError(`${option} must be a positive number${list}; got ${JSON.stringify(width)}.`);
  }
  return widths;
}
