/** `do` and `uncondition`: setting a variable from outside, and forgetting observations. */
import { toTensor } from '../distributions/distribution.js';
import { Unit } from '../distributions/unit.js';
import { warn } from '../infer/warn.js';
import { draw } from '../primitives/sample.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { applyOutside, Handler } from '../runtime/stack.js';
import { type SiteValues, valueFor } from './condition.js';

/** Splits each named site: what follows sees the given value, what is outside sees the site with its own value. */
export class DoHandler extends Handler {
  constructor(readonly data: SiteValues) {
    super();
  }

  override process(message: Message): void {
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
 * value (Pearl's do). Source: `pyro.poutine.do`. Exported as `intervene` too, since `do` is a reserved word.
 * @example intervene(model, { treatment: 1 })()
 */
export const intervene = handlerFactory((data: SiteValues) => new DoHandler(data));

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
 * Draws the observed sites anew, from the prior. Source: `pyro.poutine.uncondition`.
 * @example const prior = uncondition(model);
 */
export const uncondition = handlerFactory(() => new UnconditionHandler());
