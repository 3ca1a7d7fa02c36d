/** The Bernoulli's log mass of values given log odds, v l - log(1 + exp(l)), summed over runs of entries, and its slope. */
import { expNegative, log, sigmoid, softplus } from './functions';

/** Bytes whose log(1 + exp(-|l|)) take one logarithm together: of a product of 8 numbers from 1 to 2. */
const STRETCH: usize = 128;

/**
 * One sum for each run of `length` entries at `sums`. The `values` repeat: entry i of `logits` belongs to entry i mod `period`, a multiple of `length`.
 * Sums are float64 within.
 */
export function logMass(values: usize, period: i32, logits: usize, size: i32, length: i32, sums: usize): void {
  if (length === 1) {
    eachLogMass(values, period, logits, size, sums);
    return;
  }
  const end = logits + ((<usize>size) << 2);
  const run = (<usize>length) << 2;
  const long = run & ~(STRETCH - 1);
  const lastValue = values + ((<usize>period) << 2);
  let v = values;
  for (let l = logits; l < end; l += run, v += run, sums += 4) {
    if (v === lastValue) v = values;
    let both = f64x2.splat(0);
    for (let at: usize = 0; at < long; at += STRETCH) both = f64x2.add(both, stretch(v + at, l + at));
    let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
    for (let at = long; at < run; at += 4) sum += <f64>logMassOf(load<f32>(v + at), load<f32>(l + at));
    store<f32>(sums, <f32>sum);
  }
}

/** The log mass of one stretch, in two halves: sum of v l - max(l, 0), less the logarithm of the product of 1 + exp(-|l|). Two vectors share each constant. */
function stretch(values: usize, logits: usize): v128 {
  const one = f32x4.splat(1);
  let linear = f32x4.splat(0);
  let product = one;
  for (const end = logits + STRETCH; logits < end; logits += 32, values += 32) {
    const x = v128.load(logits);
    const y = v128.load(logits, 16);
    linear = f32x4.add(linear, f32x4.sub(f32x4.mul(v128.load(values), x), f32x4.pmax(x, f32x4.splat(0))));
    linear = f32x4.add(linear, f32x4.sub(f32x4.mul(v128.load(values, 16), y), f32x4.pmax(y, f32x4.splat(0))));
    product = f32x4.mul(product, f32x4.add(one, expNegative(f32x4.neg(f32x4.abs(x)))));
    product = f32x4.mul(product, f32x4.add(one, expNegative(f32x4.neg(f32x4.abs(y)))));
  }
  const terms = f32x4.sub(linear, log(product));
  const upper = i8x16.shuffle(terms, terms, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  return f64x2.add(f64x2.promote_low_f32x4(terms), f64x2.promote_low_f32x4(upper));
}

/** As above for runs of one entry. */
function eachLogMass(values: usize, period: i32, logits: usize, size: i32, out: usize): void {
  const turn = (<usize>period) << 2;
  const whole = turn & ~15;
  for (const end = logits + ((<usize>size) << 2); logits < end; logits += turn, out += turn) {
    for (let at: usize = 0; at < whole; at += 16) {
      const x = v128.load(logits + at);
      v128.store(out + at, f32x4.sub(f32x4.mul(v128.load(values + at), x), softplus(x)));
    }
    for (let at = whole; at < turn; at += 4) {
      store<f32>(out + at, logMassOf(load<f32>(values + at), load<f32>(logits + at)));
    }
  }
}

function logMassOf(value: f32, logit: f32): f32 {
  return value * logit - f32x4.extract_lane(softplus(f32x4.splat(logit)), 0);
}

/** The slope along the log odds, (v - sigmoid(l)) times the upstream gradient of the run. */
export function logMassSlope(
  values: usize,
  period: i32,
  logits: usize,
  size: i32,
  length: i32,
  upstream: usize,
  out: usize,
): void {
  const end = logits + ((<usize>size) << 2);
  const lastValue = values + ((<usize>period) << 2);
  if (length === 1) {
    // Runs of one entry are one run with an upstream gradient for each entry.
    const turn = (<usize>period) << 2;
    for (; logits < end; logits += turn, upstream += turn, out += turn) {
      slopes(values, logits, turn, upstream, false, out);
    }
    return;
  }
  const run = (<usize>length) << 2;
  let v = values;
  for (; logits < end; logits += run, v += run, upstream += 4, out += run) {
    if (v === lastValue) v = values;
    slopes(v, logits, run, upstream, true, out);
  }
}

/** `bytes` of slopes times one upstream gradient, or times one for each. */
function slopes(values: usize, logits: usize, bytes: usize, upstream: usize, one: bool, out: usize): void {
  const whole = bytes & ~15;
  const shared = v128.load32_splat(upstream);
  for (let at: usize = 0; at < whole; at += 16) {
    const dy = one ? shared : v128.load(upstream + at);
    const slope = f32x4.sub(v128.load(values + at), sigmoid(v128.load(logits + at)));
    v128.store(out + at, f32x4.mul(dy, slope));
  }
  for (let at = whole; at < bytes; at += 4) {
    const slope = load<f32>(values + at) - f32x4.extract_lane(sigmoid(v128.load32_splat(logits + at)), 0);
    store<f32>(out + at, slope * load<f32>(one ? upstream : upstream + at));
  }
}
