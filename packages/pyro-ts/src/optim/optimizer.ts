/**
 * What optimisers share: options for each parameter, a state for each parameter that can be saved, and a rejection of gradients that are not
 * finite. Updates run on the host in float32, so that they are fast, and the same on every engine.
 */
import { firstNonFinite } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { FormatError, NonFiniteError, OptionError, rejectUnknownKeys } from '../errors.js';
import type { ParamStore } from '../paramStore.js';
import { readOptimizer, writeOptimizer } from './saved.js';

/** Options for all parameters, or a function that gives them for each by name. Source: `pyro.optim.PyroOptim`. */
export type PerParameter<Options> = Options | ((name: string) => Options);

/** Bounds on a parameter's gradient, applied before the optimiser sees it. Source: `clip_args` of `pyro.optim.PyroOptim`. */
export interface ClipOptions {
  /** The gradient is scaled down to this Euclidean norm where it is longer. */
  clipNorm?: number;
  /** Then each entry is held within +-clipValue. */
  clipValue?: number;
}

/** Running quantities of one parameter. */
export interface ParameterState {
  steps: number;
  readonly slots: Readonly<Record<string, Float32Array>>;
}

/** The base of all optimisers: one `step` moves every parameter that has a gradient. */
export abstract class Optimizer<Options extends object = object> {
  private readonly states = new Map<string, ParameterState>();
  private readonly resolved = new Map<string, { options: Required<Options>; clip: ClipOptions }>();
  /** Multiplies every learning rate; schedulers set it. */
  lrFactor = 1;
  /** Whether parameters without a gradient are moved too, by a gradient of zeros: their momentum continues. */
  readonly movesAll: boolean = false;

  constructor(
    private readonly options: PerParameter<Options>,
    private readonly defaults: Required<Options>,
    private readonly slotNames: readonly string[],
    private readonly clip: PerParameter<ClipOptions>,
    /** The option that `lrFactor` multiplies. */
    private readonly rate: keyof Options & string = 'lr' as keyof Options & string,
  ) {
    if (typeof options !== 'function') this.resolve('every parameter', options);
    if (typeof clip !== 'function') this.resolveClip('every parameter', clip);
  }

  /**
   * Moves `values` in place, given the gradient; `state.steps` counts from 1 at the first call, and the learning rate in `options` has the
   * scheduler's factor in it.
   */
  protected abstract update(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<Options>,
  ): void;

  /** The same for compiled steps, which need not follow an earlier version to the bit. */
  protected updateInPlace(
    values: Float32Array,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<Options>,
  ): void {
    this.update(values, gradient, state, options);
  }

  /** Moves the parameters of `store` down their gradients. Rejects all of it, with an error that names the parameter, if one is not finite. */
  step(store: ParamStore, gradients: ReadonlyMap<string, tf.Tensor>): void {
    for (const [name, gradient] of gradients) rejectNonFinite(name, gradient);
    for (const [name, gradient] of gradients) this.move(name, store.unconstrained(name), gradient);
    const absent = this.movesAll ? store.names.filter((name) => !gradients.has(name)) : [];
    tf.tidy(() => {
      for (const name of absent) {
        const variable = store.unconstrained(name);
        this.move(name, variable, tf.zerosLike(variable));
      }
    });
  }

  /**
   * What moves the numbers of one parameter in place, down a gradient that is finite: what compiled steps do instead of `step`. It looks up state and
   * options once.
   * @internal
   */
  moverOf(name: string, size: number): (values: Float32Array, gradient: Float32Array) => void {
    const { options, clip } = this.optionsOf(name);
    const isClipped = Object.keys(clip).length > 0;
    let state = this.stateOf(name, size);
    let scheduled = this.scheduled(name, options);
    let { lrFactor, loads } = this;
    return (values, gradient) => {
      if (loads !== this.loads) [state, loads] = [this.stateOf(name, size), this.loads];
      if (lrFactor !== this.lrFactor) [scheduled, lrFactor] = [this.scheduled(name, options), this.lrFactor];
      state.steps++;
      this.updateInPlace(values, isClipped ? clipped(gradient, clip) : gradient, state, scheduled);
    };
  }
  /** How often states were loaded. */
  private loads = 0;

  /** The options with the scheduler's factor in the learning rate; the same object for as long as the factor is. */
  private scheduled(name: string, options: Required<Options>): Required<Options> {
    const before = this.withFactor.get(name);
    if (before?.factor === this.lrFactor) return before.options;
    const scheduled = { ...options, [this.rate]: (options[this.rate] as number) * this.lrFactor };
    this.withFactor.set(name, { factor: this.lrFactor, options: scheduled });
    return scheduled;
  }
  private readonly withFactor = new Map<string, { factor: number; options: Required<Options> }>();

  /** The state of every parameter: what is needed to go on as if never interrupted. */
  toData(): Map<string, ParameterState> {
    return new Map(
      [...this.states].map(([name, { steps, slots }]) => [
        name,
        { steps, slots: Object.fromEntries(Object.entries(slots).map(([k, v]) => [k, v.slice()])) },
      ]),
    );
  }

  /** Replaces the state of every parameter; a parameter without an entry starts with an empty state. */
  loadData(states: ReadonlyMap<string, ParameterState>): void {
    this.loads++;
    for (const [name, { slots }] of states) {
      const missing = this.slotNames.find((slot) => !slots[slot]);
      if (missing !== undefined) {
        throw new FormatError(
          `The saved optimiser state of "${name}" lacks "${missing}": it was saved by another optimiser.`,
        );
      }
    }
    this.states.clear();
    for (const [name, { steps, slots }] of states) this.states.set(name, { steps, slots: { ...slots } });
  }

  /**
   * All of the state, and the learning rate's factor, as the bytes of a safetensors file. With the parameters and `svi.steps` it is all that a
   * run needs to go on, bit by bit, as if never interrupted.
   * @example
   * writeFileSync('model.safetensors', svi.params.save());
   * writeFileSync('optimiser.safetensors', adam.save());
   */
  save(): Uint8Array {
    return writeOptimizer({ states: this.states, lrFactor: this.lrFactor });
  }

  /** Takes over what `save` wrote. `source` names the file in errors. */
  load(bytes: Uint8Array, source = 'The saved optimiser'): void {
    const { states, lrFactor } = readOptimizer(bytes, source);
    this.loadData(states);
    this.lrFactor = lrFactor;
  }

  private move(name: string, variable: tf.Variable, gradient: tf.Tensor): void {
    const state = this.stateOf(name, variable.size);
    const { options, clip } = this.optionsOf(name);
    state.steps++;
    const scheduled = this.scheduled(name, options);
    const isClipped = Object.keys(clip).length > 0;
    tf.tidy(() => {
      const fast = isClipped ? undefined : this.updated(variable, gradient, state, scheduled);
      variable.assign(
        fast ?? this.updatedOnHost(variable, clipped(gradient.dataSync<'float32'>(), clip), state, scheduled),
      );
    });
  }

  /** As `update`, but from tensor to tensor: for optimisers that the engine has a fast way for. */
  protected updated(
    _value: tf.Tensor,
    _gradient: tf.Tensor,
    _state: ParameterState,
    _options: Required<Options>,
  ): tf.Tensor | undefined {
    return undefined;
  }

  private updatedOnHost(
    value: tf.Tensor,
    gradient: Float32Array,
    state: ParameterState,
    options: Required<Options>,
  ): tf.Tensor {
    const values = Float32Array.from(value.dataSync());
    this.update(values, gradient, state, options);
    return tf.tensor(values, value.shape);
  }

  private stateOf(name: string, size: number): ParameterState {
    let state = this.states.get(name);
    if (!state) {
      state = { steps: 0, slots: Object.fromEntries(this.slotNames.map((slot) => [slot, new Float32Array(size)])) };
      this.states.set(name, state);
    }
    const { slots } = state;
    if (this.slotNames.every((slot) => slots[slot].length === size)) return state;
    throw new FormatError(
      `The optimiser's state of parameter "${name}" is not for ${size} entries: the parameter has changed its shape, or the state was saved with ` +
        'another model. Begin with a new optimiser.',
    );
  }

  private optionsOf(name: string): { options: Required<Options>; clip: ClipOptions } {
    let all = this.resolved.get(name);
    if (!all) {
      const of = <T>(given: PerParameter<T>): T =>
        typeof given === 'function' ? (given as (n: string) => T)(name) : given;
      all = { options: this.resolve(name, of(this.options)), clip: this.resolveClip(name, of(this.clip)) };
      this.resolved.set(name, all);
    }
    return all;
  }

  private resolve(name: string, options: Options): Required<Options> {
    rejectUnknownKeys(`${this.constructor.name} (for ${name})`, options, Object.keys(this.defaults));
    const all = { ...this.defaults, ...options };
    const rate: unknown = all[this.rate];
    if (typeof rate !== 'number' || !(rate >= 0)) {
      throw new OptionError(`${this.constructor.name}: ${this.rate} must be a number of at least 0, not ${rate}.`);
    }
    return all;
  }

  private resolveClip(name: string, clip: ClipOptions): ClipOptions {
    rejectUnknownKeys(`The clipping of ${this.constructor.name} (for ${name})`, clip, ['clipNorm', 'clipValue']);
    for (const [key, bound] of Object.entries(clip)) {
      if (!(bound > 0))
        throw new OptionError(`${this.constructor.name}: ${key} must be a number above 0, not ${bound}.`);
    }
    return clip;
  }
}

/** The gradient within its bounds. Source: `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_`. */
function clipped(
  gradient: Float32Array,
  { clipNorm, clipValue = Number.POSITIVE_INFINITY }: ClipOptions,
): Float32Array {
  if (clipNorm === undefined && clipValue === Number.POSITIVE_INFINITY) return gradient;
  let factor = 1;
  if (clipNorm !== undefined) {
    let squares = 0;
    for (let i = 0; i < gradient.length; i++) squares += gradient[i] ** 2;
    factor = Math.min(1, clipNorm / (Math.sqrt(squares) + 1e-6));
  }
  return gradient.map((g) => Math.min(Math.max(g * factor, -clipValue), clipValue));
}

function rejectNonFinite(name: string, gradient: tf.Tensor): void {
  const i = firstNonFinite(gradient);
  if (i < 0) return;
  throw new NonFiniteError(
    `The gradient of parameter "${name}" is not finite (entry ${i} is ${gradient.dataSync()[i]}). Nothing was updated. Lower the learning rate, ` +
      'or look for a square root, logarithm or division at 0.',
    name,
  );
}
