/** Where draws come from: the innermost seed around, or an unseeded stream. */
import { RandomStream, unseededStream } from '../random.js';
import type { Message } from './messages.js';
import { activeHandlers, Handler } from './stack.js';

/**
 * Gives each site a stream of its own, made from the seed, the site's name and how often that name was met: the draws of one site do not
 * depend on which other sites there are.
 * @example new SeedHandler('a seed').run(() => model(data)) // as seed.with('a seed', ...); objectives want one around them
 */
export class SeedHandler extends Handler {
  private readonly stream: RandomStream;
  private readonly met = new Map<string, number>();

  constructor(seed: number | string | RandomStream) {
    super();
    this.stream = seed instanceof RandomStream ? seed : new RandomStream(seed);
  }

  override process(message: Message): void {
    if (message.rng !== undefined || message.value !== undefined) return;
    message.rng = this.fork(message.type === 'param' ? paramStream(message.name) : message.name);
  }

  /** The stream for `label`, another one at each call. */
  fork(label: string): RandomStream {
    const count = this.met.get(label) ?? 0;
    this.met.set(label, count + 1);
    return this.stream.fork(count === 0 ? label : `${label}#${count}`);
  }
}

/** The label of the stream that a parameter is made from. */
export const paramStream = (name: string): string => `param ${name}`;

/** A stream for `label` from the innermost seed around; an unseeded one where there is none. */
export function currentStream(label: string): RandomStream {
  const seeded = activeHandlers().findLast((handler): handler is SeedHandler => handler instanceof SeedHandler);
  return seeded?.fork(label) ?? unseededStream();
}
