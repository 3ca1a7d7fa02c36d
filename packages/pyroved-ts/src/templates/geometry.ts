/** Conversion between the poses of the programs and the angle and displacement of templates. */

/**
 * The position of an object's centre in the image, rightwards and downwards in half widths, for a pose of `angle` and
 * `shift` (as in the programs: added to rotated coordinates, the first downwards and the second to the left).
 */
export function displacementOf(
  angle: number,
  shift0: number,
  shift1: number,
  [height, width]: readonly number[],
): [right: number, down: number] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // (a, b) = -shift R^-1 with R = [[cos, sin], [-sin, cos]].
  const a = -(shift0 * cos + shift1 * sin);
  const b = -(-shift0 * sin + shift1 * cos);
  return [(-b * (width - 1)) / width, (a * (height - 1)) / height];
}

/** The inverse of `displacementOf`. */
export function shiftOf(
  angle: number,
  right: number,
  down: number,
  [height, width]: readonly number[],
): [shift0: number, shift1: number] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const a = (down * height) / Math.max(height - 1, 1);
  const b = (-right * width) / Math.max(width - 1, 1);
  // shift = -(a, b) R
  return [-(a * cos - b * sin), -(a * sin + b * cos)];
}
