/** The prior of the classes: how frequent each is before its image is seen. */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { constraints, type Net, OptionError } from 'pyro-ts';

/**
 * All alike; in proportion to given numbers; as frequent as among the labelled images (each counted once more, so that none is impossible); or
 * learned with the rest, from the labelled and the unlabelled images.
 */
export type ClassPrior = 'uniform' | 'counts' | 'learned' | readonly number[];

/** The parameter that holds the probabilities where they are counted or learned. */
export const CLASS_PRIOR = 'class_prior';

/** Gives log-probabilities [K], from a parameter (on a simplex, even at first) where they are counted or learned. */
export function classPriorNet(owner: string, numClasses: number, prior: ClassPrior): Net<[], tf.Tensor> {
  const even = new Array<number>(numClasses).fill(1 / numClasses);
  const parameters = { probs: { init: even, constraint: constraints.simplex } };
  switch (prior) {
    case 'uniform':
      return constant(even);
    case 'learned':
      return { parameters, apply: ({ probs }) => tf.log(probs) };
    case 'counts':
      return { parameters, apply: ({ probs }) => tf.log(stopGradient(probs)) };
    default: {
      const total = Array.isArray(prior) ? prior.reduce((a, b) => a + b, 0) : Number.NaN;
      if (!Number.isFinite(total) || prior.length !== numClasses || !prior.every((p) => p > 0)) {
        throw new OptionError(
          `${owner}: classPrior is "uniform", "counts", "learned" or a list of ${numClasses} positive numbers, not ${JSON.stringify(prior)}.`,
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

/** (images of a class + 1) / (images + classes); source: Laplace's rule of succession. */
export function countedProbs(labels: ArrayLike<number>, numClasses: number): number[] {
  const counts = new Array<number>(numClasses).fill(1);
  for (const label of Array.from(labels)) counts[label]++;
  return counts.map((n) => n / (labels.length + numClasses));
}
