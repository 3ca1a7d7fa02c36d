/** `inferConfig`: hints for inference, set from outside the program. */
import type { InferConfig, Message, SampleMessage } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';

/** Adds hints to each sample site. */
export class InferConfigHandler extends Handler {
  constructor(readonly configOf: (site: SampleMessage) => InferConfig) {
    super();
  }

  override process(message: Message): void {
    if (message.type === 'sample' && !message.isSubsample)
      message.infer = { ...message.infer, ...this.configOf(message) };
  }
}

/**
 * Sets inference hints for each sample site; what `configOf` returns wins over the site's own. Source: `pyro.poutine.infer_config`.
 * @example inferConfig(model, (site) => (site.name === 'w' ? { enumerate: 'parallel', numSamples: 10 } : {}))
 */
export const inferConfig = handlerFactory(
  (configOf: (site: SampleMessage) => InferConfig) => new InferConfigHandler(configOf),
);
