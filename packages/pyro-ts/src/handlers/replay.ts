/** `replay`: runs a program again with the latent values of a trace. */
import { sameShape } from '@pyro-ts/engine/internal';
import { formatShape, ModelGuideError } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';
import type { Trace } from '../runtime/trace.js';

/** Latent sites that `trace` has take its values (and its enumeration); observed sites are left alone. */
export class ReplayHandler extends Handler {
  constructor(readonly trace: Trace) {
    super();
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value !== undefined) return;
    const site = this.trace.sites.get(message.name);
    if (site === undefined) return;
    if (site.type !== 'sample') {
      throw new ModelGuideError(
        `"${message.name}" is a sample site here and a parameter in the trace that is replayed. Rename one.`,
        message.name,
      );
    }
    if (site.isObserved) {
      throw new ModelGuideError(
        `Site "${message.name}" is latent here but observed in the trace that is replayed. Observe it in the model instead.`,
        message.name,
      );
    }
    if (message.isSubsample && site.value.shape[0] !== message.fn.eventShape[0]) {
      throw new ModelGuideError(
        `Plate "${message.name}" has ${message.fn.eventShape[0]} elements here and ${site.value.shape[0]} in the trace that is replayed ` +
          `(${formatShape(site.value.shape)}): model and guide must use the same size and subsampleSize.`,
        message.name,
      );
    }
    if (!message.isSubsample && !sameShape(site.fn.eventShape, message.fn.eventShape)) {
      throw new ModelGuideError(
        `Model and guide disagree at site "${message.name}": one draw has shape ${formatShape(message.fn.eventShape)} in the model and ` +
          `${formatShape(site.fn.eventShape)} in the guide. Make them equal; use toEvent alike in both.`,
        message.name,
      );
    }
    message.value = site.value;
    message.enumeration = site.enumeration;
    message.infer = { ...site.infer, ...message.infer };
  }
}

/**
 * Runs a program with the latent values of `trace`. Source: `pyro.poutine.replay`.
 * @example
 * const guideTrace = trace(guide).getTrace(data);
 * trace(replay(model, guideTrace)).getTrace(data);
 */
export const replay = handlerFactory((trace: Trace) => new ReplayHandler(trace));
