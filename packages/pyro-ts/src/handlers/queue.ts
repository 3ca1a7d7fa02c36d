/** `queue`: runs a program repeatedly, extending partial executions by every value of their next choice. */
import * as tf from '@tensorflow/tfjs';
import { PyroError, rejectUnknownKeys, SiteError } from '../errors.js';
import { draw } from '../primitives/sampleMessage.js';
import type { Message, SampleMessage } from '../runtime/messages.js';
import { Handler } from '../runtime/stack.js';
import { Trace } from '../runtime/trace.js';
import { replay } from './replay.js';
import { TraceHandler } from './trace.js';

/**
 * Partial traces that wait to be completed: the newest first (depth first), or the oldest first (breadth first). It begins with an empty trace.
 * @example const waiting = new TraceQueue('newest first');
 */
export class TraceQueue {
  private readonly traces: Trace[] = [];

  constructor(readonly order: 'newest first' | 'oldest first' = 'oldest first') {
    this.put(new Trace());
  }

  get length(): number {
    return this.traces.length;
  }
  put(trace: Trace): void {
    this.traces.push(trace);
  }
  take(): Trace {
    const trace = this.order === 'newest first' ? this.traces.pop() : this.traces.shift();
    if (trace) return trace;
    throw new PyroError('queue: the queue is empty: every execution has been run.');
  }
}

export interface QueueOptions {
  /** How many partial runs may be needed for a whole one; 1,000,000. */
  maxTries?: number;
  /** Whether to stop at a site and branch there. @default where it is discrete, latent and new */
  branchAt?: (before: Trace, site: SampleMessage) => boolean;
  /** The traces to continue with. @default one for each value of the site */
  extend?: (before: Trace, site: SampleMessage) => Trace[];
}

/** Thrown where a run stops to branch; no error of the user's. */
class Escape {
  constructor(readonly site: SampleMessage) {}
}

/** Stops a run at the sites where `branchAt` says so. */
class EscapeHandler extends Handler {
  constructor(private readonly branchAt: (site: SampleMessage) => boolean) {
    super();
  }
  override process(message: Message): void {
    if (message.type === 'sample' && !message.isSubsample && this.branchAt(message)) throw new Escape(message);
  }
}

const isNewChoice = (before: Trace, { name, fn, isObserved }: SampleMessage): boolean =>
  !isObserved && fn.hasEnumerateSupport && !before.has(name);

/**
 * `before` with each of the site's values in turn. Source: `pyro.poutine.util.enum_extend`.
 * @example queue(() => sample('k', bernoulli(0.5)), new TraceQueue(), { extend: extendByValues })() // 0; a second call gives 1
 */
export function extendByValues(before: Trace, site: SampleMessage): Trace[] {
  return tf
    .unstack(site.fn.enumerateSupport(true))
    .map((value) => before.with({ ...site, frames: [...site.frames], value }));
}

/**
 * `before` with a draw of the site. Source: `pyro.poutine.util.mc_extend`.
 * @example queue(() => sample('k', poisson(3)), new TraceQueue(), { branchAt: (before, { name }) => !before.has(name), extend: extendByDraw })()
 */
export function extendByDraw(before: Trace, site: SampleMessage): Trace[] {
  const message = { ...site, frames: [...site.frames] };
  draw(message);
  return [before.with(message)];
}

/**
 * Each call gives the result of one whole run that was not made before; runs share `waiting`, and there are none left when it is empty. Sites
 * are branched at every value of their support. Source: `pyro.poutine.queue`.
 * @example
 * const two = () => sample('a', bernoulli(0.5)).add(sample('b', bernoulli(0.5)));
 * const waiting = new TraceQueue();
 * const next = queue(two, waiting);
 * while (waiting.length > 0) next().print(); // four sums
 */
export function queue<Args extends unknown[], Result>(
  program: (...args: Args) => Result,
  waiting: TraceQueue,
  options: QueueOptions = {},
): (...args: Args) => Result {
  rejectUnknownKeys('queue', options, ['maxTries', 'branchAt', 'extend']);
  const { maxTries = 1e6, branchAt = isNewChoice, extend = extendByValues } = options;
  return (...args) => {
    for (let i = 0; i < maxTries; i++) {
      const before = waiting.take();
      const tracer = new TraceHandler();
      try {
        return tracer.run(() =>
          new EscapeHandler((site) => branchAt(before, site)).run(() => replay(program, before)(...args)),
        );
      } catch (error) {
        if (!(error instanceof Escape)) throw error;
        for (const trace of extend(tracer.trace, error.site)) waiting.put(trace);
      }
    }
    throw new SiteError(
      `queue: no run was complete after ${maxTries} tries. A loop over discrete choices that need not end wants a queue of order 'oldest first', ` +
        'or a larger maxTries.',
    );
  };
}

/** The result of the next whole run of a body. */
queue.with = <Result>(waiting: TraceQueue, body: () => Result): Result => queue(body, waiting)();
