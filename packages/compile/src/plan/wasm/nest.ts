/** A nest of loops as data: what a kernel computes, whoever writes it down. */
import type { Fold } from '../nodes.js';

/** A place in memory: a parameter's address, and how far each loop moves it, in numbers. */
export interface NestPlace {
  readonly param: number;
  readonly steps: readonly number[];
}

/** A number, or a statement by its index. */
export type Operand = { readonly number: number } | { readonly statement: number };

/** One value of the innermost rounds; arguments come first. */
export type NestStatement =
  | { readonly kind: 'load'; readonly place: NestPlace }
  | { readonly kind: 'map'; readonly fn: string; readonly args: readonly Operand[] };

export interface Nest {
  /** Rounds of each loop, all above 1. */
  readonly extents: readonly number[];
  /** How many of the loops are the result's; the others are folded away. */
  readonly outer: number;
  readonly statements: readonly NestStatement[];
  readonly result: Operand;
  readonly to: NestPlace;
  readonly fold?: Fold;
}
