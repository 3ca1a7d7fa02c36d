/** Generates the paper's card data: a few labelled images that are nearly upright, many rotated unlabelled ones, and a validation set. */
import { OptionError } from 'pyro-ts';
import {
  type ImageSet,
  parseAngle,
  parseFraction,
  parseRange,
  parseShear,
  type Quantity,
  withoutLabels,
} from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import { type Defaults, withDefaults } from '../options.js';
import { FIELD_DEFAULTS, type FieldConditions, fieldConditions } from '../simulated/fieldConditions.js';
import { type GeneratedSets, MOST_SIDE, simulate, wholeNumber } from '../simulated/simulate.js';
import { drawPose, type PoseRanges, polarAngle, warp } from './affine.js';
import { suitTemplates, type Templates } from './suits.js';
import { templatesForSize } from './templates.js';

/**
 * The paper crops its 64x64 templates to the middle 48x48 (rows and columns 8..55): the margin on each side is a sixth
 * of the image.
 */
const templateSizeFor = (size: number): number => size + 2 * Math.round(size / 6);

const FACTORS = ['angle', 'shearX', 'shearY', 'scale', 'tx', 'ty', 'poseAngle'] as const;

/** Options of `cardSet`. */
export interface CardSetOptions {
  /** Images of each class. */
  readonly perClass: number;
  readonly ranges: PoseRanges;
  readonly seed: string | number;
  /** Height and width in pixels. @default 48 */
  readonly size?: number;
  /** Class images of any size. @default the suits of `suitTemplates` */
  readonly templates?: Templates;
  /** @default none */
  readonly conditions?: FieldConditions;
}

const CARD_SET_DEFAULTS = {
  perClass: undefined,
  ranges: undefined,
  seed: undefined,
  size: 48,
  templates: undefined,
  conditions: undefined,
} as const satisfies Defaults<CardSetOptions>;

/**
 * Randomly posed images of each class, class after class, with labels and with the factors `class`, `angle`, `shearX`,
 * `shearY` (degrees), `scale`, `tx`, `ty` (pixels right and down) and `poseAngle` (radians; see `truePoses`). The first images of a class do not
 * depend on how many are generated.
 */
export function cardSet(options: CardSetOptions): ImageSet {
  const { perClass, ranges, seed, size } = withDefaults('cardSet', options, CARD_SET_DEFAULTS);
  const templateSize = templateSizeFor(size);
  const templates = options.templates ? templatesForSize(options.templates, templateSize) : suitTemplates(templateSize);
  const upright = templates.images.map((template) => centreCrop(template, templateSize, size));
  return simulate({
    classNames: templates.names,
    counts: upright.map(() => perClass),
    shape: [size, size],
    seed,
    factors: FACTORS,
    ...(options.conditions && { conditions: fieldConditions(options.conditions) }),
    draw: (label, stream, target) => {
      const pose = drawPose(stream, ranges, size);
      warp(upright[label], target, size, size, pose);
      return { ...pose, poseAngle: polarAngle(pose) };
    },
  });
}

function centreCrop(image: Float32Array, from: number, to: number): Float32Array {
  const margin = (from - to) / 2;
  const out = new Float32Array(to * to);
  for (let row = 0; row < to; row++) {
    const at = (row + margin) * from + margin;
    out.set(image.subarray(at, at + to), row * to);
  }
  return out;
}

/** Options of `cards`; the defaults come from the preset. Text may carry units. */
export interface CardsOptions extends FieldConditions {
  /** `paper`: the paper's counts and ranges. `small`: the same ranges with an eighth of the images. @default paper */
  readonly preset?: 'paper' | 'small';
  /** @default 1 */
  readonly seed?: string | number;
  /** Height and width in pixels. @default 48 */
  readonly size?: number;
  /** Class images of any size. @default the suits of `suitTemplates` */
  readonly templates?: Templates;
  /** @default 200 */
  readonly labelledPerClass?: number;
  /** @default 3000 */
  readonly unlabelledPerClass?: number;
  /** @default 1000 */
  readonly validationPerClass?: number;
  /** Half-width of the range of the unlabelled and validation images' angles. @default 60 deg */
  readonly angle?: Quantity;
  /** Half-width of the range of the labelled images' angles. @default 5 deg */
  readonly labelledAngle?: Quantity;
  /** Half-width of the range of both shears, of all images. @default 15 deg */
  readonly shear?: Quantity;
  /** Range of the magnification, of all images. @default 1 to 1.3 */
  readonly scale?: string | readonly [Quantity, Quantity];
  /**
   * Half-width of the shift of unlabelled and validation images, as a fraction of the width. Labelled images are not
   * shifted.
   * @default 0.1
   */
  readonly translation?: Quantity;
  /** Directions of the shift. @default vertical */
  readonly axes?: 'vertical' | 'both';
}

const PAPER = {
  preset: 'paper',
  seed: 1,
  templates: undefined,
  size: 48,
  labelledPerClass: 200,
  unlabelledPerClass: 3000,
  validationPerClass: 1000,
  angle: 60,
  labelledAngle: 5,
  shear: 15,
  scale: [1, 1.3],
  translation: 0.1,
  axes: 'vertical',
  ...FIELD_DEFAULTS,
} as const satisfies Defaults<CardsOptions>;

const PRESETS = {
  paper: PAPER,
  small: { ...PAPER, preset: 'small', labelledPerClass: 25, unlabelledPerClass: 375, validationPerClass: 125 },
} as const satisfies Record<string, Defaults<CardsOptions>>;

/** The options of `cards` with all values filled in, in the units of `PoseRanges`, as the configuration of a run records them. */
export type CardsConfig = Required<
  Omit<
    CardsOptions,
    'preset' | 'templates' | 'angle' | 'labelledAngle' | 'shear' | 'scale' | 'translation' | keyof FieldConditions
  >
> &
  Record<'angle' | 'labelledAngle' | 'shear' | 'translation', number> & {
    readonly scale: readonly [number, number];
  } & FieldConditions;

/**
 * The options with the preset's values filled in and text parsed.
 * @throws {OptionError} for an unknown option or a value outside its range.
 */
export function cardsConfig(options: CardsOptions = {}): CardsConfig {
  const { preset } = withDefaults('cards', options, PAPER);
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new OptionError(`preset must be ${Object.keys(PRESETS).join(' or ')}; got "${preset}".`);
  }
  const merged = { ...PRESETS[preset], ...defined(options) };
  const [low, high] = parseRange('scale', merged.scale);
  if (!(low > 0)) throw new OptionError(`scale must be greater than 0; got a range that starts at ${low}.`);
  if (merged.axes !== 'vertical' && merged.axes !== 'both') {
    throw new OptionError(`axes must be "vertical" or "both"; got "${merged.axes}".`);
  }
  return {
    seed: merged.seed,
    size: wholeNumber('size', merged.size, 8, MOST_SIDE),
    labelledPerClass: wholeNumber('labelledPerClass', merged.labelledPerClass, 1),
    unlabelledPerClass: wholeNumber('unlabelledPerClass', merged.unlabelledPerClass, 1),
    validationPerClass: wholeNumber('validationPerClass', merged.validationPerClass, 1),
    angle: halfWidth('angle', parseAngle('angle', merged.angle), 180),
    labelledAngle: halfWidth('labelledAngle', parseAngle('labelledAngle', merged.labelledAngle), 180),
    shear: halfWidth('shear', parseShear('shear', merged.shear), 80),
    scale: [low, high],
    translation: halfWidth('translation', parseFraction('translation', merged.translation), 1),
    axes: merged.axes,
    ...fieldConditions(options),
  };
}

/**
 * The labelled, unlabelled and validation images of the paper's experiment. The unlabelled set has no labels; its
 * factor `class` holds the truth.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { labelled, unlabelled, validation } = cards({ preset: 'small', angle: '30 deg', seed: 2 });
 */
export function cards(options: CardsOptions = {}): GeneratedSets {
  const config = cardsConfig(options);
  const { shear, scale, axes, size } = config;
  const upright: PoseRanges = { angle: config.labelledAngle, shear, scale, translation: 0, axes };
  const turned: PoseRanges = { angle: config.angle, shear, scale, translation: config.translation, axes };
  const make = (part: string, perClass: number, ranges: PoseRanges) =>
    cardSet({
      ...{ perClass, ranges, size, seed: `${config.seed}/cards/${part}`, templates: options.templates },
      conditions: fieldConditions(config),
    });
  return {
    labelled: make('labelled', config.labelledPerClass, upright),
    unlabelled: withoutLabels(make('unlabelled', config.unlabelledPerClass, turned)),
    validation: make('validation', config.validationPerClass, turned),
  };
}

function halfWidth(name: string, value: number, most: number): number {
  if (!(value >= 0 && value <= most)) {
    throw new OptionError(`${name} is the half-width of a range from 0 to ${most}; got ${value}.`);
  }
  return value;
}
