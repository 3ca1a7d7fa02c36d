/** The disorders that test images can have: their units, their usual ranges, and conditions made of them. */
import { OptionError } from 'pyro-ts';
import { didYouMean, rejectUnknownKeys } from 'pyro-ts/internal';

export const disorderNames = ['angle', 'shear', 'shift', 'scale', 'noise', 'contamination', 'intensity'] as const;
export type Disorder = (typeof disorderNames)[number];

/**
 * The disorder of a set of test images; what is omitted is as in the run's validation images. `angle` and `shear`: half-range of the uniform
 * distribution, degrees. `shift`: half-range as a fraction of the width. `scale`: objects are magnified by 1/scale to scale. `noise`: standard deviation
 * (white is 1), instead of the noise of generated images. `contamination`: fraction of the pixels that are set to `intensity` (1 if omitted).
 */
export type Condition = Partial<Readonly<Record<Disorder, number>>>;

interface DisorderText {
  /** Title of an axis, with its unit. */
  readonly title: string;
  /** The usual range of an axis. */
  readonly range: readonly [low: number, high: number];
  /** The values that are allowed. */
  readonly allowed: readonly [low: number, high: number];
  readonly write: (value: number) => string;
}

const plain = (value: number): string => String(Number(value.toPrecision(3)));
const degrees = (value: number): string => `${plain(value)}°`;
const percent = (value: number): string => `${plain(100 * value)}%`;

export const disorders: Readonly<Record<Disorder, DisorderText>> = {
  angle: { title: 'angle range (± deg)', range: [0, 180], allowed: [0, 180], write: degrees },
  shear: { title: 'shear range (± deg)', range: [0, 30], allowed: [0, 80], write: degrees },
  shift: { title: 'shift range (± fraction of the width)', range: [0, 0.2], allowed: [0, 1], write: percent },
  scale: { title: 'scale (1/s to s)', range: [1, 1.5], allowed: [1, 10], write: plain },
  noise: { title: 'noise (standard deviation)', range: [0, 1], allowed: [0, 1e6], write: plain },
  contamination: { title: 'contaminated fraction of the pixels', range: [0, 0.5], allowed: [0, 1], write: percent },
  intensity: { title: 'intensity of contaminated pixels', range: [0, 1], allowed: [-1e6, 1e6], write: plain },
};

/** An axis of a heat map or a curve: a disorder and its values. */
export interface DisorderAxis {
  readonly disorder: Disorder;
  readonly values: readonly number[];
}

/** @throws {OptionError} when `name` is no disorder. */
export function checkDisorder(name: string): Disorder {
  const found = disorderNames.find((known) => known === name);
  if (found) return found;
  throw new OptionError(`Unknown disorder "${name}".${didYouMean(name, disorderNames)}`);
}

/** @throws {OptionError} when the condition names an unknown disorder or has a value outside its range. */
export function checkCondition(condition: Condition): Condition {
  rejectUnknownKeys('condition', condition, disorderNames);
  for (const [name, value] of Object.entries(condition)) {
    const [low, high] = disorders[checkDisorder(name)].allowed;
    if (!(value >= low && value <= high)) {
      throw new OptionError(`${name} must be from ${low} to ${high}; got ${value}.`);
    }
  }
  return condition;
}

/** `count` values from `low` to `high`. */
export const evenly = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? low : low + ((high - low) * i) / (count - 1)));

/** An axis with `count` values over the usual range of a disorder, or over `range`. */
export const axisOf = (disorder: Disorder, count: number, range = disorders[disorder].range): DisorderAxis => ({
  disorder,
  values: evenly(range[0], range[1], count),
});

/** The paper's levels of noise: 10^-2 to 10. */
export const noiseLevels = (count: number): number[] => evenly(-2, 1, count).map((exponent) => 10 ** exponent);

/** "shear 14.7°, angle 60°"; "as in validation" for no disorder. */
export function conditionText(condition: Condition): string {
  const parts = disorderNames.flatMap((name) => {
    const value = condition[name];
    return value === undefined ? [] : [`${name} ${disorders[name].write(value)}`];
  });
  return parts.length > 0 ? parts.join(', ') : 'as in validation';
}
