/** A plan of a program that is run many times, each time with the random numbers of another seed. */
import { buildPlan, CodeGenerationError, type Numbers, onPlainEngine, record } from '@pyro-ts/compile';
import type * as tf from '@tensorflow/tfjs';
import { RandomStream } from '../../random.js';
import { warn } from '../../runtime/warn.js';
import { CompileError } from './errors.js';
import { compiled, sourcesOf } from './recording.js';
import { StepStreams } from './streams.js';

/** Whether to compile; 'auto' warns where that is not possible. */
export type Compile = boolean | 'auto';

/** One result of a program. */
export interface Drawn {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  /** Of the last run. */
  readonly numbers: Numbers;
}

export interface CompiledDraws {
  readonly outputs: ReadonlyMap<string, Drawn>;
  /** Where the inputs' numbers go; undefined for one that nothing depends on. */
  readonly inputs: readonly (Numbers | undefined)[];
  readonly run: (seed: string) => void;
}

interface Program {
  /** "importance", for messages. */
  readonly what: string;
  /** What changes from run to run beside the random numbers. */
  readonly inputs?: readonly tf.Tensor[];
  readonly body: (stream: RandomStream, inputs: readonly tf.Tensor[]) => Readonly<Record<string, tf.Tensor>>;
  /** The numbers of the body's results as the engine computes them, for the seeds that are compared. */
  readonly plain: (index: number) => ReadonlyMap<string, ArrayLike<number>>;
  readonly load?: (draws: CompiledDraws, index: number) => void;
  readonly seedOf: (index: number) => string;
}

/** Runs that are compared; one has to agree, since choices that depend on numbers may fall out otherwise with other rounding. */
const COMPARED = 3;

/**
 * The program as a plan; undefined where it is to run as it is, after a warning.
 * @throws {CompileError} where it can't be compiled and `compile` is true
 */
export function compiledDraws(program: Program, compile: Compile, count: number): CompiledDraws | undefined {
  if (compile === false) return undefined;
  try {
    return compared(program, recorded(program), Math.min(COMPARED, count));
  } catch (error) {
    const isForbidden = error instanceof CompileError && error.cause instanceof CodeGenerationError;
    if (!(error instanceof CompileError) || (compile === true && !isForbidden)) throw error;
    warn(`${error.message} It runs without compiling.`);
    return undefined;
  }
}

function recorded({ what, inputs = [], body, seedOf }: Program): CompiledDraws {
  const seed = seedOf(0);
  const kinds = new Map<string, { shape: readonly number[]; dtype: tf.DataType }>();
  const run = (...given: tf.Tensor[]) => {
    const results = body(new RandomStream(seed), given);
    for (const [name, { shape, dtype }] of Object.entries(results)) kinds.set(name, { shape, dtype });
    return results;
  };
  const plan = compiled(what, () =>
    buildPlan(onPlainEngine(() => record(run, inputs, new Map(), { isStrict: true, dataInputs: inputs.length }))),
  );
  const streams = new StepStreams(sourcesOf(what, plan, seed));
  const outputs = [...kinds].map(
    ([name, kind]) => [name, { ...kind, numbers: plan.outputs.get(name) as Numbers }] as const,
  );
  return {
    outputs: new Map(outputs),
    inputs: plan.inputs,
    run: (own) => {
      streams.restart(own);
      plan.run();
    },
  };
}

function compared(program: Program, draws: CompiledDraws, count: number): CompiledDraws {
  let difference: string | undefined;
  for (let i = 0; i < count; i++) {
    program.load?.(draws, i);
    draws.run(program.seedOf(i));
    const wanted = program.plain(i);
    difference = [...draws.outputs].find(([name, { numbers }]) => !agree(numbers, wanted.get(name) ?? []))?.[0];
    if (difference === undefined) return draws;
  }
  throw new CompileError(
    `${program.what} cannot be compiled: recorded, "${difference}" comes to other numbers than when the program runs. The program depends on something ` +
      'that is no argument, a parameter or a draw of a distribution: a clock, a counter, Math.random.',
  );
}

function agree(found: ArrayLike<number>, wanted: ArrayLike<number>): boolean {
  if (found.length !== wanted.length) return false;
  for (let i = 0; i < found.length; i++) {
    if (Object.is(found[i] + 0, wanted[i] + 0)) continue;
    if (!(Math.abs(found[i] - wanted[i]) <= 1e-3 * (1 + Math.abs(wanted[i])))) return false;
  }
  return true;
}

export const isCompile = (x: unknown): x is Compile => x === true || x === false || x === 'auto';
