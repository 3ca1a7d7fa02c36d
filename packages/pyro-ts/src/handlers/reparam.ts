/** `reparam`: latent sites expressed through others whose posterior is easier to fit. */
import type * as tf from '@tensorflow/tfjs';
import { delta } from '../distributions/delta.js';
import type { Distribution } from '../distributions/distribution.js';
import type { Message, SampleMessage } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { ByNameHandler, type ByNameOptions } from './byName.js';

/** The latent site to express otherwise. */
export interface ReparamSite {
  readonly name: string;
  readonly fn: Distribution;
  /** Where a handler inside, e.g. `replay`, has set it. */
  readonly value: tf.Tensor | undefined;
}

/** Draws auxiliary sites in place of a latent site and returns the value that the site has then. Source: `pyro.infer.reparam.reparam`. */
export interface Reparam {
  apply(site: ReparamSite): tf.Tensor;
}

/** How to express sites, by name or by a function; a site without an entry stays as it is. */
export type ReparamConfig =
  | Readonly<Record<string, Reparam>>
  | ((site: Readonly<SampleMessage>) => Reparam | undefined);

/** Replaces each configured latent site by its auxiliary sites and a deterministic one. Observed sites stay as they are. */
export class ReparamHandler extends ByNameHandler {
  constructor(
    readonly config: ReparamConfig,
    options?: ByNameOptions,
  ) {
    super('reparam', 'sample', typeof config === 'function' ? [] : Object.keys(config), options);
  }

  override process(message: Message): void {
    super.process(message);
    if (message.type !== 'sample' || message.isSubsample || message.isObserved) return;
    const { name, fn } = message;
    const how = this.configOf(message);
    if (!how) return;
    const value = how.apply({ name, fn, value: message.value });
    message.value = value;
    message.fn = delta(value, { eventDim: fn.eventShape.length }).mask(false);
    message.isObserved = true;
    message.infer = { ...message.infer, isDeterministic: true };
  }

  private configOf(message: SampleMessage): Reparam | undefined {
    if (typeof this.config === 'function') return this.config(message);
    return Object.hasOwn(this.config, message.name) ? this.config[message.name] : undefined;
  }
}

/**
 * Expresses latent sites in another way, see LocScaleReparam, TransformReparam and ProjectedNormalReparam. The guide then has the auxiliary
 * sites in place of those. Source: `pyro.poutine.reparam`.
 * @example
 * const funnel = () => sample('theta', normal(0, tf.exp(sample('log scale', normal(0, 3)))));
 * reparam(funnel, { theta: new LocScaleReparam({ centered: 0 }) })();
 */
export const reparam = handlerFactory(
  (config: ReparamConfig, options?: ByNameOptions) => new ReparamHandler(config, options),
);
