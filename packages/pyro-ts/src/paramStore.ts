/** The named, constrained, learnable parameters of one run. */
import { sameShape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { transformTo } from './distributions/bijectTo.js';
import { firstViolation } from './distributions/checks.js';
import { type Constraint, real } from './distributions/constraints.js';
import { detachConstraint } from './distributions/detachConstraint.js';
import { shapeOf, type TensorLike, toTensor } from './distributions/distribution.js';
import {
  ContextError,
  didYouMean,
  FormatError,
  formatShape,
  OptionError,
  ShapeError,
  SiteError,
  SupportError,
} from './errors.js';
import { readSafetensors, writeSafetensors } from './io/safetensors.js';
import { type NamedValues, PrefixedMap } from './prefixedMap.js';
import { RandomStream } from './random.js';
import type { Message, ParamInit, ParamMessage } from './runtime/messages.js';
import { currentStream, paramStream } from './runtime/seed.js';
import { Handler, isValidating } from './runtime/stack.js';

interface Entry {
  /** What the optimiser moves; the parameter's value is what `transformTo(constraint)` makes of it. */
  readonly variable: tf.Variable;
  readonly constraint: Constraint;
}

/** Plain numbers of a parameter, for saving. */
export interface ParamData {
  readonly shape: readonly number[];
  /** Unconstrained values. */
  readonly data: Float32Array;
  /** Which constraint they belong to; not checked where it is omitted. */
  readonly constraint?: string;
}

/** Marks the files that `ParamStore.save` writes. */
const FORMAT = 'pyro-ts parameters 1';

/**
 * Holds parameters for as long as the run lives. There is no global store: every SVI has one, and two models never see each other's
 * parameters. Source: `pyro.params.ParamStoreDict`.
 * @example
 * writeFileSync('model.safetensors', svi.params.save());
 * const params = new ParamStore();
 * params.load(readFileSync('model.safetensors'));
 * new SVI(model, guide, new Adam(), new TraceELBO(), { params });
 */
export class ParamStore {
  private entries: NamedValues<Entry> = new Map();

  get names(): string[] {
    return [...this.entries.keys()];
  }
  has(name: string): boolean {
    return this.entries.has(name);
  }
  /**
   * Names in which a regular expression finds something. Source: `ParamStoreDict.match`, which looks at the beginning only.
   * @example for (const name of params.match(/^decoder\./)) params.delete(name);
   */
  match(pattern: RegExp): string[] {
    return this.names.filter((name) => name.search(pattern) >= 0);
  }

  /** The constrained value, on the gradient tape. */
  get(name: string): tf.Tensor {
    const { variable, constraint } = this.entry(name);
    return constraint === real ? variable : tf.tidy(() => transformTo(constraint).forward(variable));
  }

  /** The variable that the optimiser moves, in unconstrained space. */
  unconstrained(name: string): tf.Variable {
    return this.entry(name).variable;
  }

  /** Creates the parameter or overwrites its (constrained) value; an existing one keeps its constraint unless a new one is given. */
  set(name: string, value: TensorLike, constraint?: Constraint): void {
    const before = this.entries.get(name);
    if (before && constraint === undefined) {
      tf.tidy(() => before.variable.assign(toUnconstrained(name, before.constraint, value)));
      return;
    }
    this.delete(name);
    this.create(name, value, constraint ?? real);
  }

  /** Frees a parameter; the next `param` of that name creates it again. */
  delete(name: string): void {
    this.entries.get(name)?.variable.dispose();
    this.entries.delete(name);
    this.pending.delete(name);
  }

  /** Frees every parameter. */
  dispose(): void {
    for (const name of this.names) this.delete(name);
  }

  /** Runs `body` with this store as the home of its parameters. */
  run<R>(body: () => R): R {
    return new ParamStoreHandler(this).run(body);
  }

  /**
   * A view of the parameters whose names begin with PREFIX/, under their names without it: what happens in the view happens in this store. It
   * is how one program is fitted several times, or several programs that call their parameters alike, in one store that is saved as one.
   * Give each view an optimiser of its own. The handler `scope` renames sites too.
   * @example
   * const params = new ParamStore();
   * const left = new SVI(model, guide, new Adam(), new TraceELBO(), { params: params.scope('left') });
   * const right = new SVI(model, guide, new Adam(), new TraceELBO(), { params: params.scope('right') });
   */
  scope(prefix: string): ParamStore {
    if (typeof prefix !== 'string' || prefix === '')
      throw new OptionError('ParamStore.scope: the prefix must be a non-empty string.');
    const view = new ParamStore();
    view.entries = new PrefixedMap(this.entries, `${prefix}/`);
    view.pending = new PrefixedMap(this.pending, `${prefix}/`);
    return view;
  }

  /** A store of its own with the same parameters: to keep the best ones, or to try something. */
  copy(): ParamStore {
    const copy = new ParamStore();
    for (const [name, { variable, constraint }] of this.entries) {
      copy.entries.set(name, { variable: tf.tidy(() => tf.variable(variable.clone())), constraint });
    }
    for (const [name, data] of this.pending) copy.pending.set(name, data);
    return copy;
  }

  /** Unconstrained values of all parameters, copied to the host. */
  toData(): Map<string, ParamData> {
    return new Map(
      [...this.entries].map(([name, { variable, constraint }]) => [
        name,
        { shape: variable.shape, data: Float32Array.from(variable.dataSync()), constraint: textOf(constraint) },
      ]),
    );
  }

  /** All parameters as the bytes of a safetensors file: unconstrained float32 values, and each parameter's constraint among the metadata. */
  save(): Uint8Array {
    const data = this.toData();
    const constraints = Object.fromEntries([...data].map(([name, { constraint }]) => [name, constraint]));
    return writeSafetensors(data, { format: FORMAT, constraints: JSON.stringify(constraints) });
  }

  /** Takes over what `save` wrote, as `loadData` does. `source` names the file in errors. */
  load(bytes: Uint8Array, source = 'The saved parameters'): void {
    const { tensors, metadata } = readSafetensors(bytes, source);
    if (metadata.format !== FORMAT) {
      throw new FormatError(
        `${source} has the format "${metadata.format ?? 'unknown'}" and not "${FORMAT}": it holds tensors, but no parameters that ParamStore.save wrote.`,
      );
    }
    const constraints = parseConstraints(metadata.constraints, source);
    this.loadData(
      new Map(
        [...tensors].map(([name, { shape, data }]) => {
          if (data instanceof Float32Array) return [name, { shape, data, constraint: constraints[name] }] as const;
          throw new FormatError(`${source}: parameter "${name}" is not of type float32.`);
        }),
      ),
    );
  }

  /**
   * Takes over unconstrained values that `toData` gave. Parameters that do not exist yet are made when their program first asks for them, so
   * they are remembered until then; a shape that differs from an existing parameter's is rejected.
   */
  loadData(data: ReadonlyMap<string, ParamData>): void {
    for (const [name, saved] of data) {
      const before = this.entries.get(name);
      if (!before) continue;
      rejectOtherConstraint(name, before.constraint, saved.constraint);
      rejectOtherShape(name, before.variable.shape, saved.shape);
    }
    for (const [name, saved] of data) {
      const before = this.entries.get(name);
      if (before) tf.tidy(() => before.variable.assign(tf.tensor(saved.data, saved.shape as number[])));
      else this.pending.set(name, saved);
    }
  }
  private pending: NamedValues<ParamData> = new Map();

  /** The parameter of a message, made from its initial value where it is new. */
  getOrCreate(message: ParamMessage): tf.Tensor {
    const { name, init, constraint } = message;
    const before = this.entries.get(name);
    if (before && init !== undefined && isValidating()) this.rejectOtherInit(name, before, init);
    if (!before) {
      const rng = message.rng ?? currentStream(paramStream(name));
      const waiting = this.pending.get(name);
      if (init === undefined && !waiting) {
        throw new SiteError(
          `Parameter "${name}" does not exist yet, and param("${name}") gives no initial value.`,
          name,
        );
      }
      if (waiting) this.createFromData(name, waiting, constraint, init);
      else tf.tidy(() => this.create(name, typeof init === 'function' ? init(rng) : (init as TensorLike), constraint));
    }
    return this.get(name);
  }

  /** Rejects an initial value of another shape than the parameter has. A function is called for it once, where the parameter is first met again. */
  private rejectOtherInit(name: string, entry: Entry, init: ParamInit): void {
    if (typeof init === 'function' && this.checked.has(entry)) return;
    this.checked.add(entry);
    const given =
      typeof init === 'function' ? tf.tidy(() => [...shapeOf(init(new RandomStream(name)))]) : shapeOf(init);
    const shape = transformedShape(entry);
    if (!sameShape(shape, given)) throw reusedShape(name, shape, given);
  }
  private readonly checked = new WeakSet<Entry>();

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (!entry)
      throw new ContextError(`There is no parameter "${name}" in the store.${didYouMean(name, this.names)}`, name);
    return entry;
  }

  private create(name: string, value: TensorLike, constraint: Constraint): void {
    if (value instanceof tf.Variable && constraint === real) {
      this.entries.set(name, { variable: value, constraint });
      return;
    }
    const variable = tf.tidy(() => tf.variable(toUnconstrained(name, constraint, value)));
    this.entries.set(name, { variable, constraint: detachConstraint(constraint) });
  }

  private createFromData(
    name: string,
    { shape, data, constraint: saved }: ParamData,
    constraint: Constraint,
    init: unknown,
  ): void {
    rejectOtherConstraint(name, constraint, saved);
    if (init instanceof tf.Variable && constraint === real) {
      // A layer's own variable: the layer computes with it, so it is what must take the values.
      rejectOtherShape(name, init.shape, shape);
      tf.tidy(() => init.assign(tf.tensor(data, shape as number[])));
      this.entries.set(name, { variable: init, constraint });
    } else {
      const variable = tf.tidy(() => tf.variable(tf.tensor(data, shape as number[])));
      this.entries.set(name, { variable, constraint: detachConstraint(constraint) });
    }
    this.pending.delete(name);
  }
}

/** The shape of a parameter's constrained value. */
const transformedShape = ({ variable, constraint }: Entry): readonly number[] =>
  constraint === real ? variable.shape : transformTo(constraint).forwardShape(variable.shape);

const reusedShape = (name: string, here: readonly number[], given: readonly number[]): ShapeError =>
  new ShapeError(
    `Parameter "${name}" has shape ${formatShape(here)}, and this param("${name}", ...) begins with a value of shape ${formatShape(given)}. Two ` +
      'parameters of one program need two names; one that was loaded or set has to fit the program.',
    name,
  );

/** A constraint as saved states know it. */
const textOf = ({ kind, name }: Constraint): string => `${kind}: ${name}`;

/** Unconstrained values mean something else under another constraint. */
function rejectOtherConstraint(name: string, here: Constraint, saved: string | undefined): void {
  if (saved === undefined || saved === textOf(here)) return;
  throw new FormatError(
    `Parameter "${name}" was saved with the constraint "${saved}" and has the constraint "${textOf(here)}" here: its saved numbers would mean ` +
      'something else. Give it the constraint it was saved with.',
  );
}

function rejectOtherShape(name: string, here: readonly number[], saved: readonly number[]): void {
  if (formatShape(here) === formatShape(saved)) return;
  throw new ShapeError(
    `Parameter "${name}" has shape ${formatShape(here)} here and ${formatShape(saved)} in the saved state: the saved state belongs to another ` +
      'model, or to other sizes of this one.',
    name,
  );
}

function parseConstraints(text: string | undefined, source: string): Record<string, string> {
  try {
    return { ...JSON.parse(text ?? '{}') };
  } catch (error) {
    throw new FormatError(`${source}: the constraints among its metadata cannot be read.`, undefined, { cause: error });
  }
}

function toUnconstrained(name: string, constraint: Constraint, value: TensorLike): tf.Tensor {
  const tensor = toTensor(value);
  if (firstViolation(constraint, tensor) >= 0) {
    throw new SupportError(
      `Parameter "${name}": its value must be ${constraint.name}, and the one given is not everywhere. Check the initial value or the constraint.`,
      name,
    );
  }
  return constraint === real ? tensor.clone() : transformTo(constraint).inverse(tensor);
}

/** Answers `param` from a store and remembers which parameters were read. */
export class ParamStoreHandler extends Handler {
  constructor(
    readonly store: ParamStore,
    private readonly onUse: (name: string) => void = () => {},
  ) {
    super();
  }

  override process(message: Message): void {
    if (message.type !== 'param' || message.value !== undefined) return;
    message.value = this.store.getOrCreate(message);
    message.done = true;
    this.onUse(message.name);
  }
}
