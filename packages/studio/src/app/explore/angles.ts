/** Arithmetic of angles. */

/** The angle (radians) a fraction `t` of the shorter way from `a` to `b`. */
export const interpolatedAngle = (a: number, b: number, t: number): number =>
  a + t * Math.atan2(Math.sin(b - a), Math.cos(b - a));
