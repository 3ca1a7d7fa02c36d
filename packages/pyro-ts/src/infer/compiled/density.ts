/** A negative log-density, compiled, as a function of its parameters. */
import { CodeGenerationError } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import { warn } from '../../runtime/warn.js';
import { CompiledStep, lossAndGradients, type StepProgram } from './compiledStep.js';
import { differenceOf } from './difference.js';
import { CompileError } from './errors.js';

/** The log-density at the unconstrained values of all parameters; their gradients go into the second argument. */
export type DensityAt = (position: ArrayLike<number>, gradient: Float64Array) => number;

const SEED = 'log-density';

/** @throws {CompileError} where the program can't be compiled */
export function compiledDensity(program: StepProgram): DensityAt {
  try {
    const step = new CompiledStep(program, [], SEED);
    if (step.plan.sources.length > 0) {
      throw new CompileError('logDensity: the model draws random numbers even with all of its latent variables given.');
    }
    step.load([]);
    step.compute(SEED);
    const difference = differenceOf(step.found(), lossAndGradients(program, SEED));
    if (difference !== undefined) {
      throw new CompileError(
        `logDensity: recorded, the model computes something else than when it runs (${difference}). It depends on something that is no argument.`,
      );
    }
    return (position, gradient) => {
      const loss = step.lossAt(position, gradient);
      for (let i = 0; i < gradient.length; i++) gradient[i] = -gradient[i];
      return -loss;
    };
  } catch (error) {
    const isForbidden = error instanceof CompileError && error.cause instanceof CodeGenerationError;
    if (!isForbidden) throw error;
    warn(`${error.message} The log-density runs without compiling.`);
    return plainDensity(program);
  }
}

function plainDensity(program: StepProgram): DensityAt {
  const { params } = program;
  return (position, gradient) => {
    let at = 0;
    const places = new Map<string, number>();
    for (const name of params.names) {
      const variable = params.unconstrained(name);
      const from = at;
      places.set(name, from);
      tf.tidy(() =>
        variable.assign(
          tf.tensor(
            Float32Array.from({ length: variable.size }, (_, i) => position[from + i]),
            variable.shape,
          ),
        ),
      );
      at += variable.size;
    }
    const { loss, gradients } = lossAndGradients(program, SEED);
    gradient.fill(0);
    for (const [name, own] of gradients)
      for (let i = 0; i < own.length; i++) gradient[(places.get(name) ?? 0) + i] = -own[i];
    return -loss;
  };
}
