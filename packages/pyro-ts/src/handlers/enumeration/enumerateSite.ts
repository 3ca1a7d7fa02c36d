/** What each way of enumeration makes of a site: its values, and their log weights in an expectation. */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { MaskedDistribution } from '../../distributions/distribution.js';
import { EnumerationError, formatShape, OptionError } from '../../errors.js';
import { combineMasks, type Mask } from '../../runtime/mask.js';
import type { EnumeratedValues, EnumeratedVariable, SampleMessage } from '../../runtime/messages.js';

import type { Variables } from './allocator.js';
import { placeValues } from './place.js';
import { sumAndSample } from './sumAndSample.js';

/** Gives `message` several values along batch dimension `dim`; `visible` are the other variables that it can see. Returns its own variable. */
export function enumerateSite(message: SampleMessage, dim: number, visible: Variables): EnumeratedVariable {
  const ownMask = unmask(message);
  rejectConflict(message, dim);
  const { name, fn, infer } = message;
  const tag = (total: number, logWeight: EnumeratedValues['logWeight']): EnumeratedVariable => {
    const variable = { site: name, total };
    const variables = new Map(visible).set(dim, variable);
    message.enumeration = { variables, own: { dim, total, logWeight, ownMask }, isDrawn: false };
    return variable;
  };
  if (infer.numSamples !== undefined) {
    const total = positiveInteger(message, 'numSamples', infer.numSamples);
    message.draw = (rng) =>
      placeValues(fn.hasRsample ? fn.rsample(rng, [total]) : fn.sample(rng, [total]), fn.batchShape.length, dim);
    return tag(total, (logProb) => drawnWeight(logProb, total, fn.hasRsample));
  }
  rejectInfinite(message);
  const exact = positiveInteger(message, 'exactClasses', infer.exactClasses ?? 1);
  const thin = fn.enumerateSupport(false);
  if (infer.enumerate === 'sum-and-sample' && exact < thin.shape[0] - 1) {
    message.draw = (rng) => {
      const { values, logWeight } = sumAndSample(fn, exact, rng);
      const placed = placeValues(logWeight, fn.batchShape.length, dim);
      tag(exact + 1, () => placed);
      return placeValues(values, fn.batchShape.length, dim);
    };
    return { site: name, total: exact + 1 };
  }
  message.value = placeValues(infer.expand ? fn.enumerateSupport(true) : thin, fn.batchShape.length, dim);
  message.done = true;
  return tag(thin.shape[0], (logProb) => logProb);
}

/** The value number `index` of a site that is enumerated in turn, and how many there are. */
export function supportValue(message: SampleMessage, index: number): { value: tf.Tensor; total: number } {
  rejectInfinite(message);
  if (message.infer.numSamples !== undefined) {
    throw new OptionError(
      `At site "${message.name}": numSamples goes with enumerate: "parallel", not with "sequential".`,
      message.name,
    );
  }
  unmask(message);
  const support = message.fn.enumerateSupport(message.infer.expand ?? false);
  const [total, ...shape] = support.shape;
  const start = [index, ...shape.map(() => 0)];
  return { value: tf.reshape(tf.slice(support, start, [1, ...shape]), shape), total };
}

/** Takes a distribution out of its mask, so that its probabilities add to 1 where a guide needs them, and returns the mask. */
function unmask(message: SampleMessage): Mask | undefined {
  if (!(message.fn instanceof MaskedDistribution)) return undefined;
  const { maskValue, base } = message.fn;
  message.mask = combineMasks(message.mask, maskValue);
  message.fn = base;
  return maskValue;
}

/** Log weight of each of `total` draws: an average, with a score function where the draws carry no gradient. */
function drawnWeight(logProb: tf.Tensor, total: number, hasRsample: boolean): tf.Tensor {
  const average = -Math.log(total);
  return hasRsample ? tf.fill(logProb.shape, average) : tf.add(tf.sub(logProb, stopGradient(logProb)), average);
}

function rejectConflict({ name, fn }: SampleMessage, dim: number): void {
  const size = fn.batchShape[fn.batchShape.length + dim] ?? 1;
  if (size === 1) return;
  throw new EnumerationError(
    `Enumeration dim conflict at site "${name}": its values would go to dim ${dim}, where its distribution already has size ${size} ` +
      `(batchShape ${formatShape(fn.batchShape)}). The site depends on a variable that its markov context hides: increase the history of ` +
      'markov, or move the site inside the context.',
    name,
  );
}

function rejectInfinite({ name, fn }: SampleMessage): void {
  if (fn.hasEnumerateSupport) return;
  throw new EnumerationError(
    `At site "${name}", which is to be enumerated: ${fn.name} has no finite support to list. Sample it (drop infer.enumerate), or in a guide draw it ` +
      "several times: infer: { enumerate: 'parallel', numSamples: n }. A Bernoulli under toEvent(n) cannot be enumerated: put it into a plate instead.",
    name,
  );
}

function positiveInteger({ name }: SampleMessage, option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new OptionError(`At site "${name}": infer.${option} must be a positive integer, not ${value}.`, name);
}
