/** What objectives share that weigh particles against each other. */
import * as tf from '@tensorflow/tfjs';
import type { PlateFrame } from '../../runtime/messages.js';
import { drawnSites, type TracePair } from './elbo.js';

/** The vectorised plates that every site lives in. */
export function sharedFrames({ model, guide }: TracePair): PlateFrame[] {
  const [first, ...rest] = [...model.sampleSites, ...drawnSites(guide)];
  if (!first) return [];
  return first.frames.filter((f) => f.dim !== undefined && rest.every((s) => s.frames.some((g) => g.name === f.name)));
}

/** `x` of rank at most `rank`, with dimensions of size 1 added on the left up to that rank. */
export function leftmostFirst(x: tf.Tensor, rank: number): tf.Tensor {
  return tf.reshape(x, [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
}
