/** Compares angle priors by the evidence of images under a template model. */
import { OptionError } from 'pyro-ts';
import type { AnglePrior } from '../priors/index.js';
import { anglePriorNames, namedAngle, nameOfPrior } from '../priors/namedAngles.js';
import { totalEvidence } from './outliers.js';
import { classified, softmaxRows } from './queries/uncertainty.js';
import type { ClassExplanations } from './templateExplanations.js';

/** How well an angle prior explains images; see `TemplateSSIVAE.compareAnglePriors`. */
export interface AnglePriorEvidence {
  readonly prior: AnglePrior;
  /** Mean of log p(image) over the images, in nats, by Laplace's approximation. */
  readonly evidence: number;
  /** Difference to the evidence of the first prior, and its standard error over the images, in nats per image. */
  readonly difference: number;
  readonly standardError: number;
  /**
   * Posterior mean and standard deviation of the angle of each image in radians, given its likeliest class, [count].
   */
  readonly angle: Float32Array;
  readonly angleScale: Float32Array;
}

/** See `TemplateSSIVAE.compareAnglePriors`. @param explain the explanations of the images under a prior */
export function compareAnglePriors(
  priors: readonly AnglePrior[],
  numClasses: number,
  explain: (prior: AnglePrior) => ClassExplanations,
): AnglePriorEvidence[] {
  for (const prior of priors) checkNamedPrior(prior);
  const found = priors.map((prior) => {
    const { evidence, theta, spread } = explain(prior);
    const { classes } = classified(softmaxRows(evidence, numClasses), numClasses);
    const dim = theta.length / evidence.length;
    const latents = Array.from(classes, (label, i) => (i * numClasses + label) * dim);
    const angle = Float32Array.from(latents, (at) => Math.atan2(Math.sin(theta[at]), Math.cos(theta[at])));
    const angleScale = Float32Array.from(latents, (at) => spread[at]);
    return { prior, nats: totalEvidence(evidence, numClasses), angle, angleScale };
  });
  return found.map(({ nats, ...rest }) => {
    const differences = nats.map((e, i) => e - found[0].nats[i]);
    const difference = mean(differences);
    const variance = mean(differences.map((d) => (d - difference) ** 2));
    return { ...rest, evidence: mean(nats), difference, standardError: Math.sqrt(variance / nats.length) };
  });
}

const mean = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** @throws {OptionError} when the prior is custom: refinement supports only the named ones. */
function checkNamedPrior(prior: AnglePrior): void {
  if (namedAngle(prior)) return;
  throw new OptionError(
    `An angle prior to compare must be one of ${anglePriorNames.join(', ')}; got ${String(nameOfPrior(prior))}.`,
  );
}
