/** Running a program apart from what is around it, and again with values that were inferred from that run. */
import type * as tf from '@tensorflow/tfjs';
import { BlockHandler } from '../../handlers/block.js';
import type { RandomStream } from '../../random.js';
import type { Message } from '../../runtime/messages.js';
import { SeedHandler } from '../../runtime/seed.js';
import { Handler } from '../../runtime/stack.js';
import type { Trace } from '../../runtime/trace.js';

/** Runs `body` with its sample sites hidden from the handlers around, on random numbers of its own; parameters still come from outside. */
export const apart = <R>(stream: RandomStream, body: () => R): R =>
  new BlockHandler({ hideTypes: ['sample'] }).run(() => new SeedHandler(stream.fork('apart')).run(body));

/** Gives latent sites the values that were inferred, and plates the elements that they had. */
export class PosteriorHandler extends Handler {
  constructor(
    private readonly trace: Trace,
    private readonly values: ReadonlyMap<string, tf.Tensor>,
  ) {
    super();
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value !== undefined) return;
    const site = this.trace.sites.get(message.name);
    if (site?.type !== 'sample') return;
    message.value = message.isSubsample ? site.value : this.values.get(message.name);
  }
}
