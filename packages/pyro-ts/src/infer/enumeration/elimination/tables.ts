/**
 * Sums and products of log tables on the host, in float64, with the gradient by hand. Enumeration's tables are small and many: one tensor
 * operation for a whole contraction costs less than one for each step, keeps any rank, and loses no digits over long chains.
 */
import { EnumerationError } from '../../../errors.js';
import { logTotal, maximum } from '../../../handlers/enumeration/logTotal.js';
import type { Dim, NamedTensor } from './namedTensor.js';

/** The largest intermediate table, in entries. */
const maxEntries = 2 ** 27;

/** A table of logarithms, with (in an expectation) the cost that goes with each entry. */
export class Table {
  /** Gradients, filled by `TableTape.backward`. */
  logGrad: Float64Array | undefined;
  costGrad: Float64Array | undefined;

  constructor(
    readonly dims: readonly Dim[],
    readonly sizes: readonly number[],
    readonly log: Float64Array,
    readonly cost?: Float64Array,
  ) {}

  static of({ dims, tensor }: NamedTensor): Table {
    return new Table(dims, tensor.shape, Float64Array.from(tensor.dataSync()));
  }

  /** The table of a cost that goes with every outcome alike: weight 1. */
  static ofCost({ dims, tensor }: NamedTensor): Table {
    return new Table(dims, tensor.shape, new Float64Array(tensor.size), Float64Array.from(tensor.dataSync()));
  }

  sizeOf(dim: Dim): number {
    const at = this.dims.indexOf(dim);
    return at < 0 ? 1 : this.sizes[at];
  }
}

/** How a row-major array is laid out. */
export interface Layout {
  readonly dims: readonly Dim[];
  readonly sizes: readonly number[];
}

/** How far apart neighbours along `dim` lie; 0 where there is only one. */
export function strideOf({ dims, sizes }: Layout, dim: Dim): number {
  const axis = dims.indexOf(dim);
  return axis < 0 || sizes[axis] === 1 ? 0 : sizes.slice(axis + 1).reduce((a, b) => a * b, 1);
}

/** Where each combination of `dims` (of these sizes, the last one fastest) lies in an array. */
export function offsets(at: Layout, dims: readonly Dim[], sizes: readonly number[]): Int32Array {
  let result = new Int32Array(1);
  dims.forEach((dim, i) => {
    const stride = strideOf(at, dim);
    const next = new Int32Array(result.length * sizes[i]);
    for (let o = 0, j = 0; o < result.length; o++) {
      for (let k = 0; k < sizes[i]; k++) next[j++] = result[o] + k * stride;
    }
    result = next;
  });
  return result;
}

/** One step that the tape can undo. */
export interface SumStep {
  readonly inputs: readonly Table[];
  /** The dimensions summed away (or maximised over). */
  readonly summed: readonly Dim[];
  readonly output: Table;
}

/** Runs steps and remembers them, for gradients and for drawing from the posterior. */
export class TableTape {
  /** The sums over variables, in order. */
  readonly sums: SumStep[] = [];
  private readonly undo: (() => void)[] = [];

  /** `mode` 'max' puts the largest entry in place of the sum. */
  constructor(private readonly mode: 'sum' | 'max' = 'sum') {}

  /** The product of `inputs`, summed over `summed`. Costs add, and are averaged by probability where entries are summed. */
  sumProduct(inputs: readonly Table[], summed: readonly Dim[]): Table {
    const loop = new Loop(inputs, summed);
    const log = new Float64Array(loop.outerSize);
    const cost = inputs.some((t) => t.cost) ? new Float64Array(loop.outerSize) : undefined;
    const joint = new Float64Array(loop.innerSize);
    const costs = new Float64Array(loop.innerSize);
    for (let o = 0; o < loop.outerSize; o++) {
      loop.product(o, joint);
      log[o] = this.mode === 'max' ? maximum(joint) : logTotal(joint);
      if (!cost) continue;
      loop.totalCost(o, costs);
      cost[o] = meanCost(costs, joint, log[o]);
    }
    const output = new Table(loop.outerDims, loop.outerSizes, log, cost);
    this.sums.push({ inputs, summed, output });
    this.undo.push(() => loop.backward(output, joint, costs));
    return output;
  }

  /** The product of the entries of `input` along plates: the sum of their logarithms. */
  plateProduct(input: Table, plates: readonly Dim[]): Table {
    const loop = new Loop([input], plates);
    const [outer, inner] = [loop.outerOffsets[0], loop.innerOffsets[0]];
    const log = new Float64Array(loop.outerSize);
    for (let o = 0; o < log.length; o++)
      for (let i = 0; i < inner.length; i++) log[o] += input.log[outer[o] + inner[i]];
    const output = new Table(loop.outerDims, loop.outerSizes, log);
    this.undo.push(() => {
      const grad = output.logGrad;
      if (!grad) return;
      input.logGrad ??= new Float64Array(input.log.length);
      for (let o = 0; o < log.length; o++)
        for (let i = 0; i < inner.length; i++) input.logGrad[outer[o] + inner[i]] += grad[o];
    });
    return output;
  }

  /** Carries the gradients of results (set by the caller) back to the tables that went in. */
  backward(): void {
    for (let i = this.undo.length - 1; i >= 0; i--) this.undo[i]();
  }
}

/** Walks over all combinations of the dimensions of some tables: those that stay outside, those that go inside. */
export class Loop {
  readonly outerDims: readonly Dim[];
  readonly outerSizes: readonly number[];
  readonly innerSizes: readonly number[];
  readonly outerSize: number;
  readonly innerSize: number;
  readonly outerOffsets: readonly Int32Array[];
  readonly innerOffsets: readonly Int32Array[];

  constructor(
    readonly inputs: readonly Table[],
    inner: readonly Dim[],
  ) {
    const size = (dim: Dim) => Math.max(...inputs.map((t) => t.sizeOf(dim)));
    this.outerDims = [...new Set(inputs.flatMap((t) => t.dims))].filter((dim) => !inner.includes(dim));
    this.outerSizes = this.outerDims.map(size);
    this.innerSizes = inner.map(size);
    this.outerSize = this.outerSizes.reduce((a, b) => a * b, 1);
    this.innerSize = this.innerSizes.reduce((a, b) => a * b, 1);
    if (this.outerSize * this.innerSize > maxEntries) {
      throw new EnumerationError(
        `Summing out enumerated variables needs a table of ${this.outerSize * this.innerSize} entries over ` +
          `${[...this.outerDims, ...inner].join(', ')}: too many variables depend on each other at once. Break the dependence, enumerate fewer ` +
          'of them, or sample some in the guide.',
      );
    }
    this.outerOffsets = inputs.map((t) => offsets(t, this.outerDims, this.outerSizes));
    this.innerOffsets = inputs.map((t) => offsets(t, inner, this.innerSizes));
  }

  /** Fills `into` with the logarithms of the product at outer combination `o`. */
  product(o: number, into: Float64Array): void {
    into.fill(0);
    for (let n = 0; n < this.inputs.length; n++)
      addFrom(this.inputs[n].log, this.outerOffsets[n][o], this.innerOffsets[n], into);
  }

  /** Fills `into` with the sums of the costs at outer combination `o`. */
  totalCost(o: number, into: Float64Array): void {
    into.fill(0);
    for (let n = 0; n < this.inputs.length; n++) {
      const { cost } = this.inputs[n];
      if (cost) addFrom(cost, this.outerOffsets[n][o], this.innerOffsets[n], into);
    }
  }

  /** Adds the gradients of the inputs, given those of `output`. `joint` and `costs` are scratch space. */
  backward(output: Table, joint: Float64Array, costs: Float64Array): void {
    const { log, cost, logGrad, costGrad } = output;
    if (!logGrad && !costGrad) return;
    for (const t of this.inputs) {
      t.logGrad ??= new Float64Array(t.log.length);
      if (t.cost) t.costGrad ??= new Float64Array(t.log.length);
    }
    for (let o = 0; o < this.outerSize; o++) {
      const gLog = logGrad?.[o] ?? 0;
      const gCost = costGrad?.[o] ?? 0;
      if (gLog === 0 && gCost === 0) continue;
      this.product(o, joint);
      if (cost) this.totalCost(o, costs);
      const mean = cost?.[o] ?? 0;
      for (let i = 0; i < joint.length; i++) {
        const p = probability(joint[i], log[o]);
        // From here on: what each entry's logarithm and cost receive.
        joint[i] = p === 0 ? 0 : p * (gCost === 0 ? gLog : gLog + gCost * (costs[i] - mean));
        costs[i] = p * gCost;
      }
      for (let n = 0; n < this.inputs.length; n++) {
        const t = this.inputs[n];
        addTo(t.logGrad as Float64Array, this.outerOffsets[n][o], this.innerOffsets[n], joint);
        if (t.costGrad) addTo(t.costGrad, this.outerOffsets[n][o], this.innerOffsets[n], costs);
      }
    }
  }
}

function addFrom(from: Float64Array, base: number, offsets: Int32Array, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] += from[base + offsets[i]];
}

function addTo(to: Float64Array, base: number, offsets: Int32Array, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) to[base + offsets[i]] += values[i];
}

/** The mean of `costs` under the probabilities exp(logs - total). An outcome without probability costs nothing, even if infinite. */
function meanCost(costs: Float64Array, logs: Float64Array, total: number): number {
  let mean = 0;
  for (let i = 0; i < logs.length; i++) {
    const p = probability(logs[i], total);
    if (p !== 0) mean += p * costs[i];
  }
  return mean;
}

const probability = (log: number, total: number): number =>
  log === Number.NEGATIVE_INFINITY ? 0 : Math.exp(log - total);
