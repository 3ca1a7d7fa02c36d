/** Stochastic variational inference: gradient steps on a variational objective. */
import * as tf from '@tensorflow/tfjs';
import { NonFiniteError, OptionError, rejectUnknownKeys } from '../errors.js';
import type { Optimizer } from '../optim/optimizer.js';
import { ParamStore } from '../paramStore.js';
import { RandomStream } from '../random.js';
import { SeedHandler } from '../runtime/seed.js';
import type { CompiledStep } from './compiled/compiledStep.js';
import { StepCompiler, type StepMode } from './compiled/compiler.js';
import { explainPlan } from './compiled/explain.js';
import type { ELBO, ElboEstimate, InferenceProgram } from './elbo/elbo.js';
import { findSource } from './findSource.js';
import { valueAndGradients } from './gradients.js';
import { running } from './running.js';

export interface SVIOptions {
  /** Where the parameters live. Several SVIs may share one. @default a store of its own */
  params?: ParamStore;
  /** The same seed gives the same run. @default 0 */
  seed?: number | string;
  /** What to do when the loss or a gradient is not finite: throw (a NonFiniteError that names the site), or leave the parameters as they are. */
  onNonFinite?: 'throw' | 'skip';
  /**
   * Whether steps are compiled: the first one for each set of shapes is recorded and becomes generated code, which computes the same numbers many times
   * faster. What can't be compiled is an error (`true`), or the step runs as it is, after a warning (`'auto'`) or without one (`'quiet'`). @default false
   */
  compile?: boolean | 'auto' | 'quiet';
}

/**
 * Fits the guide (and the model's parameters) by gradient steps. Source: `pyro.infer.SVI`.
 * @example
 * const svi = new SVI(model, guide, new Adam({ lr: 0.01 }), new TraceELBO(), { seed: 0 });
 * for (let i = 0; i < 1000; i++) svi.step(data);
 */
export class SVI<Args extends unknown[]> {
  readonly params: ParamStore;
  readonly seed: number | string;
  /** Number of steps taken; each step's randomness follows from the seed and this number. */
  steps = 0;
  private readonly onNonFinite: 'throw' | 'skip';

  constructor(
    readonly model: InferenceProgram<Args>,
    readonly guide: InferenceProgram<Args>,
    readonly optimizer: Optimizer,
    readonly elbo: ELBO,
    options: SVIOptions = {},
  ) {
    rejectUnknownKeys('SVI', options, ['params', 'seed', 'onNonFinite', 'compile']);
    const { params = new ParamStore(), seed = 0, onNonFinite = 'throw', compile = false } = options;
    if (onNonFinite !== 'throw' && onNonFinite !== 'skip') {
      throw new OptionError(`SVI: onNonFinite is "${onNonFinite}"; it must be "throw" or "skip".`);
    }
    if (typeof compile !== 'boolean' && compile !== 'auto' && compile !== 'quiet') {
      throw new OptionError(`SVI: compile is "${compile}"; it must be true, false, "auto" or "quiet".`);
    }
    const isProgram = (x: unknown) => typeof x === 'function';
    if (!isProgram(model) || !isProgram(guide)) {
      throw new OptionError(
        `SVI: the ${isProgram(model) ? 'guide' : 'model'} must be a function. Of an autoguide, pass its program: auto.guide.`,
      );
    }
    if (typeof optimizer?.step !== 'function')
      throw new OptionError('SVI: the third argument must be an optimiser, e.g. new Adam({ lr: 0.01 }).');
    if (typeof elbo?.estimate !== 'function')
      throw new OptionError('SVI: the fourth argument must be a loss, e.g. new TraceELBO().');
    this.params = params;
    this.seed = seed;
    this.onNonFinite = onNonFinite;
    if (compile !== false) this.compiler = this.newCompiler(compile);
  }
  private compiler: StepCompiler<Args> | undefined;

  /** One gradient step on one estimate of the loss. Returns the loss; NaN where a non-finite step was skipped. */
  step(...args: Args): number {
    return this.compiler ? this.run(1, ...args)[0] : this.plainStep(...args);
  }

  /**
   * Takes `steps` gradient steps with the same arguments. Returns their losses; NaN where a non-finite step was skipped.
   * @example const losses = new SVI(model, guide, new Adam({ lr: 0.01 }), new TraceELBO(), { compile: true }).run(1000, data);
   */
  run(steps: number, ...args: Args): Float64Array {
    if (!Number.isInteger(steps) || steps < 0) {
      throw new OptionError(`SVI.run: the number of steps must be a non-negative integer, not ${steps}.`);
    }
    const losses = new Float64Array(steps);
    let compiled: CompiledStep | undefined;
    try {
      for (let i = 0; i < steps; i++) {
        compiled ??= this.compiledStep(args);
        losses[i] = compiled ? this.compiledUpdate(compiled, args) : this.plainStep(...args);
        if (!compiled) this.compiler?.accept(args);
      }
    } finally {
      compiled?.unload();
    }
    return losses;
  }

  /**
   * Compiles a step for arguments of these shapes, and all later ones as they come, without taking a step.
   * @throws {CompileError} where the step can't be compiled
   */
  compile(...args: Args): void {
    this.compiler ??= this.newCompiler();
    this.compiledStep(args);
  }

  /** What the compiled steps consist of, as a text. */
  explain(): string {
    const steps = this.compiler?.compiledSteps() ?? [];
    return steps.length === 0 ? 'Nothing is compiled yet.' : steps.map(explainPlan).join('\n\n');
  }

  /** As `step`, without compiling: for arguments of shapes that come so seldom that compiling does not pay. */
  plainStep(...args: Args): number {
    const stream = new RandomStream(this.seed).fork(`step ${this.steps}`);
    this.steps++;
    try {
      return running(this.model, () => this.update(stream, args));
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      if (this.onNonFinite === 'skip') return Number.NaN;
      throw new NonFiniteError(`${error.message}${this.sourceOf(stream.seed, args)}`, error.site, { cause: error });
    }
  }

  /** One estimate of the loss. Nothing is learned; parameters that do not exist yet are made. */
  evaluateLoss(...args: Args): number {
    const stream = new RandomStream(this.seed).fork(`evaluation ${this.steps}`);
    // The first estimate makes parameters, from random numbers of its own.
    const compiled = this.steps > 0 ? this.compiledStep(args) : undefined;
    const found = compiled?.compute(String(stream.seed));
    if (found !== undefined && Number.isFinite(found)) return found;
    const estimate = () => this.elbo.estimate(this.model, this.guide, args).loss.dataSync()[0];
    return running(this.model, () =>
      tf.tidy(() => this.params.run(() => new SeedHandler(stream).run(estimate))),
    ) as number;
  }

  /** Where a step's NaN came from: the step is run again, with the same random numbers, and nothing is learned. */
  private sourceOf(seed: string | number, args: Args): string {
    const means = this.elbo.baselineStates();
    try {
      return findSource(this.params, () => {
        const { value, gradients } = valueAndGradients(
          this.params,
          () => this.estimate(new RandomStream(seed), args).surrogate,
        );
        tf.dispose([value, ...gradients.values()]);
      });
    } finally {
      this.elbo.loadBaselineStates(means);
    }
  }

  /** The seed of step number `index`. */
  private readonly seedOf = (index: number): string => `${this.seed}/step ${index}`;

  private newCompiler(mode: StepMode = true): StepCompiler<Args> {
    const { params, optimizer, elbo } = this;
    const { seedOf } = this;
    const programOf = (args: Args) => ({ params, estimate: (stream: RandomStream) => this.estimate(stream, args) });
    return new StepCompiler({ params, optimizer, elbo, seedOf, programOf }, mode);
  }

  /** Nothing where the step is to run as it is: always, or this time because it comes to numbers that are not finite, which says why. */
  private compiledStep(args: Args): CompiledStep | undefined {
    try {
      return running(this.model, () => this.compiler?.stepFor(args, this.steps));
    } catch (error) {
      if (error instanceof NonFiniteError) return undefined;
      throw error;
    }
  }

  private compiledUpdate(step: CompiledStep, args: Args): number {
    const loss = step.computeAt(this.steps, this.seedOf);
    if (Number.isNaN(loss)) {
      // The same step as it is: an error that names the site, or numbers that are finite after all.
      step.unload();
      const plain = this.plainStep(...args);
      this.compiledStep(args);
      return plain;
    }
    step.update(this.optimizer);
    const index = this.steps++;
    running(this.model, () => this.compiler?.count(args, step, index));
    return loss;
  }

  private estimate(stream: RandomStream, args: Args): ElboEstimate {
    return new SeedHandler(stream).run(() => this.elbo.estimate(this.model, this.guide, args));
  }

  private update(stream: RandomStream, args: Args): number {
    let loss = Number.NaN;
    const { value, gradients } = valueAndGradients(this.params, () => {
      const estimate = this.estimate(stream, args);
      loss = estimate.loss.dataSync()[0];
      return estimate.surrogate;
    });
    try {
      this.optimizer.step(this.params, gradients);
    } finally {
      tf.dispose([value, ...gradients.values()]);
    }
    return loss;
  }
}
