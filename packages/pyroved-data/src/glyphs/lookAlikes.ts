/** Glyphs that a rotation makes alike, so that no classifier could tell them apart, and glyphs that look alike when they are rotated themselves. */
import { OptionError } from 'pyro-ts';

/**
 * Pairs that look alike once one of the two is rotated by so many degrees, perhaps in another size. Found by correlating all pairs of shipped glyphs over
 * all rotations, and by eye for those of different proportions (N and Z).
 */
const PAIRS: readonly (readonly [degrees: number, pairs: string])[] = [
  [0, 'Cc Ii Il I1 Jj Kk Oo O0 Pp Ss S5 Uu Vv Ww Xx Zz Z2 il i1 l1 o0 b6 q9 g9'],
  [90, 'NZ Nz CU Cu Uc uc Cn cn HI EM EW Em Ew 3M 3W 3m 3w Zn'],
  [180, '69 bq dp nu MW Mw Wm mw AV Av Un Jf ft 7L 6g 6q 9b Pd 3E ae hy h4 I1'],
];

/** Tolerance in degrees: glyphs that come this near to looking alike count as alike. */
const TOLERANCE = 20;

/**
 * Rejects glyphs that two images can show alike: one rotated by up to `angle` degrees either way, the other too.
 * @throws {OptionError} that names the first such pair.
 */
export function rejectLookAlikes(names: readonly string[], angle: number): void {
  const used = new Set(names);
  for (const [degrees, pairs] of PAIRS) {
    const most = Math.max(0, (degrees - TOLERANCE) / 2);
    if (degrees > 0 && angle <= most) continue;
    for (const [a, b] of pairs.split(' ')) {
      if (!used.has(a) || !used.has(b)) continue;
      throw new OptionError(
        degrees === 0
          ? `"${a}" and "${b}" look alike, but for their size. Leave one of them out of glyphs.`
          : `"${a}" looks like "${b}" when it is rotated by ${degrees} degrees, which angles up to ${angle} degrees either way allow. ` +
              `Leave one of them out of glyphs, or use angles up to ${most} degrees.`,
      );
    }
  }
}

/** Rotations that leave a glyph as it looks: by 360 / order degrees. Glyphs that are not here have order 1. */
export const glyphSymmetry: Readonly<Record<string, number>> = {
  ...Object.fromEntries([...'08HINOSXZlosxz'].map((name) => [name, 2])),
  star: 5,
};
