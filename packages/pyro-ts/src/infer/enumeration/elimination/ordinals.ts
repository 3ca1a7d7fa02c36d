/** Ordinals: the set of vectorised plates around a site. "y may depend on x" is taken to hold where x's plates are among y's. */
import type { PlateFrame } from '../../../runtime/messages.js';
import { type Dim, plateDim } from './namedTensor.js';

export type Ordinal = ReadonlySet<Dim>;

export const ordinalOf = (site: { readonly frames: readonly PlateFrame[] }): Ordinal =>
  new Set(site.frames.flatMap((f) => (f.dim === undefined ? [] : [plateDim(f.name)])));

export const isWithin = (a: Ordinal, b: Ordinal): boolean => [...a].every((plate) => b.has(plate));
export const union = (ordinals: readonly Ordinal[]): Ordinal => new Set(ordinals.flatMap((o) => [...o]));
export const minus = (a: Ordinal, b: Ordinal): Dim[] => [...a].filter((plate) => !b.has(plate));

export const intersection = (ordinals: readonly Ordinal[]): Ordinal =>
  new Set([...(ordinals[0] ?? [])].filter((plate) => ordinals.every((o) => o.has(plate))));

/** The same text for the same set. */
export const keyOf = (ordinal: Ordinal): string => [...ordinal].sort().join('\n');
