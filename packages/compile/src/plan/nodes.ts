/** The graph of a plan: values of static shapes, each computed once, with views instead of copies. */
import type { HostCall } from '@pyro-ts/engine/internal';

export type Shape = readonly number[];
/** A value, by its number; arguments precede their uses. */
export type Value = number;

/** Where an index of a view's source comes from: `step` x (the result's index along `dim`) + `offset`; constant where `dim` is -1. */
export interface SourceIndex {
  readonly dim: number;
  readonly step: number;
  readonly offset: number;
}

export type Fold = 'sum' | 'max' | 'min' | 'prod';

/** The definition of a value. Numbers are float64 or float32, like the plan's memory; booleans are 1 and 0. */
export type Node =
  /** Set by the caller before each run. */
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'constant'; readonly data: ArrayLike<number> }
  /** The same number in every entry. */
  | { readonly kind: 'splat'; readonly value: number }
  /** An elementwise function; arguments broadcast. */
  | { readonly kind: 'map'; readonly fn: string; readonly args: readonly Value[] }
  /** A function on the host, by its number in the plan. */
  | { readonly kind: 'hostMap'; readonly fn: number; readonly args: readonly Value[] }
  | { readonly kind: 'view'; readonly args: readonly [Value]; readonly from: readonly SourceIndex[] }
  /** The same entries in the same order, with another shape. */
  | { readonly kind: 'reshape'; readonly args: readonly [Value] }
  /** Over the last `count` dimensions. */
  | { readonly kind: 'reduce'; readonly fold: Fold; readonly args: readonly [Value]; readonly count: number }
  /** The index of the largest ('min': the smallest) entry along the last dimension; the first of equal ones. */
  | { readonly kind: 'argReduce'; readonly fold: 'max' | 'min'; readonly args: readonly [Value] }
  /** [..., n, k] times [..., k, m]; batch dimensions broadcast. */
  | { readonly kind: 'matMul'; readonly args: readonly [Value, Value] }
  /** Blocks written into an array filled with `fill`. */
  | {
      readonly kind: 'place';
      readonly args: readonly Value[];
      readonly at: readonly Shape[];
      readonly fill: number;
    }
  /** Entries of the first argument [n, ...] at the indices in the second. */
  | { readonly kind: 'gather'; readonly args: readonly [Value, Value] }
  /** Running sums or products along the last dimension. */
  | {
      readonly kind: 'scan';
      readonly fold: 'sum' | 'prod';
      readonly args: readonly [Value];
      readonly exclusive: boolean;
      readonly reverse: boolean;
    }
  /** A computation on the host that fills an array. */
  | { readonly kind: 'host'; readonly call: HostCall; readonly args: readonly Value[] };

export type Entry = Node & { readonly shape: Shape };

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}
const none: readonly Value[] = [];
export const argsOf = (node: Node): readonly Value[] => ('args' in node ? node.args : none);

/** The index of the result's `dim`. */
export const along = (dim: number): SourceIndex => ({ dim, step: 1, offset: 0 });
export const fixedAt = (offset: number): SourceIndex => ({ dim: -1, step: 0, offset });
