/** A nest of loops as data: what a kernel computes, independent of the target language. */
import type { Fold } from '../nodes.js';

/** A place in memory: a parameter's address, and the stride of each loop, in numbers. */
export interface NestPlace {
  readonly param: number;
  readonly steps: readonly number[];
}

/** A number, or a statement by its index. */
export type Operand = { readonly number: number } | { readonly statement: number };

/** One value of the innermost loop; arguments precede their uses. */
export type NestStatement =
  | { readonly kind: 'load'; readonly place: NestPlace }
  | { readonly kind: 'map'; readonly fn: string; readonly args: readonly Operand[] };

export interface Nest {
  /** Number of iterations of each loop, all above 1. */
  readonly extents: readonly number[];
  /** Number of loops over the result; the others are reduced. */
  readonly outer: number;
  readonly statements: readonly NestStatement[];
  readonly result: Operand;
  readonly to: NestPlace;
  readonly fold?: Fold;
}
