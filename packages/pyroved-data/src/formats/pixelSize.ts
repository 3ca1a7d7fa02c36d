/** Sizes of pixels: what files state, and what people write. */
import { OptionError } from 'pyro-ts';

/** Size of a pixel along the rows (x) and along the columns (y), e.g. `{ x: 0.2, y: 0.2, unit: 'nm' }`. */
export interface PixelSize {
  readonly x: number;
  readonly y: number;
  /** A length such as `nm` or `um`, or a reciprocal length such as `1/nm` for diffraction patterns. */
  readonly unit: string;
}

/** Metres in each unit of length. */
const METRES: Readonly<Record<string, number>> = {
  pm: 1e-12,
  angstrom: 1e-10,
  nm: 1e-9,
  um: 1e-6,
  mm: 1e-3,
  cm: 1e-2,
  m: 1,
};

/** Other spellings of these units, in compatibility form (NFKC), which has one micro sign and one angstrom sign. */
const SPELLINGS: Readonly<Record<string, string>> = {
  Å: 'angstrom',
  A: 'angstrom',
  Ang: 'angstrom',
  ångström: 'angstrom',
  angstroms: 'angstrom',
  micron: 'um',
  microns: 'um',
  μm: 'um',
  nanometer: 'nm',
  nanometers: 'nm',
  nanometre: 'nm',
  micrometer: 'um',
  micrometers: 'um',
  micrometre: 'um',
  millimeter: 'mm',
  meter: 'm',
  meters: 'm',
  metre: 'm',
};

const PIXELS = ['', 'px', 'pixel', 'pixels', 'dimensionless', '<undefined>', 'undefined', '_none_'];

/** The usual spelling of a unit; undefined for pixels and for no unit. */
export function normalUnit(text: string): string | undefined {
  const unit = text.replaceAll('\0', '').normalize('NFKC').trim();
  if (PIXELS.includes(unit.toLowerCase())) return undefined;
  const reciprocal = /^1\s*\/\s*(.+)$/.exec(unit) ?? /^(.+?)\s*\^?-1$/.exec(unit);
  const name = reciprocal ? reciprocal[1].trim() : unit;
  const usual = Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : name;
  return reciprocal ? `1/${usual}` : usual;
}

/** The pixel size that a file states; undefined where it states none, or one that cannot be. */
export function statedPixelSize(x: number, y: number, unitText: string): PixelSize | undefined {
  const unit = normalUnit(unitText);
  const [sizeX, sizeY] = [Math.abs(x), Math.abs(y)];
  if (unit === undefined || !(sizeX > 0 && sizeY > 0 && Number.isFinite(sizeX) && Number.isFinite(sizeY))) {
    return undefined;
  }
  return readable({ x: sizeX, y: sizeY, unit });
}

/** Sizes in metres as files store them, in the unit in which people read them. */
function readable({ x, y, unit }: PixelSize): PixelSize {
  if (unit !== 'm') return { x, y, unit };
  const better = ['nm', 'um', 'mm'].find((name) => x / METRES[name] < 1000) ?? 'm';
  const digits = (value: number) => Number((value / METRES[better]).toPrecision(12));
  return { x: digits(x), y: digits(y), unit: better };
}

/**
 * A pixel size as people write it: "1.3 nm", or "1.3 x 1.2 nm" where the sides differ.
 * @throws {OptionError} when the text is not a positive size with a unit of length.
 * @example parsePixelSize('1.3 nm') // { x: 1.3, y: 1.3, unit: 'nm' }
 */
export function parsePixelSize(text: string): PixelSize {
  const [, first, second, unitText = ''] = /^([\d.eE+-]+)(?:\s*[x×]\s*([\d.eE+-]+))?\s*(\S.*)$/.exec(text.trim()) ?? [];
  const [x, y] = [Number(first), Number(second ?? first)];
  const unit = normalUnit(unitText);
  if (!(x > 0 && y > 0) || !Number.isFinite(x * y) || unit === undefined || !Object.hasOwn(METRES, unit)) {
    throw new OptionError(
      `pixelSize must be a length such as "1.3 nm" or "1.3 x 1.2 um"; got ${JSON.stringify(text)}.`,
    );
  }
  return { x, y, unit };
}

/**
 * How many of the second size's pixels one pixel of the first is wide and high, e.g. 2 where the first pixels are twice as large.
 * @throws {OptionError} when only one of the two is a length.
 */
export function pixelRatio(from: PixelSize, to: PixelSize): { x: number; y: number } {
  const factor = from.unit === to.unit ? 1 : (METRES[from.unit] ?? Number.NaN) / (METRES[to.unit] ?? Number.NaN);
  if (Number.isNaN(factor)) {
    throw new OptionError(`Pixel sizes in ${from.unit} and in ${to.unit} cannot be compared.`);
  }
  return { x: (factor * from.x) / to.x, y: (factor * from.y) / to.y };
}
