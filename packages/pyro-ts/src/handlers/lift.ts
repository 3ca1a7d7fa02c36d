/** `lift` and `substitute`: parameters as random variables, or at given values. */
import type * as tf from '@tensorflow/tfjs';
import type { Distribution } from '../distributions/distribution.js';
import { type TensorLike, toTensor } from '../distributions/distribution.js';
import { draw, sampleMessage } from '../primitives/sampleMessage.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { applyOutside } from '../runtime/stack.js';
import { ByNameHandler, type ByNameOptions } from './byName.js';

/** A prior for all parameters, or by name; a parameter without one stays a parameter. */
export type Priors =
  | Distribution
  | ((name: string) => Distribution | undefined)
  | Readonly<Record<string, Distribution>>;

const isDistribution = (priors: Priors): priors is Distribution =>
  'logProb' in priors && typeof priors.logProb === 'function';

/** Sends a sample site in place of each parameter that has a prior. The site is in no plate inside, as the parameter has one value for all. */
export class LiftHandler extends ByNameHandler {
  constructor(
    readonly priors: Priors,
    options?: ByNameOptions,
  ) {
    super('lift', 'param', isDistribution(priors) || typeof priors === 'function' ? [] : Object.keys(priors), options);
  }

  /** What this run drew: a parameter that is read again is the same variable. */
  private readonly drawn = new Map<string, tf.Tensor | undefined>();

  override enter(): void {
    this.drawn.clear();
  }

  override process(message: Message): void {
    super.process(message);
    if (message.type !== 'param') return;
    const fn = this.priorOf(message.name);
    if (!fn) return;
    const { name, scale, mask, rng } = message;
    if (!this.drawn.has(name)) {
      const lifted = { ...sampleMessage(name, fn, undefined, {}), scale, mask, rng };
      this.drawn.set(name, applyOutside(this, lifted, draw).value);
    }
    message.value = this.drawn.get(name);
    message.done = true;
    message.stop = true;
  }

  private priorOf(name: string): Distribution | undefined {
    if (isDistribution(this.priors)) return this.priors;
    if (typeof this.priors === 'function') return this.priors(name);
    return Object.hasOwn(this.priors, name) ? this.priors[name] : undefined;
  }
}

/**
 * Turns parameters into latent variables with the given priors. A name that the program lacks is an error, unless `allowUnused` is set. Source:
 * `pyro.poutine.lift`.
 * @example lift(model, { spread: halfNormal(2) })(data)
 */
export const lift = handlerFactory((priors: Priors, options?: ByNameOptions) => new LiftHandler(priors, options));

/** Gives the named parameters fixed values. */
export class SubstituteHandler extends ByNameHandler {
  constructor(
    readonly values: Readonly<Record<string, TensorLike>>,
    options?: ByNameOptions,
  ) {
    super('substitute', 'param', Object.keys(values), options);
  }

  override process(message: Message): void {
    super.process(message);
    if (message.type !== 'param' || !Object.hasOwn(this.values, message.name)) return;
    message.value = toTensor(this.values[message.name]);
    message.done = true;
  }
}

/**
 * Runs a program with these (constrained) values of its parameters. A name that the program lacks is an error, unless `allowUnused` is set.
 * Source: `pyro.poutine.substitute`.
 * @example substitute(model, { spread: 2 })(data)
 */
export const substitute = handlerFactory(
  (values: Readonly<Record<string, TensorLike>>, options?: ByNameOptions) => new SubstituteHandler(values, options),
);
