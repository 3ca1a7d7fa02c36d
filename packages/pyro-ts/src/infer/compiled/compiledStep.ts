/** One step of SVI as a plan: loss and gradients by generated code, the update on the host, in place. */
import { buildPlan, type DataCheck, type Numbers, onPlainEngine, type Plan, record } from '@pyro-ts/compile';
import { asFloat32, overwrite } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { Optimizer } from '../../optim/optimizer.js';
import type { ParamStore } from '../../paramStore.js';
import { RandomStream } from '../../random.js';
import { valueAndGradients } from '../gradients.js';
import { CompileError } from './errors.js';
import { compiled, sourcesOf } from './recording.js';
import { StepStreams } from './streams.js';

/** What is compiled: the loss of one step and the scalar that is differentiated, with parameters in `params`. */
export interface StepProgram {
  readonly params: ParamStore;
  readonly estimate: (stream: RandomStream) => { readonly loss: tf.Tensor; readonly surrogate: tf.Scalar };
}

/** The loss of a step, and the gradient of each parameter that has one. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

interface Parameter {
  readonly name: string;
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  /** Where the plan reads the values; nowhere where the loss does not depend on them. */
  readonly input: Numbers | undefined;
  readonly output: Numbers | undefined;
  /** One number, which is 0 where the gradient is finite, else NaN; only large gradients have it. */
  readonly check: Numbers | undefined;
  /** The numbers of the variable that `values` were read from or written to. */
  dataId: object | undefined;
}

/** How an optimiser moves parameters; those without a gradient have zeros for one. */
interface Movers {
  readonly optimizer: Optimizer;
  readonly parameters: readonly Parameter[];
  readonly move: readonly ((values: Float32Array, gradient: Float32Array) => void)[];
}

export class CompiledStep {
  readonly plan: Plan;
  private readonly parameters: readonly Parameter[];
  private readonly moved: readonly Parameter[];
  private readonly streams: StepStreams;
  private readonly loss: Numbers;
  private readonly loaded: (object | undefined)[];
  private readonly checks: readonly DataCheck[];
  /** Whether the data have passed no check yet of what is computed from them. */
  private areNew = false;
  private movers: Movers | undefined;

  /**
   * Records a step with the random numbers of `seed`. All parameters exist already.
   * @throws {CompileError} where it can't be compiled
   */
  constructor(
    private readonly program: StepProgram,
    data: readonly tf.Tensor[],
    seed: string,
    /** What `explain` says that the step consists of. */
    readonly sites: readonly string[] = [],
  ) {
    const { params } = program;
    const names = params.names;
    const variables = names.map((name) => params.unconstrained(name));
    const { plan, checks } = compiled(STEP, () => recordStep(program, data, variables, seed));
    if (params.names.length !== names.length)
      throw new CompileError(`${STEP} cannot be compiled: it makes parameters in some steps only.`);
    this.plan = plan;
    this.checks = checks;
    this.streams = new StepStreams(sourcesOf(STEP, plan, seed));
    this.loss = plan.outputs.get(LOSS) as Numbers;
    // Those that were recorded have been checked.
    this.loaded = data.map(() => undefined);
    this.checked = new WeakSet(data.map(({ dataId }) => dataId));
    this.parameters = names.map((name, i) => {
      const [input, output] = [plan.inputs[data.length + i], plan.outputs.get(gradientOf(name))];
      // A plan in float32 is updated where it computes.
      const inPlace = (numbers: Numbers | undefined): Float32Array =>
        numbers instanceof Float32Array ? numbers : new Float32Array(variables[i].size);
      const check = plan.outputs.get(checkOf(name));
      return { name, values: inPlace(input), gradient: inPlace(output), input, output, check, dataId: undefined };
    });
    this.moved = this.parameters.filter((p) => p.output !== undefined);
  }

  /** Takes over data and the parameters of the store, where they are others than before. Says whether the data passed the checks of the program. */
  load(data: readonly tf.Tensor[]): boolean {
    let isValid = true;
    for (const [i, tensor] of data.entries()) {
      if (this.loaded[i] === tensor.dataId) continue;
      if (!this.checked.has(tensor.dataId)) {
        if (!this.check(tensor, i)) {
          isValid = false;
          continue;
        }
        this.areNew = true;
      }
      this.plan.inputs[i]?.set(tensor.dataSync());
      this.loaded[i] = tensor.dataId;
    }
    for (const parameter of this.parameters) {
      const variable = this.program.params.unconstrained(parameter.name);
      if (variable.dataId === parameter.dataId) continue;
      parameter.values.set(variable.dataSync());
      if (parameter.input !== parameter.values) parameter.input?.set(parameter.values);
      parameter.dataId = variable.dataId;
    }
    return isValid;
  }

  /** Takes note that a step of the program itself had nothing against these data. */
  accept(data: readonly tf.Tensor[]): void {
    for (const { dataId } of data) this.checked.add(dataId);
  }

  /** Data that the program has accepted. */
  private readonly checked: WeakSet<object>;

  /** Checks new data as the program does. */
  private check(tensor: tf.Tensor, input: number): boolean {
    return this.checks.every((check) => check.input !== input || passes(tensor, check));
  }

  /** Checks what was computed from new data. */
  private checkComputed(): boolean {
    return this.checks.every((check) => {
      const numbers = check.output === undefined ? undefined : this.plan.outputs.get(check.output);
      return !numbers || tf.tidy(() => passes(tf.tensor1d(asFloat32(numbers)), check));
    });
  }

  /** Puts the parameters into the store. */
  unload(): void {
    for (const parameter of this.movers?.parameters ?? this.moved) {
      const variable = this.program.params.unconstrained(parameter.name);
      overwrite(variable, parameter.values);
      parameter.dataId = variable.dataId;
    }
  }

  /** The loss with the random numbers of `seed`; the gradients wait for `update`. NaN where any of it is not finite, or data are not what the program takes. */
  compute(seed: string): number {
    this.streams.restart(seed);
    return this.computed();
  }
  /** The same with those of step number `index`. */
  computeAt(index: number, seedOf: (index: number) => string): number {
    this.streams.restartAt(index, seedOf);
    return this.computed();
  }
  private computed(): number {
    this.plan.run();
    if (this.areNew && !this.checkComputed()) return Number.NaN;
    this.areNew = false;
    let check = this.loss[0] * 0;
    for (let k = 0; k < this.moved.length; k++) {
      const { output, gradient, check: own } = this.moved[k];
      if (output !== gradient) for (let i = 0; i < gradient.length; i++) gradient[i] = (output as Numbers)[i];
      check += own ? own[0] : zeroWhereFinite(gradient);
    }
    return check === 0 ? this.loss[0] : Number.NaN;
  }

  update(optimizer: Optimizer): void {
    if (this.movers?.optimizer !== optimizer) {
      const parameters = optimizer.movesAll ? this.parameters : this.moved;
      const move = parameters.map(({ name, values }) => optimizer.moverOf(name, values.length));
      this.movers = { optimizer, parameters, move };
    }
    const { parameters, move } = this.movers;
    for (let k = 0; k < parameters.length; k++) {
      const { values, gradient, input } = parameters[k];
      move[k](values, gradient);
      if (input && input !== values) for (let i = 0; i < values.length; i++) input[i] = values[i];
    }
  }

  /** The loss at these unconstrained parameters, one after the other in the order of the store; their gradients go into `gradient`. */
  lossAt(values: ArrayLike<number>, gradient: Float64Array): number {
    let at = 0;
    for (const { input, values: own } of this.parameters) {
      if (input) for (let i = 0; i < own.length; i++) input[i] = values[at + i];
      at += own.length;
    }
    this.plan.run();
    at = 0;
    for (const { output, values: own } of this.parameters) {
      for (let i = 0; i < own.length; i++) gradient[at + i] = output ? output[i] : 0;
      at += own.length;
    }
    return this.loss[0];
  }

  /** What `compute` found. */
  found(): LossAndGradients {
    return { loss: this.loss[0], gradients: new Map(this.moved.map(({ name, gradient }) => [name, gradient])) };
  }

  /** The parameters that a step moves. */
  get movedNames(): string[] {
    return this.moved.map(({ name }) => name);
  }
}

/** 0, or NaN where a number is not finite. Several sums, as each addition waits for the one before it. */
function zeroWhereFinite(x: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < x.length; i += 4) {
    a += x[i] * 0;
    b += x[i + 1] * 0;
    c += x[i + 2] * 0;
    d += x[i + 3] * 0;
  }
  for (; i < x.length; i++) a += x[i] * 0;
  return a + b + c + d;
}

const LOSS = 'loss';
const gradientOf = (name: string): string => `gradient ${name}`;
const checkOf = (name: string): string => `whether the gradient ${name} is finite`;
/** Gradients of so many numbers are checked by the plan. */
const CHECKED_BY_PLAN = 2 ** 12;
const STEP = 'This step of SVI';

/** A check that needs what the recorded step computed, and is gone, is left to the program. */
function passes(tensor: tf.Tensor, { shape, isValid }: DataCheck): boolean {
  try {
    return tf.tidy(() => isValid(tf.cast(tf.reshape(tensor, [...shape]), 'float32')));
  } catch {
    return false;
  }
}

function recordStep(program: StepProgram, data: readonly tf.Tensor[], variables: readonly tf.Tensor[], seed: string) {
  const run = () => {
    let loss: tf.Tensor | undefined;
    const { gradients } = valueAndGradients(program.params, () => {
      const estimate = program.estimate(new RandomStream(seed));
      loss = tf.keep(tf.clone(estimate.loss));
      return estimate.surrogate;
    });
    kept.push(loss as tf.Tensor);
    return {
      [LOSS]: loss as tf.Tensor,
      ...Object.fromEntries([...gradients].map(([name, gradient]) => [gradientOf(name), gradient])),
      ...Object.fromEntries(
        [...gradients].flatMap(([name, gradient]) =>
          gradient.size < CHECKED_BY_PLAN ? [] : [[checkOf(name), tf.sum(tf.mul(gradient, 0))]],
        ),
      ),
    };
  };
  const kept: tf.Tensor[] = [];
  try {
    const recording = onPlainEngine(() =>
      record(run, [...data, ...variables], new Map(), { isStrict: true, dataInputs: data.length }),
    );
    const plan = buildPlan(recording);
    return { plan, checks: recording.checks };
  } finally {
    tf.dispose(kept);
  }
}

/** The same by the engine, as a step that is not compiled computes it. */
export function lossAndGradients({ params, estimate }: StepProgram, seed: string): LossAndGradients {
  let loss = Number.NaN;
  const { value, gradients } = valueAndGradients(params, () => {
    const found = estimate(new RandomStream(seed));
    loss = found.loss.dataSync()[0];
    return found.surrogate;
  });
  const numbers = new Map([...gradients].map(([name, g]) => [name, Float32Array.from(g.dataSync())]));
  tf.dispose([value, ...gradients.values()]);
  return { loss, gradients: numbers };
}
