import { PyroError } from 'pyro-ts';
import type { FileProblem } from 'pyroved-ts';
import { listProblems } from 'pyroved-ts/internal';
import { plainText } from '../plainText.js';

/** Prints why a command failed; unexpected errors are printed with a stack trace. */
export function report(error: unknown): void {
  if (isExpected(error)) {
    say(`pyroved: ${error.message}`);
    return;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`pyroved: unexpected error. Please report it with the stack trace below.\n${details}`);
}

const isExpected = (error: unknown): error is Error => error instanceof PyroError;

/** Prints to stderr, so that results on stdout can be piped. */
export const say = (line: string): void => console.error(plainText(line));

/** Prints a result. */
export const print = (text: string): void => console.log(plainText(text));

/** Lists the files that were skipped. */
export function sayProblems(problems: readonly FileProblem[]): void {
  if (problems.length === 0) return;
  say(`${problems.length} skipped:\n${listProblems(problems)}`);
}

/** The exit status of a process ended by a signal, as shells report it. */
const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit status for the received signal; undefined before one arrives. */
  readonly exitCode: () => number | undefined;
  readonly release: () => void;
}

function interruptSignal(onInterrupt: () => void): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT[name as keyof typeof EXIT]);
    exitCode = EXIT[name as keyof typeof EXIT];
    onInterrupt();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

/**
 * Runs what the first Ctrl-C or SIGTERM stops cleanly, which sets the exit status; a second one ends the process at once.
 * @param tell prints what is happening then
 */
export async function interruptible<T>(
  tell: (line: string) => void,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, exitCode, release } = interruptSignal(() =>
    tell('Saving and stopping. Press Ctrl-C again to exit immediately.'),
  );
  try {
    return await body(signal);
  } finally {
    release();
    if (signal.aborted) process.exitCode = exitCode();
  }
}
