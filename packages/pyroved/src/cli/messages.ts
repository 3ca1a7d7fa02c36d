import { PyroError } from 'pyro-ts';
import { type FileProblem, listProblems } from 'pyroved-ts';
import { plainText } from '../plainText.js';

/** Prints why a command failed, without a stack trace where the reason is the user's to mend. */
export function report(error: unknown): void {
  if (isExpected(error)) {
    say(`pyroved: ${error.message}`);
    return;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`pyroved: something went wrong that should not have. Please report it with the lines below.\n${details}`);
}

const isExpected = (error: unknown): error is Error => error instanceof PyroError;

/** Prints to the terminal's error stream, so that results on the output stream can be piped. */
export const say = (line: string): void => console.error(plainText(line));

/** Prints a result. */
export const print = (text: string): void => console.log(plainText(text));

/** Lists the files that were skipped. */
export function sayProblems(problems: readonly FileProblem[]): void {
  if (problems.length === 0) return;
  say(`${problems.length} skipped:\n${listProblems(problems)}`);
}

/** The exit status of a process that a signal ends, as shells count it. */
const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** What the first Ctrl-C or SIGTERM raises; the second one ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit status that tells of the signal, once it has come. */
  readonly exitCode: () => number | undefined;
  readonly release: () => void;
}

export function interruptSignal(onInterrupt: () => void): Interrupt {
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
