/** What every compiled program needs: errors that say where it stood, and random streams that follow from its seed. */
import { GraphError, type Plan } from '@pyro-ts/compile';
import { RandomStream } from '../../random.js';
import { siteMet } from '../../runtime/explain.js';
import { CompileError } from './errors.js';
import type { Source } from './streams.js';

/** Runs `body`; says where the program stood when it could not be compiled. `what` begins the message. */
export function compiled<R>(what: string, body: () => R): R {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    const site = siteMet();
    const where = site === undefined ? '' : ` (after site "${site}")`;
    throw new CompileError(
      `${what} cannot be compiled: ${cause.message}${where}. Run it without compile, or with compile: "auto".`,
      site,
      { cause },
    );
  }
}

/** The random streams of a plan that was recorded with the random numbers of `seed`. */
export function sourcesOf(what: string, plan: Plan, seed: string): Source[] {
  return plan.sources.map((stream) => {
    if (!(stream instanceof RandomStream)) {
      throw new CompileError(
        `${what} cannot be compiled: it draws from a source of random numbers that is not a RandomStream.`,
      );
    }
    const own = String(stream.seed);
    if (own.startsWith(seed)) return { stream, path: own.slice(seed.length) };
    throw new CompileError(
      `${what} cannot be compiled: it draws from a random stream of its own (seed "${own}"), which a compiled step would not continue. Draw with sample, ` +
        'or make the stream by forking the one that the site is given.',
    );
  });
}
