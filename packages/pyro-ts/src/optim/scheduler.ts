/** Learning-rate schedules: a factor on every parameter's learning rate, as a function of a count of steps. */
import { OptionError } from '../errors.js';
import type { Optimizer } from './optimizer.js';

/** Sets the optimiser's learning-rate factor at each `step`. Source: `pyro.optim.PyroLRScheduler`. */
export class Scheduler {
  /** Number of `step` calls so far; set it to resume. */
  private count = 0;

  constructor(
    readonly optimizer: Optimizer,
    private readonly factorAt: (count: number) => number,
  ) {
    this.apply();
  }

  get steps(): number {
    return this.count;
  }
  set steps(count: number) {
    this.count = count;
    this.apply();
  }

  /** Moves on by one: call it after each epoch, or after each step of inference. */
  step(): void {
    this.steps = this.count + 1;
  }

  private apply(): void {
    const factor = this.factorAt(this.count);
    if (!(factor >= 0 && Number.isFinite(factor))) {
      throw new OptionError(
        `The learning-rate schedule gives ${factor} at step ${this.count}; it must be a finite number of at least 0.`,
      );
    }
    this.optimizer.lrFactor = factor;
  }
}

/** The factor is `factorAt(count)`; as `torch.optim.lr_scheduler.LambdaLR`. */
export const lambdaLR = (optimizer: Optimizer, factorAt: (count: number) => number): Scheduler =>
  new Scheduler(optimizer, factorAt);
/** The factor is gamma^count; as `ExponentialLR`. */
export const exponentialLR = (optimizer: Optimizer, { gamma }: { gamma: number }): Scheduler =>
  new Scheduler(optimizer, (count) => gamma ** count);
/** The factor is multiplied by gamma every `stepSize` steps; as `StepLR`. */
export const stepLR = (
  optimizer: Optimizer,
  { stepSize, gamma = 0.1 }: { stepSize: number; gamma?: number },
): Scheduler => new Scheduler(optimizer, (count) => gamma ** Math.floor(count / stepSize));
/** The factor falls from 1 to `minFactor` along half a cosine over `period` steps; as `CosineAnnealingLR`. */
export const cosineLR = (
  optimizer: Optimizer,
  { period, minFactor = 0 }: { period: number; minFactor?: number },
): Scheduler =>
  new Scheduler(
    optimizer,
    (count) => minFactor + ((1 - minFactor) * (1 + Math.cos((Math.PI * Math.min(count, period)) / period))) / 2,
  );
