/** Control variates for score-function gradients: what a site's cost is expected to be, whatever the site draws. */
import { broadcastShapes, expandTo, sameShape, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { formatShape, OptionError, refuseUnknownKeys, ShapeError } from '../../errors.js';
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
    const options = site.infer.baseline;
    if (!options) return { cost, loss: undefined };
    refuseUnknownKeys(`baseline of site "${site.name}"`, options, ['decayingAverage', 'value']);
    const { decayingAverage: decay, value } = options;
    const mean = decay === undefined ? undefined : this.runningMean(site.name, cost, decay);
    if (value === undefined) return { cost: mean ? tf.sub(cost, mean) : cost, loss: undefined };
    if (!sameShape(broadcastShapes(value.shape, cost.shape) ?? [-1], cost.shape)) {
      throw new ShapeError(
        `At site "${site.name}": baseline.value has shape ${formatShape(value.shape)}, and the cost that it is for ${formatShape(cost.shape)}: one ` +
          'entry for each element of the plates around the site.',
        site.name,
      );
    }
    const whole = expandTo(value, cost.shape);
    const error = tf.sub(cost, mean ? tf.add(whole, mean) : whole);
    return { cost: stopGradient(error), loss: tf.sum(tf.square(error)) };
  }

  /** The mean so far, which then takes in `cost`. */
  private runningMean(name: string, cost: tf.Tensor, decay: number): tf.Tensor {
    if (!(decay >= 0 && decay < 1)) {
      throw new OptionError(
        `At site "${name}": baseline.decayingAverage is the share of the mean that a step keeps, from 0 to below 1, not ${decay}.`,
        name,
      );
    }
    const before = this.means.get(name);
    const mean = before && sameShape(before.shape, cost.shape) ? before.data : new Float32Array(cost.size);
    const costs = cost.dataSync();
    this.means.set(name, { shape: cost.shape, data: mean.map((m, i) => decay * m + (1 - decay) * costs[i]) });
    return tf.tensor(mean, cost.shape);
  }

  /** The running means by site name: what is needed to go on as if never interrupted. */
  toData(): Map<string, BaselineState> {
    return new Map([...this.means].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  }

  loadData(means: ReadonlyMap<string, BaselineState>): void {
    for (const [name, { shape, data }] of means) this.means.set(name, { shape: [...shape], data: data.slice() });
  }
}
