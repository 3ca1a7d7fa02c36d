/** Warnings: things that are legal and probably not meant. Each program shows each text once. */

/** Whatever warns outside of any program. */
const none = {};
let shown = new WeakMap<object, Set<string>>();
let program: object = none;
let sink: (message: string) => void = (message) => console.warn(`pyro-ts: ${message}`);

/** Shows `message` unless the program that runs has shown it before. */
export function warn(message: string): void {
  const before = shown.get(program) ?? new Set();
  shown.set(program, before);
  if (before.has(message)) return;
  before.add(message);
  sink(message);
}

/** Runs `body`, whose warnings are those of `owner` (a model), unless it is part of another program. */
export function warningsOf<R>(owner: object, body: () => R): R {
  if (program !== none) return body();
  program = owner;
  try {
    return body();
  } finally {
    program = none;
  }
}

/**
 * Sends warnings to `receive` from now on, also those shown before; returns the previous receiver.
 * @example onWarning((message) => { throw new Error(message); });
 */
export function onWarning(receive: (message: string) => void): (message: string) => void {
  const before = sink;
  sink = receive;
  shown = new WeakMap();
  return before;
}
