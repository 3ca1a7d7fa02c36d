/** Schedules: values that change from epoch to epoch, such as the KL weight or the learning rate. */
import { OptionError } from 'pyro-ts';
import { scalarExpression } from '../expression.js';

/**
 * A number; a list with one number per epoch, of which the last one is repeated; a mathjs expression of `epoch`
 * (counted from 0) and `epochs` (their total number), such as "min(1 + epoch/29, 2)"; or a function of both.
 */
export type Schedule = number | readonly number[] | string | ((epoch: number, epochs: number) => number);

/** What a schedule applies to. */
export interface ScheduleRule {
  /** Name in error messages, such as "klWeight". */
  readonly option: string;
  /** Total number of epochs. */
  readonly epochs: number;
}

/**
 * The schedule as a function of the epoch, counted from 0. All values are checked immediately, so that errors are found
 * before training.
 * @throws {OptionError} when an expression cannot be parsed, uses variables other than `epoch` and `epochs`, or any
 * value is not a number of at least 0.
 * @example scheduleOf('min(1 + epoch/29, 2)', { option: 'klWeight', epochs: 50 })(29) // 2
 */
export function scheduleOf(schedule: Schedule, { option, epochs }: ScheduleRule): (epoch: number) => number {
  const at = rule(schedule, option);
  const checked = (epoch: number): number => {
    const value = at(epoch, epochs);
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
    throw new OptionError(`${option} must be a number of at least 0; got ${String(value)} at epoch ${epoch}.`);
  };
  for (let epoch = 0; epoch < epochs; epoch++) checked(epoch);
  return checked;
}

function rule(schedule: Schedule, option: string): (epoch: number, epochs: number) => unknown {
  if (typeof schedule === 'number') return () => schedule;
  if (typeof schedule === 'function') return schedule;
  if (typeof schedule === 'string') return expression(schedule, option);
  if (!Array.isArray(schedule))
    throw new OptionError(
      `${option} must be a number, a list of numbers or an expression; got ${JSON.stringify(schedule)}.`,
    );
  if (schedule.length === 0) throw new OptionError(`${option} must have at least one number; got an empty list.`);
  return (epoch) => schedule[Math.min(epoch, schedule.length - 1)];
}

function expression(text: string, option: string): (epoch: number, epochs: number) => unknown {
  const example = `Expected an expression of "epoch" and "epochs" such as "min(1 + epoch/29, 2)".`;
  try {
    const valueAt = scalarExpression(text);
    return (epoch, epochs) => {
      try {
        return valueAt({ epoch, epochs });
      } catch (cause) {
        throw new OptionError(
          `${option}: "${text}" cannot be evaluated (${(cause as Error).message}). ${example}`,
          undefined,
          { cause },
        );
      }
    };
  } catch (cause) {
    throw new OptionError(
      `${option}: "${text}" cannot be parsed (${(cause as Error).message}). ${example}`,
      undefined,
      { cause },
    );
  }
}
