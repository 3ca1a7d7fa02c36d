/** Sample sites as messages: made, sent through the handlers, drawn and checked. */
import type * as tf from '@tensorflow/tfjs';
import type { Distribution } from '../distributions/distribution.js';
import { DrawError, ShapeError } from '../errors.js';
import type { InferConfig, SampleMessage } from '../runtime/messages.js';
import { currentStream } from '../runtime/seed.js';
import { apply, isValidating } from '../runtime/stack.js';

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

/** Rejects parameters outside their constraints: one look at each parameter's numbers. */
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

/** Rejects an observation outside the support, or of a shape that does not fit; then with the plates that it should fit. */
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
