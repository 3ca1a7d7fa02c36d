/** Elementwise functions on four lanes of float32, accurate to two units in the last place (erf: to eight). */
import { erfDenominator, erfNumerator } from '../functions.js';
import type { Emitter, Local, Opcode } from './emitter.js';

type VectorFunction = (e: Emitter, ...args: Local[]) => Local;

/** log(2) in two parts, the first with so few bits that its products with integers are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;
const SIGN = -0x80000000;

const horner = (e: Emitter, x: Local, coefficients: readonly number[]): Local =>
  coefficients.slice(1).reduce((sum, c) => e.madd(sum, x, e.constant(c)), e.constant(coefficients[0]));

/** Added to a number below 2^22, it leaves the nearest integer in the lowest bits. */
const ROUNDING = 1.5 * 2 ** 23;

/** x = n log(2) + r with |r| at most log(2) / 2; n is a vector of integers. */
function reduced(e: Emitter, x: Local): { n: Local; r: Local } {
  // NaN passes both.
  const bounded = e.apply('f32x4.pmax', e.apply('f32x4.pmin', x, e.constant(100)), e.constant(-120));
  const magic = e.constant(ROUNDING);
  const shifted = e.madd(bounded, e.constant(Math.LOG2E), magic);
  const whole = e.apply('f32x4.sub', shifted, magic);
  const high = e.nmadd(whole, e.constant(LN2_HIGH), bounded);
  const r = e.nmadd(whole, e.constant(LN2_LOW), high);
  return { n: e.apply('i32x4.sub', shifted, magic), r };
}

/** exp(r) - 1 for |r| at most log(2) / 2 (Cephes, expf). */
function expm1Near0(e: Emitter, r: Local): Local {
  const p = horner(
    e,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  return e.madd(p, e.apply('f32x4.mul', r, r), r);
}

/** 2^n for n from -126 to 127. */
const powerOf2 = (e: Emitter, n: Local): Local => e.shift('i32x4.shl', e.apply('i32x4.add', n, e.integer(127)), 23);

/** In two steps, so that neither factor over- or underflows before the result does. */
function scaled(e: Emitter, y: Local, n: Local): Local {
  const half = e.shift('i32x4.shr_s', n, 1);
  const first = e.apply('f32x4.mul', y, powerOf2(e, half));
  return e.apply('f32x4.mul', first, powerOf2(e, e.apply('i32x4.sub', n, half)));
}

const exp: VectorFunction = (e, x) => {
  const { n, r } = reduced(e, x);
  return scaled(e, e.apply('f32x4.add', expm1Near0(e, r), e.constant(1)), n);
};

const expm1: VectorFunction = (e, x) => {
  const { n, r } = reduced(e, x);
  const near = expm1Near0(e, r);
  const large = scaled(e, e.apply('f32x4.add', near, e.constant(1)), n);
  // 2^n (exp(r) - 1) + (2^n - 1), without loss of precision for n = 0.
  const power = scaled(e, e.constant(1), n);
  const small = e.madd(power, near, e.apply('f32x4.sub', power, e.constant(1)));
  return choose(e, e.apply('f32x4.gt', x, e.constant(20)), large, small);
};

/** `a` where the bits of `mask` are set, `b` elsewhere. */
const choose = (e: Emitter, mask: Local, a: Local, b: Local): Local => e.apply('v128.bitselect', a, b, mask);

/** Cephes, logf. Vectors of normal numbers (nearly all) skip the special cases. */
const log: VectorFunction = (e, x) => {
  const isNormal = e.apply(
    'v128.and',
    e.apply('f32x4.ge', x, e.constant(2 ** -126)),
    e.apply('f32x4.lt', x, e.constant(Number.POSITIVE_INFINITY)),
  );
  const result = e.vector();
  e.branch(
    isNormal,
    () => e.copy(result, logOfNormal(e, x, e.constant(0))),
    () => {
      const isTiny = e.apply('f32x4.lt', x, e.constant(2 ** -126));
      const normal = choose(e, isTiny, e.apply('f32x4.mul', x, e.constant(2 ** 24)), x);
      const sum = logOfNormal(e, normal, choose(e, isTiny, e.constant(-24), e.constant(0)));
      const finite = choose(e, e.apply('f32x4.lt', x, e.constant(Number.POSITIVE_INFINITY)), sum, x);
      const isZero = e.apply('f32x4.eq', x, e.constant(0));
      const atZero = choose(e, isZero, e.constant(Number.NEGATIVE_INFINITY), finite);
      e.copy(result, choose(e, e.apply('f32x4.lt', x, e.constant(0)), e.constant(Number.NaN), atZero));
    },
  );
  return result;
};

/** log(x 2^bias). */
function logOfNormal(e: Emitter, x: Local, bias: Local): Local {
  // The mantissa from sqrt(1/2) to sqrt(2): the exponent is counted from the bits of sqrt(1/2).
  const above = e.apply('i32x4.sub', x, e.integer(0x3f3504f3));
  const exponent = e.shift('i32x4.shr_s', above, 23);
  const mantissa = e.apply('i32x4.sub', x, e.shift('i32x4.shl', exponent, 23));
  const n = e.apply('f32x4.add', e.apply('f32x4.convert_i32x4_s', exponent), bias);
  const f = e.apply('f32x4.sub', mantissa, e.constant(1));
  const square = e.apply('f32x4.mul', f, f);
  const p = horner(
    e,
    f,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const tail = e.apply('f32x4.mul', e.apply('f32x4.mul', f, square), p);
  const low = e.madd(n, e.constant(LN2_LOW), tail);
  const next = e.nmadd(square, e.constant(0.5), low);
  return e.madd(n, e.constant(LN2_HIGH), e.apply('f32x4.add', f, next));
}

/** log(1 + x) as the logarithm of the rounded sum, corrected for the rounding. */
const log1p: VectorFunction = (e, x) => {
  const sum = e.apply('f32x4.add', x, e.constant(1));
  const lost = e.apply('f32x4.sub', x, e.apply('f32x4.sub', sum, e.constant(1)));
  const corrected = e.apply('f32x4.add', log(e, sum), e.apply('f32x4.div', lost, sum));
  const isSettled = e.apply(
    'v128.or',
    e.apply('f32x4.eq', x, e.constant(Number.POSITIVE_INFINITY)),
    e.apply('f32x4.eq', x, e.constant(0)),
  );
  const known = choose(e, isSettled, x, corrected);
  return choose(e, e.apply('f32x4.eq', x, e.constant(-1)), e.constant(Number.NEGATIVE_INFINITY), known);
};

/** Cephes, tanhf. */
const tanh: VectorFunction = (e, x) => {
  const sign = e.apply('v128.and', x, e.integer(SIGN));
  const size = e.apply('f32x4.abs', x);
  const square = e.apply('f32x4.mul', x, x);
  const p = horner(
    e,
    square,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  );
  const near = e.madd(e.apply('f32x4.mul', p, square), x, x);
  const decay = exp(e, e.apply('f32x4.mul', size, e.constant(-2)));
  const missing = e.apply('f32x4.div', e.apply('f32x4.add', decay, decay), e.apply('f32x4.add', decay, e.constant(1)));
  const far = e.apply('v128.or', e.apply('f32x4.sub', e.constant(1), missing), sign);
  return choose(e, e.apply('f32x4.lt', size, e.constant(0.625)), near, far);
};

const erf: VectorFunction = (e, x) => {
  // NaN passes both.
  const bounded = e.apply('f32x4.pmax', e.apply('f32x4.pmin', x, e.constant(4)), e.constant(-4));
  const square = e.apply('f32x4.mul', bounded, bounded);
  const ratio = e.apply('f32x4.div', horner(e, square, erfNumerator), horner(e, square, erfDenominator));
  return e.apply('f32x4.mul', bounded, ratio);
};

const sigmoid: VectorFunction = (e, x) => {
  const sum = e.apply('f32x4.add', exp(e, e.apply('f32x4.neg', x)), e.constant(1));
  return e.apply('f32x4.div', e.constant(1), sum);
};

/** max(x, 0) + log(1 + exp(-|x|)); the logarithm by a polynomial fitted for exponentials from 0 to 1. */
const softplus: VectorFunction = (e, x) => {
  const decay = exp(e, e.apply('f32x4.neg', e.apply('f32x4.abs', x)));
  const p = horner(
    e,
    decay,
    [
      -0.003243840765208006, 0.019850630313158035, -0.056957971304655075, 0.10603496432304382, -0.15305499732494354,
      0.19675907492637634, -0.2495412677526474, 0.3332996070384979, -0.4999990165233612,
    ],
  );
  const log = e.madd(p, e.apply('f32x4.mul', decay, decay), decay);
  return e.apply('f32x4.add', e.apply('f32x4.pmax', x, e.constant(0)), log);
};

const simple =
  (opcode: Opcode): VectorFunction =>
  (e, ...args) =>
    e.apply(opcode, ...args);
/** Booleans are 1 and 0. */
const truth = (e: Emitter, mask: Local): Local => e.apply('v128.and', mask, e.constant(1));
const comparison =
  (opcode: Opcode): VectorFunction =>
  (e, a, b) =>
    truth(e, e.apply(opcode, a, b));
const isTrue = (e: Emitter, x: Local): Local => e.apply('f32x4.ne', x, e.constant(0));

/** By the names of plan/functions.ts; functions that are missing here run in JavaScript. */
export const vectorFunctions: Readonly<Record<string, VectorFunction>> = {
  Neg: simple('f32x4.neg'),
  Abs: simple('f32x4.abs'),
  Sign: (e, x) => {
    const one = e.apply('v128.or', e.apply('v128.and', x, e.integer(SIGN)), e.constant(1));
    const isNonzero = e.apply('f32x4.gt', e.apply('f32x4.abs', x), e.constant(0));
    return e.apply('v128.and', one, isNonzero);
  },
  Exp: exp,
  Expm1: expm1,
  Log: log,
  Log1p: log1p,
  Sqrt: simple('f32x4.sqrt'),
  Rsqrt: (e, x) => e.apply('f32x4.div', e.constant(1), e.apply('f32x4.sqrt', x)),
  Reciprocal: (e, x) => e.apply('f32x4.div', e.constant(1), x),
  Square: (e, x) => e.apply('f32x4.mul', x, x),
  Floor: simple('f32x4.floor'),
  Ceil: simple('f32x4.ceil'),
  Round: simple('f32x4.nearest'),
  Tanh: tanh,
  Erf: erf,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Relu: (e, x) => choose(e, e.apply('f32x4.lt', x, e.constant(0)), e.constant(0), x),
  Relu6: (e, x) => e.apply('f32x4.min', e.apply('f32x4.max', x, e.constant(0)), e.constant(6)),
  Elu: (e, x) => choose(e, e.apply('f32x4.ge', x, e.constant(0)), x, expm1(e, x)),
  LogicalNot: (e, x) => truth(e, e.apply('f32x4.eq', x, e.constant(0))),
  IsNan: (e, x) => truth(e, e.apply('f32x4.ne', x, x)),
  IsFinite: (e, x) => truth(e, e.apply('f32x4.lt', e.apply('f32x4.abs', x), e.constant(Number.POSITIVE_INFINITY))),
  IsInf: (e, x) => truth(e, e.apply('f32x4.eq', e.apply('f32x4.abs', x), e.constant(Number.POSITIVE_INFINITY))),
  ToInt: (e, x) => e.apply('f32x4.convert_i32x4_s', e.apply('i32x4.trunc_sat_f32x4_s', x)),
  ToBool: (e, x) => truth(e, isTrue(e, x)),
  Add: simple('f32x4.add'),
  Sub: simple('f32x4.sub'),
  Mul: simple('f32x4.mul'),
  Div: simple('f32x4.div'),
  Maximum: simple('f32x4.max'),
  Minimum: simple('f32x4.min'),
  SquaredDifference: (e, a, b) => {
    const difference = e.apply('f32x4.sub', a, b);
    return e.apply('f32x4.mul', difference, difference);
  },
  Less: comparison('f32x4.lt'),
  LessEqual: comparison('f32x4.le'),
  Greater: comparison('f32x4.gt'),
  GreaterEqual: comparison('f32x4.ge'),
  Equal: comparison('f32x4.eq'),
  NotEqual: comparison('f32x4.ne'),
  LogicalAnd: (e, a, b) => truth(e, e.apply('v128.and', isTrue(e, a), isTrue(e, b))),
  LogicalOr: (e, a, b) => truth(e, e.apply('v128.or', isTrue(e, a), isTrue(e, b))),
  Select: (e, c, a, b) => choose(e, isTrue(e, c), a, b),
};
