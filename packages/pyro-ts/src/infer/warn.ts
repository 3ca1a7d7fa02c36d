/** Warnings: things that are legal and probably not meant. Each text is shown once. */

const shown = new Set<string>();
let sink: (message: string) => void = (message) => console.warn(`pyro-ts: ${message}`);

/** Shows `message` unless it was shown before. */
export function warn(message: string): void {
  if (shown.has(message)) return;
  shown.add(message);
  sink(message);
}

/**
 * Sends warnings to `receive` from now on, also those shown before; returns the previous receiver.
 * @example onWarning((message) => { throw new Error(message); });
 */
export function onWarning(receive: (message: string) => void): (message: string) => void {
  const before = sink;
  sink = receive;
  shown.clear();
  return before;
}
