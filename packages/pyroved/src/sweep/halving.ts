/** Successive halving: at which epochs configurations are compared (Jamieson and Talwalkar, 2016). */
import { OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';

export interface Halving {
  /** One of this many configurations goes on. @default 3 */
  readonly factor: number;
  /** The epoch of the first comparison, counted from 1; later ones are `factor` times as late. @default 1 */
  readonly epochs: number;
}

/** The options with defaults. @throws {OptionError} */
export function halvingOf(given: Partial<Halving>): Halving {
  rejectUnknownKeys('halving', given, ['factor', 'epochs']);
  const { factor = 3, epochs = 1 } = given;
  if (!(Number.isInteger(factor) && factor >= 2))
    throw new OptionError(`halving: factor must be an integer of at least 2; got ${factor}.`);
  if (!(Number.isInteger(epochs) && epochs >= 1))
    throw new OptionError(`halving: epochs must be an integer of at least 1; got ${epochs}.`);
  return { factor, epochs };
}

/** The epochs at which configurations are compared, so that one remains. */
export function rungs(configurations: number, { factor, epochs }: Halving): number[] {
  const all: number[] = [];
  for (let left = configurations, epoch = epochs; left > 1; left = Math.ceil(left / factor), epoch *= factor)
    all.push(epoch);
  return all;
}
