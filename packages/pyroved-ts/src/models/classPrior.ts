/** The prior over classes. */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { constraints, type Net, OptionError } from 'pyro-ts';

/**
 * `'uniform'`; a list of weights, which is normalised; `'counts'`, the class frequencies of the labelled images with
 * one added to each count, so that no class has probability 0; or `'learned'`, trained with the other parameters.
 */
export type ClassPrior = 'uniform' | 'counts' | 'learned' | readonly number[];

/** Name of the parameter that holds counted or learned probabilities. */
export const CLASS_PRIOR = 'class_prior';

/**
 * A network that returns log probabilities [K]. Counted and learned priors are a simplex-constrained parameter,
 * initially uniform.
 * @throws {OptionError} when `prior` is not a `ClassPrior`.
 */
export function classPriorNet(owner: string, numClasses: number, prior: ClassPrior): Net<[], tf.Tensor> {
  const uniform = new Array<number>(numClasses).fill(1 / numClasses);
  const parameters = { probs: { init: uniform, constraint: constraints.simplex } };
  switch (prior) {
    case 'uniform':
      return constant(uniform);
    case 'learned':
      return { parameters, apply: ({ probs }) => tf.log(probs) };
    case 'counts':
      return { parameters, apply: ({ probs }) => tf.log(stopGradient(probs)) };
    default: {
      const total = Array.isArray(prior) ? prior.reduce((a, b) => a + b, 0) : Number.NaN;
      if (!Number.isFinite(total) || prior.length !== numClasses || !prior.every((p) => p > 0)) {
        throw new OptionError(
          `${owner}: classPrior must be "uniform", "counts", "learned" or a list of ${numClasses} positive numbers; got ${JSON.stringify(prior)}.`,
        );
      }
      return constant(prior.map((p) => p / total));
    }
  }
}

const constant = (probs: readonly number[]): Net<[], tf.Tensor> => ({
  parameters: {},
  apply: () => tf.tensor1d(probs.map(Math.log)),
});

/** Laplace-smoothed class frequencies, (images of the class + 1) / (images + classes). */
export function countedProbs(labels: ArrayLike<number>, numClasses: number): number[] {
  const counts = new Array<number>(numClasses).fill(1);
  for (const label of Array.from(labels)) counts[label]++;
  return counts.map((n) => n / (labels.length + numClasses));
}
