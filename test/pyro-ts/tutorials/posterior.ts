/** Compares a trained guide with the posterior that NUTS found. */
import * as tf from '@tensorflow/tfjs';
import { type InferenceProgram, type ParamStore, Predictive } from 'pyro-ts';
import { expect } from 'vitest';

/** A site's figures in bench/reference/tutorials: mean, standard deviation and Monte Carlo error of the mean of each entry. */
interface Moments {
  mean: number | readonly unknown[];
  deviation: number | readonly unknown[];
  error: number | readonly unknown[];
}

interface Tolerance {
  /** How far means may be from NUTS's, in standard deviations of the posterior, besides three Monte Carlo errors. */
  means: number;
  /** How far standard deviations may be, relatively. @default not compared */
  deviations?: number;
  maxPlateNesting: number;
}

const numbers = (x: number | readonly unknown[]): number[] => [x].flat(9).map(Number);

/** Means and deviations of 4,000 draws of each site. */
export function expectPosterior<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  guide: InferenceProgram<Args>,
  params: ParamStore,
  posterior: Readonly<Record<string, Moments>>,
  { means, deviations, maxPlateNesting }: Tolerance,
  ...args: Args
): void {
  const options = { guide, params, numSamples: 4000, parallel: true, maxPlateNesting };
  const draws = new Predictive(model, { ...options, returnSites: Object.keys(posterior) }).draw(...args);
  for (const [name, { mean, deviation, error }] of Object.entries(posterior)) {
    const moments = tf.moments(draws[name], [0]);
    const [found, spread] = [moments.mean.dataSync(), moments.variance.dataSync().map(Math.sqrt)];
    const [expected, scale, noise] = [mean, deviation, error].map(numbers);
    expect(found.length).toBe(expected.length);
    for (const [i, x] of found.entries()) {
      const entry = `${name}[${i}]`;
      expect(Math.abs(x - expected[i]), `mean of ${entry}`).toBeLessThan(means * scale[i] + 3 * noise[i]);
      if (deviations !== undefined) {
        expect(Math.abs(spread[i] / scale[i] - 1), `deviation of ${entry}`).toBeLessThan(deviations);
      }
    }
    tf.dispose([moments.mean, moments.variance]);
  }
  tf.dispose(draws);
}
