/** The synchronous stack of handlers, and how a message travels down and up it. */
import { assertSingleCopy } from '@pyro-ts/engine/internal';
import { ContextError } from '../errors.js';
import { explained, noteSite } from './explain.js';
import type { Message, PlateFrame } from './messages.js';

/** Something that sees the messages of the program that runs inside it. */
export abstract class Handler {
  /** Called before the body runs, when the handler is already on the stack. */
  enter(): void {}
  /** Called after the body ran or threw. */
  exit(): void {}
  /** Sees a message on its way out, innermost handler first. */
  process(_message: Message): void {}
  /** Sees a message with its value, on its way back, outermost handler first. */
  postprocess(_message: Message): void {}

  /** Sees a vectorised plate that opens inside, and may reject it. */
  admitPlate(_frame: PlateFrame): void {}

  /** Runs `body` inside this handler. */
  run<R>(body: () => R): R {
    if (stack.length === 0) noteSite(undefined);
    stack.push(this);
    try {
      this.enter();
      return body();
    } catch (error) {
      throw explained(error);
    } finally {
      this.exit();
      stack.splice(stack.lastIndexOf(this), 1);
    }
  }
}

/** What a program, or the body of a plate, returned: not a promise, since it would sample where nobody listens any more. */
export function rejectPromise<R>(value: R): R {
  const { then } = (value ?? {}) as { then?: unknown };
  if (typeof then !== 'function') return value;
  // Whatever it fails with later follows from this.
  then.call(value, undefined, () => {});
  throw new ContextError(
    'The program returned a promise, but programs are synchronous. Await the data before, and pass them as arguments. ' +
      'Bodies of plates and of markov are synchronous too: drop "async".',
  );
}

assertSingleCopy('pyro-ts', import.meta.url);

const stack: Handler[] = [];

/** The handlers around the running program, outermost first. */
export const activeHandlers = (): readonly Handler[] => stack;

/** Sends `message` out through the handlers, runs `otherwise` where none has set its value, and brings it back. */
export function apply<M extends Message>(message: M, otherwise: (message: M) => void): M {
  return travel(stack, message, otherwise);
}

/** As `apply`, but only the handlers outside `handler` see the message: for a handler that splits or replaces a site. */
export function applyOutside<M extends Message>(handler: Handler, message: M, otherwise: (message: M) => void): M {
  return travel(stack.slice(0, stack.lastIndexOf(handler)), message, otherwise);
}

function travel<M extends Message>(handlers: readonly Handler[], message: M, otherwise: (message: M) => void): M {
  let reached = handlers.length;
  while (reached > 0 && !message.stop) handlers[--reached].process(message);
  if (!message.done) otherwise(message);
  message.done = true;
  noteSite(message.name);
  for (const handler of handlers.slice(reached)) handler.postprocess(message);
  return message;
}

let validating = true;

/**
 * Whether values and shapes are checked as a program runs. On unless `withValidation(false, ...)` is around.
 * @example withValidation(false, () => isValidating()) // false
 */
export const isValidating = (): boolean => validating;

/**
 * Runs `body` with the checks of values, supports and shapes on or off.
 * @example withValidation(false, () => svi.step(data)); // for speed, in a program that is known to be right
 */
export function withValidation<R>(enabled: boolean, body: () => R): R {
  const before = validating;
  validating = enabled;
  try {
    return body();
  } finally {
    validating = before;
  }
}
