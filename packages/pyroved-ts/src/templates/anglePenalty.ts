/** Priors of the angle as refinement needs them: minus their log density with two derivatives, on the host. */
import * as tf from '@tensorflow/tfjs';
import { vonMises } from 'pyro-ts';
import type { AnglePrior, NamedPrior } from '../priors/index.js';
import { tidyHost } from '../tidyHost.js';

/** -log p(angle) in nats and its first two derivatives, of which the second is held at 0 or above. */
export type AnglePenalty = (angle: number) => readonly [cost: number, slope: number, curvature: number];

/** The penalty of a named prior; recognition takes no others. */
export function anglePenalty(anglePrior: AnglePrior = 'uniform'): AnglePenalty {
  const prior = (typeof anglePrior === 'object' ? anglePrior : { name: anglePrior }) as NamedPrior;
  if (prior.name === 'normal') {
    const { scale = 1 } = prior;
    const constant = Math.log(scale) + Math.log(2 * Math.PI) / 2;
    return (angle) => {
      const wrapped = Math.atan2(Math.sin(angle), Math.cos(angle));
      return [constant + 0.5 * (wrapped / scale) ** 2, wrapped / scale ** 2, 1 / scale ** 2];
    };
  }
  if (prior.name === 'von-mises') {
    const { concentration = 1 } = prior;
    const peak = tidyHost(() => vonMises(0, concentration).logProb(tf.scalar(0)).dataSync()[0]);
    return (angle) => {
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return [concentration * (1 - cos) - peak, concentration * sin, Math.max(0, concentration * cos)];
    };
  }
  // Uniform, or the direction of a normal vector around the origin, which points everywhere alike.
  return () => [Math.log(2 * Math.PI), 0, 0];
}
