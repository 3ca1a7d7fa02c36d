/** The confidence interval of a share that was measured on some images. */

/** The range in which a share measured on `count` images lies with 95% confidence (Wilson's score interval). */
export function shareInterval(share: number, count: number): [number, number] {
  const z = 1.96;
  const centre = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const reach = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)];
}
