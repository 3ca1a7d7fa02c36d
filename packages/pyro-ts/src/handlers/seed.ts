/** `seed`: makes a program's randomness repeatable. */
import type { RandomStream } from '../random.js';
import { handlerFactory } from '../runtime/program.js';
import { SeedHandler } from '../runtime/seed.js';

/**
 * Runs a program with the randomness of `seed`: the same seed, the same values, on every engine. Source: `pyro.poutine.seed`.
 * @example seed(model, 0)(data)
 */
export const seed = handlerFactory((value: number | string | RandomStream) => new SeedHandler(value));
