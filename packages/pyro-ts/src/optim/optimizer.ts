/**
 * What optimisers share: options for each parameter, a state for each parameter that can be saved, and a refusal of gradients that are not
 * finite. Updates run on the host in float32, so that they are fast, and the same on every engine.
 */
import * as tf from '@tensorflow/tfjs';
import { didYouMean, FormatError, NonFiniteError, OptionError } from '../errors.js';
import type { ParamStore } from '../paramStore.js';

/** Options for all parameters, or a function that gives them for each by name. Source: `pyro.optim.PyroOptim`. */
export type PerParameter<Options> = Options | ((name: string) => Options);

/** Running quantities of one parameter. */
export interface ParameterState {
  steps: number;
  readonly slots: Readonly<Record<string, Float32Array>>;
}

/** The base of all optimisers: one `step` moves every parameter that has a gradient. */
export abstract class Optimizer<Options extends object = object> {
  private readonly states = new Map<string, ParameterState>();
  private readonly resolved = new Map<string, Required<Options>>();
  /** Multiplies every learning rate; schedulers set it. */
  lrFactor = 1;

  constructor(
    private readonly options: PerParameter<Options>,
    private readonly defaults: Required<Options>,
    private readonly slotNames: readonly string[],
  ) {
    if (typeof options !== 'function') this.resolve('every parameter', options);
  }

  /** Moves `values` in place, given the gradient; `state.steps` counts from 1 at the first call. */
  protected abstract update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<Options>,
  ): void;

  /** Moves the parameters of `store` down their gradients. Refuses all of it, with an error that names the parameter, if one is not finite. */
  step(store: ParamStore, gradients: ReadonlyMap<string, tf.Tensor>): void {
    const onHost = [...gradients].map(([name, gradient]) => [name, gradient.dataSync() as Float32Array] as const);
    for (const [name, gradient] of onHost) refuseNonFinite(name, gradient);
    for (const [name, gradient] of onHost) this.move(name, store.unconstrained(name), gradient);
  }

  /** The state of every parameter: what is needed to go on as if never interrupted. */
  toData(): Map<string, ParameterState> {
    return new Map(
      [...this.states].map(([name, { steps, slots }]) => [
        name,
        { steps, slots: Object.fromEntries(Object.entries(slots).map(([k, v]) => [k, v.slice()])) },
      ]),
    );
  }

  loadData(states: ReadonlyMap<string, ParameterState>): void {
    for (const [name, state] of states) {
      for (const slot of this.slotNames) {
        if (!state.slots[slot]) {
          throw new FormatError(
            `The saved optimiser state of "${name}" lacks "${slot}": it was saved by another optimiser.`,
          );
        }
      }
      this.states.set(name, { steps: state.steps, slots: { ...state.slots } });
    }
  }

  private move(name: string, variable: tf.Variable, gradient: Float32Array): void {
    const values = Float32Array.from(variable.dataSync());
    const state = this.stateOf(name, values.length);
    state.steps++;
    this.update(values, gradient, state, this.optionsOf(name));
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }

  private stateOf(name: string, size: number): ParameterState {
    let state = this.states.get(name);
    if (!state) {
      state = { steps: 0, slots: Object.fromEntries(this.slotNames.map((slot) => [slot, new Float32Array(size)])) };
      this.states.set(name, state);
    }
    return state;
  }

  private optionsOf(name: string): Required<Options> {
    let options = this.resolved.get(name);
    if (!options) {
      options = this.resolve(name, typeof this.options === 'function' ? this.options(name) : this.options);
      this.resolved.set(name, options);
    }
    return options;
  }

  private resolve(name: string, options: Options): Required<Options> {
    for (const key of Object.keys(options)) {
      if (!(key in this.defaults)) {
        throw new OptionError(
          `${this.constructor.name} (for ${name}) has no option "${key}".${didYouMean(key, Object.keys(this.defaults))}`,
        );
      }
    }
    const all = { ...this.defaults, ...options } as Required<Options>;
    const { lr } = all as { lr?: unknown };
    if (typeof lr !== 'number' || !(lr >= 0))
      throw new OptionError(`${this.constructor.name}: lr must be a number of at least 0, not ${lr}.`);
    return all;
  }
}

function refuseNonFinite(name: string, gradient: Float32Array): void {
  for (let i = 0; i < gradient.length; i++) {
    if (!Number.isFinite(gradient[i])) {
      throw new NonFiniteError(
        `The gradient of parameter "${name}" is not finite (entry ${i} is ${gradient[i]}). Nothing was updated. Lower the learning rate, ` +
          'or look for a square root, logarithm or division at 0.',
        name,
      );
    }
  }
}
