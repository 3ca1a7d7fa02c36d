/** Upright images of letters, digits and other shapes, drawn from their outlines. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { boundsOf, type Outline, outlinesOf, placed, rasterise } from '../cards/rasterise.js';
import { dejavu } from './dejavu.js';
import { shapes } from './shapes.js';

/** Typefaces of letters and digits: DejaVu Sans and DejaVu Serif. */
export const glyphFaces = ['sans', 'serif'] as const;
export type GlyphFace = (typeof glyphFaces)[number];

/** Everything that can be a class of `glyphs`: letters, digits, and the names of other shapes. */
export const glyphNames: readonly string[] = [...Object.keys(dejavu.sans), ...Object.keys(shapes)];

/** The height of a capital letter, and of a shape, as a fraction of the image's height. */
const CAPITAL = 0.44;
/** The same in the outlines' units. */
const CAPITAL_UNITS = 729;
const SHAPE_UNITS = 100;

/**
 * A glyph in white on black, the middle of its bounding box in the middle of the image; a capital letter is 0.44 of the image high. Shapes look
 * the same in every face.
 * @param size height and width in pixels
 * @returns size * size values in [0, 1]
 * @throws {OptionError} for a glyph that does not exist
 */
export function glyphTemplate(name: string, face: GlyphFace, size: number): Float32Array {
  const [path, units] = pathOf(name, face);
  const outlines = outlinesOf(path);
  const { left, right, top, bottom } = boundsOf(outlines);
  const scale = (CAPITAL * size) / units;
  const centred: readonly Outline[] = placed(
    outlines,
    scale,
    size / 2 - (scale * (left + right)) / 2,
    size / 2 - (scale * (top + bottom)) / 2,
  );
  return rasterise(centred, size, size);
}

function pathOf(name: string, face: GlyphFace): readonly [path: string, units: number] {
  const letters: Readonly<Record<string, string>> = dejavu[face];
  const others: Readonly<Record<string, string>> = shapes;
  if (Object.hasOwn(letters, name)) return [letters[name], CAPITAL_UNITS];
  if (Object.hasOwn(others, name)) return [others[name], SHAPE_UNITS];
  throw new OptionError(
    `There is no glyph "${name}".${didYouMean(name, Object.keys(shapes))} Known: letters A to Z and a to z, digits 0 to 9, ` +
      `${Object.keys(shapes).join(', ')}.`,
  );
}
