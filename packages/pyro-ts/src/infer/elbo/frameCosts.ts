/** Costs that live in different plates, added up for one site: only plates that the site lacks are summed away. */
import * as tf from '@tensorflow/tfjs';
import type { PlateFrame } from '../../runtime/messages.js';

/** A batch-shaped cost with the plates that it lives in. */
export interface FrameCost {
  frames: readonly PlateFrame[];
  value: tf.Tensor;
}

/**
 * The sum of `costs`, each with the plates that are not in `frames` summed away; costs of other turns of a sequential plate are dropped. Source:
 * `pyro.infer.util.MultiFrameTensor.sum_to`.
 */
export function costsToward(costs: readonly FrameCost[], frames: readonly PlateFrame[]): tf.Tensor {
  const kept = new Set(frames.map((f) => f.name));
  const toward = ({ frames: own, value }: FrameCost): tf.Tensor => {
    const axes = own
      .filter((f) => f.dim !== undefined && !kept.has(f.name) && value.rank + f.dim >= 0)
      .map((f) => value.rank + (f.dim as number));
    const summed = axes.length > 0 ? tf.sum(value, axes, true) : value;
    return dropLeadingOnes(summed);
  };
  const related = costs.filter((cost) => !inOtherTurn(cost.frames, frames));
  return related.length === 0 ? tf.scalar(0) : related.map(toward).reduce((a, b) => tf.add(a, b));
}

/** Whether some sequential plate is at one turn in `a` and at another in `b`: then neither depends on the other. */
const inOtherTurn = (a: readonly PlateFrame[], b: readonly PlateFrame[]): boolean =>
  a.some((f) => f.dim === undefined && b.some((g) => g.name === f.name && g.counter !== f.counter));

/** `x` without its leading dimensions of size 1. */
function dropLeadingOnes(x: tf.Tensor): tf.Tensor {
  const first = x.shape.findIndex((n) => n !== 1);
  const shape = first < 0 ? [] : x.shape.slice(first);
  return shape.length === x.rank ? x : tf.reshape(x, shape);
}
