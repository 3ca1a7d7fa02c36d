/** `do` and `uncondition`: setting a variable from outside, and forgetting observations. */
import { toTensor } from '../distributions/distribution.js';
import { Unit } from '../distributions/unit.js';
import { draw } from '../primitives/sampleMessage.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { applyOutside, Handler } from '../runtime/stack.js';
import { warn } from '../runtime/warn.js';
import { ByNameHandler, type ByNameOptions } from './byName.js';
import { namesOf, type SiteValues, valueFor } from './condition.js';

/** Splits each named site: what follows sees the given value, what is outside sees the site with its own value. */
export class DoHandler extends ByNameHandler {
  constructor(
    readonly data: SiteValues,
    options?: ByNameOptions,
  ) {
    super('intervene', 'sample', namesOf(data), options);
  }

  override process(message: Message): void {
    super.process(message);
    if (message.type !== 'sample' || message.isSubsample) return;
    const value = valueFor(this.data, message.name);
    if (value === undefined) return;
    if (message.intervened) {
      warn(
        `Site "${message.name}" is intervened on twice: the inner value is what the program sees. Drop one of the interventions.`,
      );
    }
    applyOutside(this, { ...message, frames: [...message.frames], intervened: true }, draw);
    message.value = toTensor(value);
    message.isObserved = true;
    message.intervened = true;
    message.done = true;
    message.stop = true;
  }
}

/**
 * Sets the named variables to the given values for everything that depends on them; the variables themselves keep their own distribution and
 * value (Pearl's do). A name that the program lacks is an error, unless `allowUnused` is set or `data` is a trace. Source: `pyro.poutine.do`,
 * which is a reserved word here.
 * @example
 * const trial = () => sample('outcome', normal(sample('treatment', bernoulli(0.5)), 1));
 * intervene(trial, { treatment: 1 })();
 */
export const intervene = handlerFactory((data: SiteValues, options?: ByNameOptions) => new DoHandler(data, options));

/** Makes observed sites latent again. */
export class UnconditionHandler extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample' || !message.isObserved || message.isSubsample || message.infer.isDeterministic)
      return;
    // A factor has nothing to draw.
    if (message.fn instanceof Unit) return;
    message.isObserved = false;
    message.value = undefined;
  }
}

/**
 * Draws the observed sites from the prior. Source: `pyro.poutine.uncondition`.
 * @example const prior = uncondition(model);
 */
export const uncondition = handlerFactory(() => new UnconditionHandler());
