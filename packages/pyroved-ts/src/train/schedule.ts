/** Numbers that change from epoch to epoch: the weight of the KL term, the factor on the learning rate. */
import { OptionError } from 'pyro-ts';
import { scalarExpression } from '../expression.js';

/**
 * A number; one number an epoch (the last one stays); a mathjs expression of `epoch` (counted from 0) and `epochs` (how many there will be), e.g.
 * "min(1 + epoch/29, 2)"; or a function of both.
 */
export type Schedule = number | readonly number[] | string | ((epoch: number, epochs: number) => number);

export interface ScheduleRule {
  /** As in messages: "klWeight". */
  readonly option: string;
  /** 0 is the least that makes sense for every schedule here. */
  readonly epochs: number;
}

/**
 * The schedule as a function of the epoch. Every epoch's value is computed at once, so that a mistake shows before training.
 * @throws {OptionError} for an expression that does not parse, asks for anything but `epoch` and `epochs`, or gives no number of at least 0.
 */
export function scheduleOf(schedule: Schedule, { option, epochs }: ScheduleRule): (epoch: number) => number {
  const at = rule(schedule, option);
  const checked = (epoch: number): number => {
    const value = at(epoch, epochs);
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
    throw new OptionError(`${option} is ${String(value)} at epoch ${epoch}; it must be a number of at least 0.`);
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
      `${option} is a number, a list of numbers or an expression, not ${JSON.stringify(schedule)}.`,
    );
  if (schedule.length === 0) throw new OptionError(`${option} is an empty list. Give at least one number.`);
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
          `${option}: "${text}" has no value (${(cause as Error).message}). ${example}`,
          undefined,
          { cause },
        );
      }
    };
  } catch (cause) {
    throw new OptionError(
      `${option}: "${text}" is not understood (${(cause as Error).message}). ${example}`,
      undefined,
      { cause },
    );
  }
}
