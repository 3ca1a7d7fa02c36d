/** `markov`: says which variables of a chain can depend on each other, so that enumeration can recycle dimensions. */
import { OptionError, rejectUnknownKeys } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { activeHandlers, Handler, rejectPromise } from '../runtime/stack.js';

export interface MarkovOptions {
  /** Number of earlier steps that a step can depend on. With 0 the steps are independent. @default 1 */
  history?: number;
  /** Remember the steps after they end, so that running over them again can depend on them: for grids. */
  keep?: boolean;
}

/**
 * A markov context: each `run` (or each turn of `over`) is one step, nested runs are later steps of one chain. Steps further apart than
 * `history` must be independent given the steps between them. Source: `pyro.markov` and `pyro.poutine.markov_messenger`.
 */
export class Markov extends Handler {
  private readonly history: number;
  private readonly keep: boolean;
  /** Names met in each step of the chain. */
  private readonly steps: Set<string>[] = [];
  private position = -1;

  constructor(options: MarkovOptions = {}) {
    super();
    rejectUnknownKeys('markov', options, ['history', 'keep']);
    const { history = 1, keep = false } = options;
    if (!Number.isInteger(history) || history < 0) {
      throw new OptionError(`markov: history must be a non-negative integer, not ${history}.`);
    }
    this.history = history;
    this.keep = keep;
  }

  /** Runs `body` as the next step. */
  override run<R>(body: () => R): R {
    this.begin();
    try {
      return activeHandlers().includes(this) ? rejectPromise(body()) : super.run(body);
    } finally {
      this.end();
    }
  }

  /** Runs `body` for each item in turn, each a step after the one before. */
  over<T, R>(items: Iterable<T>, body: (item: T) => R): R[] {
    const before = this.position;
    const loop = (): R[] => {
      const results: R[] = [];
      try {
        for (const item of items) {
          this.begin();
          results.push(rejectPromise(body(item)));
        }
        return results;
      } finally {
        while (this.position > before) this.end();
      }
    };
    return activeHandlers().includes(this) ? loop() : super.run(loop);
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isSubsample || message.done) return;
    const visible = new Map(message.markovScope?.visible);
    for (let i = Math.max(0, this.position - this.history); i <= this.position; i++) {
      for (const name of this.steps[i]) visible.set(name, (visible.get(name) ?? 0) + 1);
    }
    message.markovScope = { depth: (message.markovScope?.depth ?? 0) + 1, visible };
    this.steps[this.position].add(message.name);
  }

  private begin(): void {
    this.position++;
    if (this.steps.length <= this.position) this.steps.push(new Set());
  }

  private end(): void {
    if (!this.keep) this.steps.pop();
    this.position--;
  }
}

/**
 * Runs `body` for each item (for 0..n-1 where a count is given) as the steps of a markov chain and returns the list of results. Enumerated
 * variables of steps that cannot see each other share tensor dimensions, so that a chain of any length needs only a few.
 * @example
 * const [transition, means] = [tf.tensor2d([[0.9, 0.1], [0.2, 0.8]]), tf.tensor1d([0, 3])];
 * let x: tf.Tensor = tf.scalar(0);
 * markov(data.length, (t) => {
 *   x = sample(`x${t}`, categorical(take(transition, x)), { infer: { enumerate: 'parallel' } });
 *   sample(`y${t}`, normal(take(means, x), 1), { obs: data[t] });
 * });
 */
export function markov<R>(count: number, body: (index: number) => R): R[];
export function markov<R>(count: number, options: MarkovOptions, body: (index: number) => R): R[];
export function markov<T, R>(items: Iterable<T>, body: (item: T) => R): R[];
export function markov<T, R>(items: Iterable<T>, options: MarkovOptions, body: (item: T) => R): R[];
export function markov<T, R>(
  items: number | Iterable<T>,
  optionsOrBody: MarkovOptions | ((item: T) => R),
  maybeBody?: (item: T) => R,
): R[] {
  const body = typeof optionsOrBody === 'function' ? optionsOrBody : maybeBody;
  if (typeof body !== 'function') throw new OptionError('markov takes its body as a function, the last argument.');
  const context = new Markov(typeof optionsOrBody === 'function' ? {} : optionsOrBody);
  if (typeof items !== 'number') return context.over(items, body);
  if (!Number.isInteger(items) || items < 0) {
    throw new OptionError(`markov: the number of steps must be a non-negative integer, not ${items}.`);
  }
  return context.over(Array.from({ length: items }, (_, i) => i) as T[], body);
}
