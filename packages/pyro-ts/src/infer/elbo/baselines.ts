/** Control variates for score-function gradients: what a site's cost is expected to be, whatever the site draws. */
import { customGrad, stopGradient } from '@pyro-ts/engine';
import { broadcastShapes, expandTo, sameShape, sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, OptionError, rejectUnknownKeys, ShapeError } from '../../errors.js';
import type { SampleSite } from '../../runtime/trace.js';

/** The running mean of a site's cost. */
export interface BaselineState {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A cost with its baseline taken off, and what to minimise for the baseline to learn. */
interface Centred {
  readonly cost: tf.Tensor;
  readonly loss: tf.Tensor | undefined;
}

/**
 * Keeps the running means of an objective's score-function sites, by name. A mean has an entry for each element of the site's plates and begins
 * at 0; where the plates change their size it begins again. Source: `_construct_baseline` in `pyro.infer.tracegraph_elbo`.
 */
export class Baselines {
  private readonly means = new Map<string, BaselineState>();

  /** `cost` (constant) of `site` less its baseline; moves the running mean. */
  centre(site: SampleSite, cost: tf.Tensor): Centred {
    const { decay, mean, value } = this.baselineOf(site, cost.shape);
    if (decay !== undefined) this.moveMean(site.name, cost.shape, decay, cost.dataSync());
    const prediction = mean && tf.tensor(mean, cost.shape);
    if (value === undefined) return { cost: prediction ? tf.sub(cost, prediction) : cost, loss: undefined };
    const error = tf.sub(cost, prediction ? tf.add(value, prediction) : value);
    return { cost: stopGradient(error), loss: tf.sum(tf.square(error)) };
  }

  /**
   * `logWeight` (batch shaped) of what `site` drew, for a loss of which the gradient with respect to it is minus the site's cost over
   * `numParticles`: that gradient is taken less the baseline, and moves the running mean as it passes. `chances` has the probability of each
   * entry's surroundings, where the site was drawn once for each value of enumerated variables: it weighs the cost, so it weighs the baseline.
   */
  centreGradient(site: SampleSite, logWeight: tf.Tensor, chances: Float64Array, numParticles: number): tf.Tensor {
    const { shape } = logWeight;
    const { decay, mean, value = tf.zeros(shape) } = this.baselineOf(site, shape);
    const values = value.dataSync();
    const predicted = chances.map((chance, i) => chance * ((mean?.[i] ?? 0) + values[i]));
    return customGrad([logWeight, value], (weight) => ({
      value: weight.clone(),
      grad: (dy) => {
        const costs = Float64Array.from(dy.dataSync(), (g) => -numParticles * g);
        if (decay !== undefined) this.moveMean(site.name, shape, decay, costs, chances);
        const errors = tf.tensor(
          Float32Array.from(costs, (cost, i) => cost - predicted[i]),
          shape,
        );
        // The value learns by the square of the error.
        return [tf.div(errors, -numParticles), tf.mul(errors, -2 / numParticles)];
      },
    }));
  }

  /** The parts of the baseline of a site whose cost has `shape`. */
  private baselineOf(site: SampleSite, shape: number[]) {
    const options = site.infer.baseline ?? {};
    rejectUnknownKeys(`baseline of site "${site.name}"`, options, ['decayingAverage', 'value']);
    const { decayingAverage: decay, value } = options;
    if (decay !== undefined && !(decay >= 0 && decay < 1)) {
      throw new OptionError(
        `At site "${site.name}": baseline.decayingAverage is the share of the mean that a step keeps, from 0 to below 1, not ${decay}.`,
        site.name,
      );
    }
    if (value && !sameShape(broadcastShapes(value.shape, shape) ?? [-1], shape)) {
      throw new ShapeError(
        `At site "${site.name}": baseline.value has shape ${formatShape(value.shape)}, and the cost that it is for ${formatShape(shape)}: one ` +
          'entry for each element of the plates around the site.',
        site.name,
      );
    }
    const mean = decay === undefined ? undefined : this.meanOf(site.name, shape);
    return { decay, mean, value: value && expandTo(value, shape) };
  }

  /** The running mean so far; 0 where there is none of this shape. */
  private meanOf(name: string, shape: readonly number[]): Float32Array {
    const before = this.means.get(name);
    return before && sameShape(before.shape, shape) ? before.data : new Float32Array(sizeOf(shape));
  }

  /** The mean takes in `costs`, each weighted with its chance (1 where `chances` is omitted). */
  private moveMean(
    name: string,
    shape: readonly number[],
    decay: number,
    costs: ArrayLike<number>,
    chances?: ArrayLike<number>,
  ): void {
    const moved = this.meanOf(name, shape).map(
      (mean, i) => mean + (1 - decay) * (costs[i] - (chances?.[i] ?? 1) * mean),
    );
    this.means.set(name, { shape: [...shape], data: moved });
  }

  /** The running means by site name: what is needed to go on as if never interrupted. */
  toData(): Map<string, BaselineState> {
    return new Map([...this.means].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  }

  loadData(means: ReadonlyMap<string, BaselineState>): void {
    for (const [name, { shape, data }] of means) this.means.set(name, { shape: [...shape], data: data.slice() });
  }
}
