/** `sample`: a random variable, or an observed one. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Distribution, type TensorLike, toTensor } from '../distributions/distribution.js';
import { DrawError, formatShape, OptionError, refuseUnknownKeys, ShapeError, SiteError } from '../errors.js';
import { currentStream } from '../handlers/seed.js';
import type { InferConfig, SampleMessage } from '../runtime/messages.js';
import { apply, isValidating } from '../runtime/stack.js';
import { deterministic } from './deterministic.js';

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

/** The message of a sample site; `isSubsample` marks the choice of a plate. */
export function sampleMessage(
  name: string,
  fn: Distribution,
  observed: tf.Tensor | undefined,
  infer: InferConfig,
  isSubsample = false,
): SampleMessage {
  return {
    type: 'sample',
    name,
    fn,
    value: observed,
    isObserved: observed !== undefined,
    isSubsample,
    infer,
    frames: [],
    scale: 1,
    mask: undefined,
    rng: undefined,
    intervened: false,
    enumeration: undefined,
    markovScope: undefined,
    draw: undefined,
    done: false,
    stop: false,
  };
}

/** Sends the message of a sample site and returns its value. */
export function sendSample(...parts: Parameters<typeof sampleMessage>): tf.Tensor {
  let isChecked = false;
  const message = apply(sampleMessage(...parts), (reached) => {
    draw(reached);
    isChecked = true;
  });
  // A handler has set the value.
  if (!isChecked) checkParameters(message);
  return message.value as tf.Tensor;
}

/** Refuses parameters outside their constraints: one look at each parameter's numbers. */
function checkParameters({ name, fn, infer, mask, isSubsample }: SampleMessage): void {
  if (isValidating() && !isSubsample && !infer.isDeterministic) fn.validateParameters(name, mask);
}

/** What a sample site does where no handler has set its value: check the parameters, and check an observation or draw. */
export function draw(message: SampleMessage): void {
  checkParameters(message);
  if (message.value !== undefined) {
    if (isValidating() && message.isObserved) checkObservation(message, message.value);
    return;
  }
  // A seed reaches also the sites that block hides from it.
  const rng = message.rng ?? currentStream(message.name);
  try {
    if (message.draw) message.value = message.draw(rng);
    else message.value = message.fn.hasRsample ? message.fn.rsample(rng) : message.fn.sample(rng);
  } catch (error) {
    if (!(error instanceof DrawError) || error.site !== undefined) throw error;
    throw new DrawError(`At site "${message.name}": ${error.message}`, message.name, { cause: error });
  }
}

/** Refuses an observation outside the support, or of a shape that does not fit; then with the plates that it should fit. */
function checkObservation({ name, fn, frames }: SampleMessage, value: tf.Tensor): void {
  try {
    fn.validateValue(value, name);
  } catch (error) {
    const plates = frames.filter((f) => f.dim !== undefined && f.size >= 0);
    if (!(error instanceof ShapeError) || plates.length === 0) throw error;
    const listed = plates.map((f) => `plate "${f.name}" has ${f.size} elements, at dim ${f.dim}`).join('; ');
    throw new ShapeError(
      `${error.message} Around the site, ${listed}. Give the observation one entry for each element (a subsampling plate passes the indices of its ` +
        'elements to its body), or change the size of the plate.',
      name,
      { cause: error },
    );
  }
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
  const unobserved = sendSample(`${name}_unobserved`, fn.mask(tf.logicalNot(mask)), undefined, infer);
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
  refuseUnknownKeys('sample', options, ['obs', 'obsMask', 'infer']);
  if (options.infer) refuseUnknownKeys(`infer of site "${name}"`, options.infer, inferKeys);
  const mode = options.infer?.enumerate;
  if (mode !== undefined && !['parallel', 'sequential', 'sum-and-sample'].includes(mode)) {
    throw new OptionError(
      `At site "${name}": infer.enumerate is "${mode}"; it must be "parallel", "sequential" or "sum-and-sample".`,
      name,
    );
  }
}
