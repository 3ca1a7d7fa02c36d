/** The confidence interval of a proportion. */

/** The 95% confidence interval of a proportion measured on `count` images (Wilson score interval). */
export function shareInterval(share: number, count: number): [number, number] {
  const z = 1.96;
  const centre = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const reach = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)];
}
