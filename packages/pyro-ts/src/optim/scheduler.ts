/** Learning-rate schedules: a factor on every parameter's learning rate. */
import { OptionError, rejectUnknownKeys } from '../errors.js';
import type { Optimizer } from './optimizer.js';

/**
 * Sets the optimiser's learning-rate factor at each `step`, as a function of the count of steps. Source: `pyro.optim.PyroLRScheduler`.
 * @example const schedule = cosineLR(adam, { period: 100 }); // then schedule.step() after each epoch
 */
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

/**
 * The factor is `factorAt(count)`; as `torch.optim.lr_scheduler.LambdaLR`.
 * @example lambdaLR(adam, (count) => Math.min(1, (count + 1) / 10)) // a warm-up of 10 steps
 */
export const lambdaLR = (optimizer: Optimizer, factorAt: (count: number) => number): Scheduler =>
  new Scheduler(optimizer, factorAt);
/**
 * The factor is gamma^count; as `ExponentialLR`.
 * @example exponentialLR(adam, { gamma: 0.99 })
 */
export const exponentialLR = (optimizer: Optimizer, { gamma }: { gamma: number }): Scheduler =>
  new Scheduler(optimizer, (count) => gamma ** count);
/**
 * The factor is multiplied by gamma (0.1) every `stepSize` steps; as `StepLR`.
 * @example stepLR(adam, { stepSize: 30 })
 */
export const stepLR = (
  optimizer: Optimizer,
  { stepSize, gamma = 0.1 }: { stepSize: number; gamma?: number },
): Scheduler => new Scheduler(optimizer, (count) => gamma ** Math.floor(count / stepSize));
/**
 * The factor is multiplied by gamma (0.1) at each of the `milestones`; as `MultiStepLR`.
 * @example multiStepLR(adam, { milestones: [60, 90] })
 */
export const multiStepLR = (
  optimizer: Optimizer,
  { milestones, gamma = 0.1 }: { milestones: readonly number[]; gamma?: number },
): Scheduler => new Scheduler(optimizer, (count) => gamma ** milestones.filter((m) => count >= m).length);
/**
 * The factor falls from 1 to `minFactor` along half a cosine over `period` steps and stays there; as `CosineAnnealingLR` until then.
 * @example cosineLR(adam, { period: 100, minFactor: 0.01 })
 */
export const cosineLR = (
  optimizer: Optimizer,
  { period, minFactor = 0 }: { period: number; minFactor?: number },
): Scheduler =>
  new Scheduler(
    optimizer,
    (count) => minFactor + ((1 - minFactor) * (1 + Math.cos((Math.PI * Math.min(count, period)) / period))) / 2,
  );

export interface PlateauOptions {
  /** What the factor is multiplied by; 0.1. */
  factor?: number;
  /** Number of steps without progress that are let pass; 10. */
  patience?: number;
  /** Progress is a loss below the best one times 1 - threshold; 1e-4. */
  threshold?: number;
  /** Number of steps after a reduction that do not count; 0. */
  cooldown?: number;
  /** The factor goes no lower; 0. */
  minFactor?: number;
}

/** What a PlateauScheduler remembers. */
export interface PlateauState {
  readonly best: number;
  readonly badSteps: number;
  readonly cooling: number;
  readonly lrFactor: number;
}

/**
 * Lowers the learning rate when the loss no longer falls; as `torch.optim.lr_scheduler.ReduceLROnPlateau` with mode "min".
 * @example const schedule = new PlateauScheduler(adam, { patience: 5 }); // then schedule.step(epochLoss) after each epoch
 */
export class PlateauScheduler {
  private readonly options: Required<PlateauOptions>;
  private best = Number.POSITIVE_INFINITY;
  private badSteps = 0;
  private cooling = 0;

  constructor(
    readonly optimizer: Optimizer,
    options: PlateauOptions = {},
  ) {
    const defaults = { factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, minFactor: 0 };
    rejectUnknownKeys('PlateauScheduler', options, Object.keys(defaults));
    this.options = { ...defaults, ...options };
    if (!(this.options.factor > 0 && this.options.factor < 1)) {
      throw new OptionError(`PlateauScheduler: factor must lie between 0 and 1, not ${this.options.factor}.`);
    }
  }

  step(loss: number): void {
    const { factor, patience, threshold, cooldown, minFactor } = this.options;
    if (loss < this.best * (1 - threshold)) [this.best, this.badSteps] = [loss, 0];
    else this.badSteps++;
    if (this.cooling > 0) [this.cooling, this.badSteps] = [this.cooling - 1, 0];
    if (this.badSteps <= patience) return;
    this.optimizer.lrFactor = Math.max(this.optimizer.lrFactor * factor, minFactor);
    [this.cooling, this.badSteps] = [cooldown, 0];
  }

  /** What is needed to go on as if never interrupted. */
  get state(): PlateauState {
    const { best, badSteps, cooling, optimizer } = this;
    return { best, badSteps, cooling, lrFactor: optimizer.lrFactor };
  }
  set state({ best, badSteps, cooling, lrFactor }: PlateauState) {
    [this.best, this.badSteps, this.cooling, this.optimizer.lrFactor] = [best, badSteps, cooling, lrFactor];
  }
}
