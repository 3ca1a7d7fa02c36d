/** `trace`: records what a program did. */
import type { Message } from '../runtime/messages.js';
import { Handler, rejectPromise } from '../runtime/stack.js';
import { Trace } from '../runtime/trace.js';

/** Records every site of the body into `trace`. */
export class TraceHandler extends Handler {
  readonly trace = new Trace();

  override process(message: Message): void {
    if (message.type !== 'sample' || !message.isSubsample || message.value !== undefined) return;
    const before = this.trace.sites.get(message.name);
    if (before?.type === 'sample' && before.isSubsample && before.fn.eventShape[0] === message.fn.eventShape[0]) {
      message.value = before.value;
    }
  }

  override postprocess(message: Message): void {
    this.trace.add(message);
  }
}

export interface TracedProgram<Args extends unknown[], Result> {
  (...args: Args): Result;
  /** Runs the program and returns its trace (with the result as `returnValue`). */
  getTrace(...args: Args): Trace;
}

/**
 * A program that can be run for its trace. Source: `pyro.poutine.trace`.
 * @example trace(model).getTrace(data).logProbSum()
 */
export function trace<Args extends unknown[], Result>(program: (...args: Args) => Result): TracedProgram<Args, Result> {
  const getTrace = (...args: Args): Trace => trace.with(() => program(...args));
  return Object.assign((...args: Args): Result => getTrace(...args).returnValue as Result, { getTrace });
}

/** The trace of a body. */
trace.with = (body: () => unknown): Trace => {
  const handler = new TraceHandler();
  handler.trace.returnValue = rejectPromise(handler.run(body));
  return handler.trace;
};
