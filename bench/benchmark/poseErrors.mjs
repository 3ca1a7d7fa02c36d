/** Errors of inferred poses, on generated images whose true poses are known. */
import { truePoses } from 'pyroved-ts';

/** The distance of two angles in degrees for an object with rotational symmetry of the given order. */
export function angleDistance(found, truth, order) {
  const period = 360 / order;
  const turn = found - truth;
  return Math.abs(turn - period * Math.round(turn / period));
}

/**
 * The position of an object's centre, in pixels to the right of and below the image's centre: the grid point g with g M + t = 0, for
 * the rotation M by `angle` (radians) and scaling by `scale`, and the shift t of the coordinates.
 * @param shape [height, width]
 */
export function seenShift([height, width], angle, scale, [t0, t1]) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const row = -(t0 * cos + t1 * sin) / scale;
  const column = -(t1 * cos - t0 * sin) / scale;
  // The second coordinate falls from left to right.
  return { tx: (-column * (width - 1)) / 2, ty: (row * (height - 1)) / 2 };
}

/**
 * Median and 90% quantile of the angle error (degrees, modulo the symmetry of the class) and of the shift error (pixels).
 * @param set test images with labels and class names; those without true poses have no errors
 * @param found `degrees` and `shift(i)` ({ tx, ty }), each optional
 * @param symmetry order of rotational symmetry by class name (1 where absent); 0 for a class without any angle
 */
export function poseErrors(set, { degrees, shift }, symmetry) {
  const { labels, classNames, count } = set;
  const truth = set.shape.length === 2 ? truePoses(set) : undefined;
  if (!truth) return {};
  const images = Array.from({ length: count }, (_, i) => i);
  const order = (i) => symmetry[classNames[labels[i]]] ?? 1;
  const trueDegrees = (i) => (truth.angle[i] * 180) / Math.PI;
  const angles = degrees
    ? images.filter((i) => order(i) > 0).map((i) => angleDistance(degrees[i], trueDegrees(i), order(i)))
    : [];
  const distance = (i, { tx, ty }) => Math.hypot(tx - truth.tx[i], ty - truth.ty[i]);
  const shifts = shift ? images.map((i) => distance(i, shift(i))) : [];
  return {
    ...(angles.length > 0 && { angleError: { median: quantile(angles, 0.5), q90: quantile(angles, 0.9) } }),
    ...(shifts.length > 0 && { shiftError: { median: quantile(shifts, 0.5), q90: quantile(shifts, 0.9) } }),
  };
}

/** Linear interpolation between order statistics, as NumPy's default. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
