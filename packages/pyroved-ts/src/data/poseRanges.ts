/** Parses ranges of poses such as "rotation 180 deg, shift 10%, scale 0.8 to 1.25, shear 25 deg". */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import type { AffineRanges } from '../coordinates/index.js';
import { parseAngle, parseFraction, parseRange } from './units.js';

const parts = ['rotation', 'shift', 'scale', 'shear', 'mirror'] as const;
const example = 'ranges such as "rotation 180 deg, shift 10%, scale 0.8 to 1.25, shear 25 deg"';

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * Parses ranges of poses. Ranges that are not named are absent. Rotation, shear and shift are half-ranges; a shift is a
 * fraction of the width of the image. "mirror" allows mirror images.
 * @param option name of the option, for error messages
 * @throws {OptionError} when a part is unknown or a value cannot be parsed.
 * @example parsePoseRanges('--labelled-poses', 'rotation 60 deg, shift 10%') // { angle: 1.047, shift: 0.2 }
 */
export function parsePoseRanges(option: string, text: string): AffineRanges {
  const ranges = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => rangeOf(option, part));
  if (ranges.length === 0) throw new OptionError(`${option}: "${text}" names no range. Expected ${example}.`);
  return Object.assign({}, ...ranges);
}

function rangeOf(option: string, part: string): AffineRanges {
  const [name, ...rest] = part.split(/\s+/);
  const value = rest.join(' ');
  if (name !== 'mirror' && value === '') throw unknown(option, part, name);
  switch (name) {
    case 'rotation':
      return { angle: radians(parseAngle(`${option}: rotation`, value)) };
    case 'shift':
      return { shift: 2 * parseFraction(`${option}: shift`, value) };
    case 'scale': {
      const [low, high] = parseRange(`${option}: scale`, value);
      return { scale: [low, high] };
    }
    case 'shear':
      return { shear: radians(parseAngle(`${option}: shear`, value)) };
    case 'mirror':
      if (value === '') return { mirror: true };
      throw unknown(option, part, name);
    default:
      throw unknown(option, part, name);
  }
}

const unknown = (option: string, part: string, name: string): OptionError =>
  new OptionError(`${option}: "${part}" is not understood.${didYouMean(name, parts)} Expected ${example}.`);
