/** Scales that map values to pixels and colours, and axis ticks. */
import { ticks as d3Ticks, nice, tickStep } from 'd3-array';
import { format, precisionFixed } from 'd3-format';

/** A range of values. */
export type Domain = readonly [low: number, high: number];

/** Maps a value to a position in pixels. */
export type Scale = (value: number) => number;

export const linearScale =
  ([low, high]: Domain, [from, to]: readonly [number, number]): Scale =>
  (value) =>
    from + ((value - low) / (high - low)) * (to - from);

/** The position of a tick, in pixels, and its label. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Options of axis ticks. */
export interface TickOptions {
  /** Approximate number of ticks. */
  readonly count: number;
  /** Integers only. */
  readonly whole?: boolean;
  /** Format fractions as percentages. */
  readonly percent?: boolean;
}

/** Ticks at round values in the domain. */
export function ticksOf([low, high]: Domain, scale: Scale, { count, whole, percent }: TickOptions): Tick[] {
  const values = d3Ticks(low, high, count).filter((value) => !whole || Number.isInteger(value));
  const step = tickStep(low, high, count);
  const decimals = whole ? 0 : precisionFixed(percent ? 100 * step : step);
  const written = format(percent ? `.${decimals}%` : `,.${decimals}f`);
  return values.map((value) => ({ at: scale(value), label: written(value) }));
}

/** Ticks at given values, with at most three significant digits. */
export const ticksAt = (values: readonly number[], scale: Scale): Tick[] =>
  values.map((value) => ({ at: scale(value), label: shortNumber(value) }));

/** Formats with at most three significant digits, or as an integer from 1000 on. */
export const shortNumber = (value: number): string => format(Math.abs(value) >= 1000 ? ',.0f' : '.3~g')(value);

export const percentage = (share: number): string => format('.0%')(share);

/** The domain with round ends. */
export const niceDomain = ([low, high]: Domain, count: number): Domain => nice(low, high, count);

/**
 * The extent of the finite values; a range around a single value, or around 0 if there are none.
 * @param around half the width of the range around a single value
 */
export function spanOf(values: Iterable<number>, around = 1): Domain {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low < high) return [low, high];
  const middle = Number.isFinite(low) ? low : 0;
  return [middle - around, middle + around];
}

/** Samples of matplotlib's viridis colour map. */
export const VIRIDIS = [
  '#440154',
  '#482475',
  '#414487',
  '#355f8d',
  '#2a788e',
  '#21918c',
  '#22a884',
  '#44bf70',
  '#7ad151',
  '#bddf26',
  '#fde725',
] as const;

/** The colour of a value in [0, 1], darkest at 0; values outside are clamped. */
export function viridis(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const [from, to] = [channels(VIRIDIS[below]!), channels(VIRIDIS[below + 1]!)];
  const mixed = from.map((value, c) => Math.round(value + (place - below) * (to[c]! - value)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

const channels = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
