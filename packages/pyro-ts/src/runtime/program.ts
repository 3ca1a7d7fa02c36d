/** How handlers are offered: as a function that wraps a program, and `.with` to run a body inside. */
import type { Handler } from './stack.js';

/** A model or a guide: an ordinary synchronous function that calls primitives. */
export type Program<Args extends unknown[] = never[], Result = unknown> = (...args: Args) => Result;

/** What `with` takes: the options, the last of which may be omitted, and then the body. */
type WithBody<Options extends unknown[], Result> =
  | [...options: Options, body: () => Result]
  | (Options extends [infer First, unknown?]
      ? 1 extends Options['length']
        ? [first: First, body: () => Result]
        : never
      : never)
  | (0 extends Options['length'] ? [body: () => Result] : never);

export interface HandlerFactory<Options extends unknown[]> {
  /** A program that runs `program` inside a fresh handler at each call. */
  <Args extends unknown[], Result>(program: (...args: Args) => Result, ...options: Options): (...args: Args) => Result;
  /** Runs a body inside a fresh handler: the last argument is the body. */
  with<Result>(...optionsAndBody: WithBody<Options, Result>): Result;
}

/** Makes both faces of a handler from a function that builds it. */
export function handlerFactory<Options extends unknown[]>(
  create: (...options: Options) => Handler,
): HandlerFactory<Options> {
  const wrap =
    <Args extends unknown[], Result>(program: (...args: Args) => Result, ...options: Options) =>
    (...args: Args): Result =>
      create(...options).run(() => program(...args));
  return Object.assign(wrap, {
    with: <Result>(...optionsAndBody: WithBody<Options, Result>): Result => {
      const body = optionsAndBody.at(-1) as () => Result;
      const options: readonly unknown[] = optionsAndBody.slice(0, -1);
      return create(...(options as Options)).run(body);
    },
  });
}
