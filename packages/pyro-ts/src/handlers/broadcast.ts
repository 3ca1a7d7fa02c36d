/** `broadcast`: distributions take the size of the plates that their site is in. */
import { broadcastInto } from '../primitives/plate.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';

/** Expands each site's distribution to the plates that the site has gone through. */
export class BroadcastHandler extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample' || message.isSubsample || message.done) return;
    for (const frame of message.frames) {
      if (frame.dim !== undefined && frame.size >= 0) broadcastInto(message, frame, frame.dim);
    }
  }
}

/**
 * Expands every site's distribution to the sizes of the plates inside this handler. Plates do so themselves; this is for handlers that put another
 * distribution in a site's place. Source: `pyro.poutine.broadcast`.
 * @example broadcast(model)(data)
 */
export const broadcast = handlerFactory(() => new BroadcastHandler());
