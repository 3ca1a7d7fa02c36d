/** Steps of one SVI as compiled steps: made for the shapes of their arguments, kept, and compared with what the program computes. */
import { CodeGenerationError } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import type { Optimizer } from '../../optim/optimizer.js';
import { RandomStream } from '../../random.js';
import type { Message } from '../../runtime/messages.js';
import { Handler } from '../../runtime/stack.js';
import { warn } from '../../runtime/warn.js';
import type { BaselineState } from '../elbo/baselines.js';
import { type Arguments, areSame, readArguments } from './arguments.js';
import { CompiledStep, lossAndGradients, type StepProgram } from './compiledStep.js';
import { differenceOf } from './difference.js';
import { CompileError } from './errors.js';

/** Notes the sites that a program comes to. */
class SiteNames extends Handler {
  readonly names = new Set<string>();

  override process(message: Message): void {
    if (message.type === 'sample' && !message.isSubsample) this.names.add(message.name);
  }
}

/** The SVI whose steps are compiled. */
export interface Steps<Args extends unknown[]> {
  readonly params: StepProgram['params'];
  readonly optimizer: Optimizer;
  readonly elbo: {
    baselineStates(): Map<string, BaselineState>;
    loadBaselineStates(means: ReadonlyMap<string, BaselineState>): void;
  };
  /** The program with these arguments. */
  readonly programOf: (args: Args) => StepProgram;
  /** The seed of step number `index`. */
  readonly seedOf: (index: number) => string;
}

/** What happens to a step that can't be compiled: it is an error (true), or runs as it is, after a warning or without one. */
export type StepMode = true | 'auto' | 'quiet';

interface Kept {
  /** Nothing where this step can't be compiled. */
  readonly step: CompiledStep | undefined;
  /** Number of steps so far, and at which the next comparison is due. */
  taken: number;
  due: number;
}

/** Comparisons with the program: after so many steps, and each time after so many times as many. */
const FIRST_COMPARISON = 4;
const COMPARED_EVERY = 16;
/** From so many compiled steps on the arguments are taken to change each time. */
const MANY = 8;
/** Data-dependent choices may fall out otherwise with other rounding; one stream of so many has to agree. */
const TRIES = 3;

export class StepCompiler<Args extends unknown[]> {
  private readonly kept = new Map<string, Kept>();
  private last: { readonly args: readonly unknown[]; readonly found: Arguments } | undefined;

  constructor(
    private readonly steps: Steps<Args>,
    private readonly mode: StepMode,
  ) {}

  /** The compiled step for `args`, made where there is none, loaded with data and parameters; nothing where the step is to run as it is. */
  stepFor(args: Args, index: number): CompiledStep | undefined {
    const { tensors, key } = this.read(args);
    let kept = this.kept.get(key);
    if (!kept) {
      kept = { step: this.compile(args, tensors, index), taken: 0, due: FIRST_COMPARISON };
      this.kept.set(key, kept);
      if (this.kept.size === MANY) {
        warn(
          `SVI has compiled ${MANY} steps: each is for one set of shapes and of arguments that are not tensors. A number that changes from step to step is ` +
            'better passed as a tensor, tf.scalar(x).',
        );
      }
    }
    // A step of the program itself says what is wrong with data that fail its checks.
    return kept.step?.load(tensors) ? kept.step : undefined;
  }

  /** Takes note that the program itself took a step with `args`. */
  accept(args: Args): void {
    const { tensors, key } = this.read(args);
    this.kept.get(key)?.step?.accept(tensors);
  }

  /** Counts a step; now and then the program is run too, since it may have come to depend on something that is no argument. */
  count(args: Args, step: CompiledStep, index: number): void {
    const kept = this.kept.get(this.read(args).key);
    if (!kept || ++kept.taken < kept.due) return;
    kept.due *= COMPARED_EVERY;
    step.unload();
    const seed = this.steps.seedOf(index);
    const difference = this.differenceFrom(step, args, [seed, `${seed}/again`, `${seed}/and again`]);
    if (difference === undefined) return;
    throw new CompileError(
      `The compiled step no longer computes what the program does (${difference}): the program depends on something that has changed and is no ` +
        'argument, a parameter or a draw. Pass it as an argument, e.g. svi.step(data, tf.scalar(klWeight)).',
    );
  }

  /** All compiled steps, for `explain`. */
  compiledSteps(): CompiledStep[] {
    return [...this.kept.values()].flatMap(({ step }) => step ?? []);
  }

  private read(args: Args): Arguments {
    if (this.last && areSame(args, this.last.args)) return this.last.found;
    const found = readArguments(args);
    this.last = { args: [...args], found };
    return found;
  }

  private compile(args: Args, tensors: readonly tf.Tensor[], index: number): CompiledStep | undefined {
    const seed = this.steps.seedOf(index);
    const program = this.steps.programOf(args);
    try {
      return this.apart(() => {
        // The first run makes parameters, from the random numbers of the step that would have made them.
        const sites = new SiteNames();
        tf.tidy(() => void program.params.run(() => sites.run(() => program.estimate(new RandomStream(seed)))));
        const step = new CompiledStep(program, tensors, seed, [...sites.names]);
        step.load(tensors);
        const seeds = Array.from({ length: TRIES }, (_, i) => `${seed}/comparison ${i}`);
        const difference = this.differenceFrom(step, args, seeds);
        if (difference === undefined) return step;
        throw new CompileError(
          `This step of SVI cannot be compiled: recorded, it computes something else than the program (${difference}). The program depends on something ` +
            'that is no argument, a parameter or a draw of a distribution: a clock, a counter, Math.random.',
        );
      });
    } catch (error) {
      const isForbidden = error instanceof CompileError && error.cause instanceof CodeGenerationError;
      if (!(error instanceof CompileError) || (this.mode === true && !isForbidden)) throw error;
      if (this.mode !== 'quiet') warn(`${error.message} SVI runs it without compiling.`);
      return undefined;
    }
  }

  /** Runs `body` without moving baselines. */
  private apart<R>(body: () => R): R {
    const means = this.steps.elbo.baselineStates();
    try {
      return body();
    } finally {
      this.steps.elbo.loadBaselineStates(means);
    }
  }

  /** How the compiled step and the program differ with random numbers of every one of `seeds`, or nothing. */
  private differenceFrom(step: CompiledStep, args: Args, seeds: readonly string[]): string | undefined {
    let first: string | undefined;
    for (const seed of seeds) {
      const program = this.apart(() => lossAndGradients(this.steps.programOf(args), seed));
      step.compute(seed);
      const difference = differenceOf(step.found(), program);
      if (difference === undefined) return undefined;
      first ??= difference;
    }
    return first;
  }
}
