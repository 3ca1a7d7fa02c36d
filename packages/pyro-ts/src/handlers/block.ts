/** `block`: hides sites from the handlers further out. */
import { OptionError, rejectUnknownKeys } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';

export interface BlockOptions {
  /** Hide the sites for which this is true; all sites where nothing else is given. */
  hideFn?: (message: Message) => boolean;
  /** Hide these names. */
  hide?: readonly string[];
  /** Hide all but these names. */
  expose?: readonly string[];
  /** Hide sites of these types. */
  hideTypes?: readonly Message['type'][];
  /** Hide all but sites of these types. */
  exposeTypes?: readonly Message['type'][];
}

/** Stops messages that it hides; a stopped message is not seen by any handler further out. */
export class BlockHandler extends Handler {
  private readonly hides: (message: Message) => boolean;

  constructor(options: BlockOptions = {}) {
    super();
    rejectUnknownKeys('block', options, ['hideFn', 'hide', 'expose', 'hideTypes', 'exposeTypes']);
    const { hideFn, hide, expose, hideTypes, exposeTypes } = options;
    if ((hide || hideTypes) && (expose || exposeTypes))
      throw new OptionError('block: give what to hide or what to expose, not both.');
    if (hideFn) this.hides = hideFn;
    else if (hide || hideTypes) this.hides = (m) => !!hide?.includes(m.name) || !!hideTypes?.includes(m.type);
    else this.hides = (m) => !expose?.includes(m.name) && !exposeTypes?.includes(m.type);
  }

  override process(message: Message): void {
    if (this.hides(message)) message.stop = true;
  }
}

/**
 * Hides sites of a program from everything around it. They keep their randomness from the seed and, parameters, their value from the store; a
 * hidden parameter is not learned. Source: `pyro.poutine.block`.
 * @example trace(block(model, { hide: ['w'] })).getTrace(data)
 */
export const block = handlerFactory((options?: BlockOptions) => new BlockHandler(options));
