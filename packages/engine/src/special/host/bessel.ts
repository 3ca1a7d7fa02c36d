/** The modified Bessel functions that the von Mises distribution needs, for one number, in float64. */

/** exp(-|x|) I_0(x). */
export const i0e = (x: number): number => scaledBessel(0, Math.abs(x));

/** exp(-|x|) I_1(x). */
export const i1e = (x: number): number => Math.sign(x) * scaledBessel(1, Math.abs(x));

/** I_1(x) / I_0(x): the mean length of a von Mises direction of concentration x. */
export const besselRatio = (x: number): number => i1e(x) / i0e(x);

/** exp(-x) I_order(x) for x >= 0: the power series, whose terms are all positive, then the asymptotic one. */
function scaledBessel(order: 0 | 1, x: number): number {
  if (x < 25) {
    const q = (x * x) / 4;
    let term = order === 0 ? 1 : x / 2;
    let sum = term;
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= q / (k * (k + order));
      sum += term;
    }
    return Math.exp(-x) * sum;
  }
  const mu = 4 * order * order;
  let term = 1;
  let sum = 1;
  for (let k = 1; Math.abs(term) > 1e-17; k++) {
    term *= -(mu - (2 * k - 1) ** 2) / (k * 8 * x);
    sum += term;
  }
  return sum / Math.sqrt(2 * Math.PI * x);
}
