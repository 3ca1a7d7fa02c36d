/** What the command line says: one sentence for a mistake of the user's, a request to report for one of ours. */
import { EngineError } from '@pyro-ts/engine';
import { SpatialDecoderError } from '@pyro-ts/spatial-decoder';
import { PyroError } from 'pyro-ts';

/** Prints why a command failed, without a stack trace where the reason is the user's to mend. */
export function report(error: unknown): void {
  if (isExpected(error)) {
    console.error(`pyroved: ${error.message}`);
    return;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(
    `pyroved: something went wrong that should not have. Please report it with the lines below.\n${details}`,
  );
}

const isExpected = (error: unknown): error is Error =>
  error instanceof PyroError || error instanceof EngineError || error instanceof SpatialDecoderError;

/** Prints to the terminal's error stream, so that results on the output stream can be piped. */
export const say = (line: string): void => console.error(line);

/** An abort signal that the first Ctrl-C raises; the second one ends the process at once. */
export function interruptSignal(onInterrupt: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    onInterrupt();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
