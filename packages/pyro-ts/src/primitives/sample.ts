/** `sample`: a random variable, or an observed one. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Distribution, type TensorLike, toTensor } from '../distributions/distribution.js';
import { formatShape, OptionError, rejectUnknownKeys, ShapeError, SiteError } from '../errors.js';
import { MaskHandler } from '../runtime/mask.js';
import type { InferConfig } from '../runtime/messages.js';
import { deterministic } from './deterministic.js';
import { sendSample } from './sampleMessage.js';

export interface SampleOptions {
  /** The observed value. */
  obs?: TensorLike;
  /** Which entries of `obs` (over the batch shape) are observed; the others are latent, under the name NAME_unobserved. */
  obsMask?: tf.Tensor | boolean;
  /** Hints for inference, e.g. `{ enumerate: 'parallel' }`. */
  infer?: InferConfig;
}

const inferKeys: (keyof InferConfig)[] = [
  'enumerate',
  'expand',
  'numSamples',
  'exactClasses',
  'isAuxiliary',
  'isDeterministic',
  'baseline',
];

/**
 * A random variable called `name` with distribution `fn`; its value has shape batchShape + eventShape, where the batch shape is that of the
 * plates around (and of enumeration dimensions to their left). Source: `pyro.sample`.
 * @example const z = sample('z', normal(0, 1).expand([2]).toEvent(1));
 */
export function sample(name: string, fn: Distribution, options: SampleOptions = {}): tf.Tensor {
  checkSampleArguments(name, fn, options);
  if (options.obsMask !== undefined) return samplePartlyObserved(name, fn, options);
  return sendSample(
    name,
    fn,
    options.obs === undefined ? undefined : toTensor(options.obs),
    options.infer ?? {},
    false,
  );
}

/** `obs` where the mask says so, a latent variable elsewhere; source: `pyro.sample(..., obs_mask=...)`. */
function samplePartlyObserved(name: string, fn: Distribution, options: SampleOptions): tf.Tensor {
  const { obs, obsMask, infer = {} } = options;
  if (obs === undefined)
    throw new SiteError(`At site "${name}": obsMask is given without obs. Give both, or neither.`, name);
  const mask = typeof obsMask === 'boolean' ? tf.scalar(obsMask, 'bool') : tf.cast(obsMask as tf.Tensor, 'bool');
  let observed: tf.Tensor;
  try {
    observed = sendSample(`${name}_observed`, fn.mask(mask), toTensor(obs), infer);
  } catch (error) {
    if (!(error instanceof ShapeError) || mask.rank === 0) throw error;
    throw new ShapeError(
      `At site "${name}": obsMask has shape ${formatShape(mask.shape)} and the distribution batchShape ${formatShape(fn.batchShape)} and ` +
        `eventShape ${formatShape(fn.eventShape)}. A mask has one entry for each observation in the plates around, and no event dimensions. ${error.message}`,
      name,
      { cause: error },
    );
  }
  // Under a handler, so that the probabilities of an enumerated latent part still add to 1 where there is an observation.
  const unobserved = new MaskHandler(tf.logicalNot(mask)).run(() =>
    sendSample(`${name}_unobserved`, fn, undefined, infer),
  );
  const eventMask = tf.reshape(mask, [...mask.shape, ...fn.eventShape.map(() => 1)]);
  // An enumerated latent part has dimensions of its own, and may lack the size of the plates.
  const shape = broadcastShapes(eventMask.shape, observed.shape, unobserved.shape) as number[];
  return deterministic(
    name,
    tf.where(expandTo(eventMask, shape), expandTo(observed, shape), expandTo(unobserved, shape)),
    fn.eventShape.length,
  );
}

function checkSampleArguments(name: string, fn: Distribution, options: SampleOptions): void {
  if (typeof name !== 'string' || name === '')
    throw new SiteError('sample: the first argument is the name of the site, a non-empty string.');
  if (!(fn instanceof Distribution)) {
    throw new SiteError(
      `At site "${name}": the second argument of sample must be a Distribution, e.g. normal(0, 1).`,
      name,
    );
  }
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    ArrayBuffer.isView(options) ||
    options instanceof tf.Tensor
  ) {
    throw new OptionError(
      `At site "${name}": the third argument of sample is an object of options. An observed value goes into it: sample("${name}", ..., { obs: value }).`,
      name,
    );
  }
  rejectUnknownKeys('sample', options, ['obs', 'obsMask', 'infer']);
  if (options.infer) rejectUnknownKeys(`infer of site "${name}"`, options.infer, inferKeys);
  const mode = options.infer?.enumerate;
  if (mode !== undefined && !['parallel', 'sequential', 'sum-and-sample'].includes(mode)) {
    throw new OptionError(
      `At site "${name}": infer.enumerate is "${mode}"; it must be "parallel", "sequential" or "sum-and-sample".`,
      name,
    );
  }
}
