/** `param`: a value that inference learns, kept in the run's ParamStore. */
import type * as tf from '@tensorflow/tfjs';
import { type Constraint, real } from '../distributions/constraints.js';
import { ContextError, OptionError, rejectUnknownKeys, SiteError } from '../errors.js';
import { ParamStoreHandler } from '../paramStore.js';
import type { ParamInit, ParamMessage } from '../runtime/messages.js';
import { activeHandlers, apply } from '../runtime/stack.js';

export interface ParamOptions {
  /** Where the value must stay. @default `constraints.real` */
  constraint?: Constraint;
  /**
   * For a parameter that has one entry for each element of the plates around: how many rightmost dimensions belong to one element. Inside a
   * plate that subsamples, only the chosen elements are returned and learned.
   */
  eventDim?: number;
}

/**
 * The parameter called `name`, made from `init` at its first use and learned from then on. Source: `pyro.param`.
 * @param init a value, or a function that makes one (it gets a random stream of its own); may be omitted once the parameter exists
 * @example const scale = param('scale', 1, { constraint: constraints.positive });
 */
export function param(name: string, init?: ParamInit, options: ParamOptions = {}): tf.Tensor {
  if (typeof name !== 'string' || name === '')
    throw new SiteError('param: the first argument is the name of the parameter, a non-empty string.');
  rejectUnknownKeys('param', options, ['constraint', 'eventDim']);
  if (options.constraint !== undefined && typeof options.constraint?.check !== 'function') {
    throw new OptionError(`param "${name}": constraint must be one of constraints, e.g. constraints.positive.`, name);
  }
  const message: ParamMessage = {
    type: 'param',
    name,
    init,
    constraint: options.constraint ?? real,
    eventDim: options.eventDim,
    value: undefined,
    frames: [],
    rng: undefined,
    scale: 1,
    mask: undefined,
    done: false,
    stop: false,
  };
  apply(message, () => {
    // What block hides keeps its value, and the optimiser does not see it.
    const hidden = message.stop ? activeHandlers().findLast((h) => h instanceof ParamStoreHandler) : undefined;
    if (hidden) {
      message.value = hidden.store.getOrCreate(message);
      return;
    }
    throw new ContextError(
      `Parameter "${name}" has no store to live in. Run the program through SVI, or inside a store: store.run(() => model(...)).`,
      name,
    );
  });
  return message.value as tf.Tensor;
}
