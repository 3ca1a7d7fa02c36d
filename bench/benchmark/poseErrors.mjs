/** How far the poses that a model infers are from the true ones of generated images. */

const RADIANS = Math.PI / 180;

/**
 * The rotation in the polar decomposition of an image's true affine map, in degrees: its angle where it has no shear.
 * @param factors of a generated set: `angle`, and `shearX` and `shearY` where the images are sheared
 */
export function trueAngle({ angle, shearX, shearY }, i) {
  if (shearX === undefined || shearY === undefined) return angle[i];
  const [cos, sin] = [Math.cos(angle[i] * RADIANS), Math.sin(angle[i] * RADIANS)];
  const [sx, sy] = [Math.tan(shearX[i] * RADIANS), Math.tan(shearY[i] * RADIANS)];
  // [[cos, sin], [-sin, cos]] times [[1, -sx], [-sy, 1 + sx sy]].
  const [a, b] = [cos - sin * sy, -cos * sx + sin * (1 + sx * sy)];
  const [c, d] = [-sin - cos * sy, sin * sx + cos * (1 + sx * sy)];
  return Math.atan2(b - c, a + d) / RADIANS;
}

/** The distance of two angles in degrees for an object that looks the same after 360 / order degrees. */
export function angleDistance(found, truth, order) {
  const period = 360 / order;
  const turn = found - truth;
  return Math.abs(turn - period * Math.round(turn / period));
}

/**
 * Where the middle of an object is seen, in pixels right and down of the middle of the image: the grid point g with g M + t = 0, for
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
 * @param set test images with `labels`, `classNames` and `factors`
 * @param found `degrees` and `shift(i)` ({ tx, ty }), each optional
 * @param symmetry order of rotational symmetry by class name (1 where absent); 0 for a class without any angle
 */
export function poseErrors({ labels, classNames, factors, count }, { degrees, shift }, symmetry) {
  const images = Array.from({ length: count }, (_, i) => i);
  const order = (i) => symmetry[classNames[labels[i]]] ?? 1;
  const angles =
    degrees && factors?.angle
      ? images.filter((i) => order(i) > 0).map((i) => angleDistance(degrees[i], trueAngle(factors, i), order(i)))
      : [];
  const shifts =
    shift && factors?.tx
      ? images.map((i) => {
          const { tx, ty } = shift(i);
          return Math.hypot(tx - factors.tx[i], ty - factors.ty[i]);
        })
      : [];
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
