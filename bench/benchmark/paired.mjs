/** The difference in accuracy of two methods on the same images, with its 95% interval. */

/** The 97.5% quantile of the normal distribution. */
const Z = 1.959964;

/**
 * Interval of accuracy(first) - accuracy(second) from the images that only one of them classifies correctly: the normal approximation with half a count
 * added to each cell of the 2 x 2 table, which keeps the interval from collapsing where the methods agree everywhere.
 * @see Agresti & Min 2005, "Simple improved confidence intervals for comparing matched proportions".
 * @param first, second whether each image was classified correctly, in the same order
 * @returns {{ difference: number, low: number, high: number, images: number }} `difference` is the plain one
 */
export function pairedDifference(first, second) {
  if (first.length !== second.length || first.length === 0)
    throw new Error(
      `A paired difference needs the same images on both sides; got ${first.length} and ${second.length}.`,
    );
  let gained = 0;
  let lost = 0;
  for (let i = 0; i < first.length; i++) {
    if (first[i] && !second[i]) gained++;
    else if (!first[i] && second[i]) lost++;
  }
  const n = first.length + 2;
  const [b, c] = [gained + 0.5, lost + 0.5];
  const centre = (b - c) / n;
  const spread = (Z * Math.sqrt(b + c - (b - c) ** 2 / n)) / n;
  return {
    difference: (gained - lost) / first.length,
    low: centre - spread,
    high: centre + spread,
    images: first.length,
  };
}
