/** How the quantile of a von Mises distribution moves with its concentration, for one number, in float64. */
import { besselRatio } from './bessel.js';

/** Ten nodes and weights of Gauss and Legendre's rule on (-1, 1); the other ten are their mirror images. */
const NODES = [
  0.07652652113349734, 0.22778585114164507, 0.37370608871541955, 0.5108670019508271, 0.636053680726515,
  0.7463319064601508, 0.8391169718222188, 0.912234428251326, 0.9639719272779138, 0.9931285991850949,
];
const WEIGHTS = [
  0.15275338713072584, 0.14917298647260374, 0.14209610931838204, 0.13168863844917664, 0.11819453196151841,
  0.10193011981724044, 0.08327674157670475, 0.06267204833410907, 0.04060142980038694, 0.017614007139152118,
];

/** The integral of f from `from` to `to`, in `panels` pieces of a 20-point rule. */
function integrate(f: (t: number) => number, from: number, to: number, panels: number): number {
  const half = (to - from) / panels / 2;
  let sum = 0;
  for (let p = 0; p < panels; p++) {
    const middle = from + (2 * p + 1) * half;
    for (const [i, node] of NODES.entries()) sum += WEIGHTS[i] * (f(middle - half * node) + f(middle + half * node));
  }
  return sum * half;
}

/**
 * dx/dk of the quantile x in (-pi, pi) of a von Mises distribution around 0 of concentration k, at a fixed probability: the implicit
 * reparameterisation gradient (Figurnov et al. 2018). It is the integral of exp(k (cos t - cos x)) (A(k) - cos t) over t from 0 to x, or from
 * x to pi with the other sign, since the whole is 0; of the two the one in which nothing cancels.
 */
export function vonMisesQuantileSlope(k: number, x: number): number {
  const end = Math.abs(x);
  const cosEnd = Math.cos(end);
  const mean = besselRatio(k);
  const integrand = (t: number) => {
    // cos t - cos x without cancellation.
    const difference = -2 * Math.sin((t + end) / 2) * Math.sin((t - end) / 2);
    return Math.exp(k * difference) * (mean - Math.cos(t));
  };
  if (cosEnd > mean) return Math.sign(x) * integrate(integrand, 0, end, 1);
  // Beyond this the integrand is below exp(-40) of what it is at x.
  const far = cosEnd - 40 / k;
  return -Math.sign(x) * integrate(integrand, end, far > -1 ? Math.acos(far) : Math.PI, 6);
}
