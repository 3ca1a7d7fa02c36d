/** From values to pixels and colours, and the figures along an axis. */
import { ticks as d3Ticks, nice, tickStep } from 'd3-array';
import { format, precisionFixed } from 'd3-format';

/** A range of values. */
export type Domain = readonly [low: number, high: number];

/** The pixel of a value: `domain` is spread evenly over `pixels`. */
export type Scale = (value: number) => number;

export const linearScale =
  ([low, high]: Domain, [from, to]: readonly [number, number]): Scale =>
  (value) =>
    from + ((value - low) / (high - low)) * (to - from);

/** A place along an axis, in pixels, and what stands there. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** How figures along an axis are chosen and written. */
export interface TickOptions {
  /** About how many. */
  readonly count: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
  /** Shares from 0 to 1 as percentages. */
  readonly percent?: boolean;
}

/** Round values in the domain, written with as many decimals as they need. */
export function ticksOf([low, high]: Domain, scale: Scale, { count, whole, percent }: TickOptions): Tick[] {
  const values = d3Ticks(low, high, count).filter((value) => !whole || Number.isInteger(value));
  const step = tickStep(low, high, count);
  const decimals = whole ? 0 : precisionFixed(percent ? 100 * step : step);
  const written = format(percent ? `.${decimals}%` : `,.${decimals}f`);
  return values.map((value) => ({ at: scale(value), label: written(value) }));
}

/** Figures at given values, with as many decimals as they have, three digits at most. */
export const ticksAt = (values: readonly number[], scale: Scale): Tick[] =>
  values.map((value) => ({ at: scale(value), label: shortNumber(value) }));

/** Three significant digits at most, but whole thousands in full. */
export const shortNumber = (value: number): string => format(Math.abs(value) >= 1000 ? ',.0f' : '.3~g')(value);

export const percentage = (share: number): string => format('.0%')(share);

/** The domain with round ends. */
export const niceDomain = ([low, high]: Domain, count: number): Domain => nice(low, high, count);

/**
 * What finite values span; a range around the value where they are all the same, around 0 where there are none.
 * @param around half the range around a single value
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

/** The colour map viridis of matplotlib at even steps. */
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

/** The colour of a share from 0 to 1, darkest at 0; shares beyond are clamped. */
export function viridis(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const [from, to] = [channels(VIRIDIS[below]!), channels(VIRIDIS[below + 1]!)];
  const mixed = from.map((value, c) => Math.round(value + (place - below) * (to[c]! - value)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

const channels = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
