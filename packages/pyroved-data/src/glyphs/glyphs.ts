/** Letters, digits and other shapes of two typefaces under random affine maps and field conditions. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { parseAngle, parseFraction, parseRange, parseShear, type Quantity, withoutLabels } from 'pyroved-ts';
import { drawPose, type Pose, type PoseRanges, polarAngle, warp } from '../cards/affine.js';
import { type Defaults, withDefaults } from '../options.js';
import { FIELD_DEFAULTS, type FieldConditions, fieldConditions } from '../simulated/fieldConditions.js';
import { type GeneratedSets, MOST_SIDE, simulate, wholeNumber, within } from '../simulated/simulate.js';
import { rejectLookAlikes } from './lookAlikes.js';
import { type GlyphFace, glyphFaces, glyphTemplate } from './templates.js';

/** Options of `glyphs`. Text may carry units. */
export interface GlyphsOptions extends FieldConditions {
  /** @default 1 */
  readonly seed?: string | number;
  /** Height and width in pixels. @default 40 */
  readonly size?: number;
  /**
   * The classes: letters A to Z and a to z, digits 0 to 9, and arrow, bolt, crescent, drop, flag, house, key, star.
   * @default A, E, F, G, K, P, R, T, Y, 4, arrow, crescent
   */
  readonly glyphs?: readonly string[];
  /** Typefaces of letters and digits; the images of a class alternate between them. @default sans and serif */
  readonly faces?: readonly GlyphFace[];
  /** @default 20 */
  readonly labelledPerClass?: number;
  /** @default 250 */
  readonly unlabelledPerClass?: number;
  /** @default 100 */
  readonly validationPerClass?: number;
  /** Half-width of the range of the unlabelled and validation images' angles. @default 180 deg */
  readonly angle?: Quantity;
  /** The same of the labelled images. @default 0 */
  readonly labelledAngle?: Quantity;
  /** Half-width of the range of both shears, of all images. @default 10 deg */
  readonly shear?: Quantity;
  /** Range of the magnification, of all images. @default 0.85 to 1.15 */
  readonly scale?: string | readonly [Quantity, Quantity];
  /**
   * Half-width of the shift of unlabelled and validation images along both axes, as a fraction of the width. Labelled images are not
   * shifted.
   * @default 0.1
   */
  readonly translation?: Quantity;
}

const DEFAULTS = {
  seed: 1,
  size: 40,
  glyphs: ['A', 'E', 'F', 'G', 'K', 'P', 'R', 'T', 'Y', '4', 'arrow', 'crescent'],
  faces: glyphFaces,
  labelledPerClass: 20,
  unlabelledPerClass: 250,
  validationPerClass: 100,
  angle: 180,
  labelledAngle: 0,
  shear: 10,
  scale: [0.85, 1.15],
  translation: 0.1,
  ...FIELD_DEFAULTS,
} as const satisfies Defaults<GlyphsOptions>;

const FACTORS = ['angle', 'shearX', 'shearY', 'scale', 'tx', 'ty', 'face', 'poseAngle'] as const;
/** Templates are drawn and moved this much larger, and averaged then, so that moving them does not smooth them. */
const OVERSAMPLED = 2;

/**
 * Labelled, unlabelled and validation images of glyphs, bright on dark. Factors: `angle`, `shearX`, `shearY` (degrees), `scale`, `tx`, `ty` (pixels right
 * and down), `face` (index in `faces`) and `poseAngle` (radians; see `truePoses`).
 * @throws {OptionError} for an unknown option, a value outside its range, a glyph that does not exist, and glyphs that a rotation within `angle` makes alike.
 * @example
 * const { labelled, unlabelled, validation } = glyphs({ noise: 0.2, background: 0.3, labelledPerClass: 5 });
 */
export function glyphs(options: GlyphsOptions = {}): GeneratedSets {
  const given = withDefaults('glyphs', options, DEFAULTS);
  const { glyphs: names, faces, seed } = given;
  const size = wholeNumber('size', given.size, 12, MOST_SIDE);
  const angle = within('angle', parseAngle('angle', given.angle), 0, 180);
  const labelledAngle = within('labelledAngle', parseAngle('labelledAngle', given.labelledAngle), 0, 180);
  checkNames(names, faces);
  rejectLookAlikes(names, Math.max(angle, labelledAngle));
  const [low, high] = parseRange('scale', given.scale);
  const ranges: PoseRanges = {
    angle,
    shear: within('shear', parseShear('shear', given.shear), 0, 80),
    scale: [within('scale', low, 0.1, 10), high],
    translation: within('translation', parseFraction('translation', given.translation), 0, 1),
    axes: 'both',
  };
  const large = OVERSAMPLED * size;
  const templates = names.map((name) => faces.map((face) => glyphTemplate(name, face, large)));
  const moved = new Float32Array(large * large);
  const make = (part: string, count: number, within: PoseRanges) =>
    simulate({
      classNames: names,
      counts: names.map(() => count),
      shape: [size, size],
      seed: `${seed}/glyphs/${part}`,
      factors: FACTORS,
      conditions: fieldConditions(options),
      draw: (label, stream, target, index) => {
        const pose = drawPose(stream, within, size);
        const face = index % faces.length;
        warp(templates[label][face], moved, large, large, enlarged(pose));
        shrink(moved, target, size);
        return { ...pose, face, poseAngle: polarAngle(pose) };
      },
    });
  const { labelledPerClass, unlabelledPerClass, validationPerClass } = given;
  const upright = { ...ranges, angle: labelledAngle, translation: 0 };
  return {
    labelled: make('labelled', wholeNumber('labelledPerClass', labelledPerClass, 1), upright),
    unlabelled: withoutLabels(make('unlabelled', wholeNumber('unlabelledPerClass', unlabelledPerClass, 1), ranges)),
    validation: make('validation', wholeNumber('validationPerClass', validationPerClass, 1), ranges),
  };
}

const enlarged = (pose: Pose): Pose => ({ ...pose, tx: OVERSAMPLED * pose.tx, ty: OVERSAMPLED * pose.ty });

/** Means of squares of OVERSAMPLED x OVERSAMPLED pixels. */
function shrink(from: Float32Array, to: Float32Array, size: number): void {
  const side = OVERSAMPLED * size;
  for (let i = 0; i < from.length; i++) {
    const row = Math.floor(i / side / OVERSAMPLED);
    to[row * size + Math.floor((i % side) / OVERSAMPLED)] += from[i] / OVERSAMPLED ** 2;
  }
}

function checkNames(names: readonly string[], faces: readonly string[]): void {
  if (!Array.isArray(names) || names.length < 2 || new Set(names).size < names.length) {
    throw new OptionError(`glyphs must be at least two different names; got ${JSON.stringify(names)}.`);
  }
  if (!Array.isArray(faces) || faces.length === 0 || new Set(faces).size < faces.length) {
    throw new OptionError(`faces must be one or more of ${glyphFaces.join(', ')}; got ${JSON.stringify(faces)}.`);
  }
  for (const face of faces) {
    if (!glyphFaces.some((known) => known === face)) {
      throw new OptionError(
        `There is no face "${face}".${didYouMean(face, glyphFaces)} Known: ${glyphFaces.join(', ')}.`,
      );
    }
  }
}
