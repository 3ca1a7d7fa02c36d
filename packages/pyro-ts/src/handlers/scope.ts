/** `scope`: a prefix for every name inside. */
import { OptionError } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';

/** Renames sites, parameters and the plates of sites to PREFIX/NAME. */
export class ScopeHandler extends Handler {
  constructor(readonly prefix: string) {
    super();
    if (typeof prefix !== 'string' || prefix === '')
      throw new OptionError('scope: the prefix must be a non-empty string.');
  }

  override process(message: Message): void {
    const prefixed = (name: string) => `${this.prefix}/${name}`;
    message.name = prefixed(message.name);
    for (const [i, frame] of message.frames.entries()) {
      message.frames[i] = { ...frame, name: prefixed(frame.name) };
    }
    if (message.type !== 'sample' || !message.markovScope) return;
    const { depth, visible } = message.markovScope;
    message.markovScope = { depth, visible: new Map([...visible].map(([name, n]) => [prefixed(name), n])) };
  }
}

/**
 * Gives every site, parameter and plate inside the name PREFIX/NAME, so that one program can be used twice in another. Source:
 * `pyro.contrib.autoname.scope`.
 * @example
 * const part = () => sample('z', normal(0, 1));
 * const both = () => [scope(part, 'a')(), scope(part, 'b')()]; // its sites are a/z and b/z
 */
export const scope = handlerFactory((prefix: string) => new ScopeHandler(prefix));
