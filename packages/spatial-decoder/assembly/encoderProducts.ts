/**
 * The products of the convolutional encoder on a register tile of 4 x 8 sums. A row of a filter meets neighbouring pixels, which lie side by side in
 * memory, so that no patch is copied. As in product.ts the inner loops are not unrolled on purpose.
 */
import { accumulate } from './product';
import { madd } from './simd';

/**
 * Eight sums of each of four rows, stored at z0 to z3: init + the sum over `segments` segments of `run` bytes, `gap` bytes apart, of x * w, with eight
 * weights for each number of a row.
 */
export function multiplyFour(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  run: usize,
  segments: i32,
  gap: usize,
  w: usize,
  init: usize,
  z0: usize,
  z1: usize,
  z2: usize,
  z3: usize,
): void {
  const b0 = v128.load(init);
  const b1 = v128.load(init, 16);
  let c00 = b0;
  let c01 = b1;
  let c10 = b0;
  let c11 = b1;
  let c20 = b0;
  let c21 = b1;
  let c30 = b0;
  let c31 = b1;
  for (; segments > 0; segments--, x0 += gap, x1 += gap, x2 += gap, x3 += gap) {
    for (const end = x0 + run; x0 < end; x0 += 4, x1 += 4, x2 += 4, x3 += 4, w += 32) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const y0 = v128.load32_splat(x0);
      c00 = madd(y0, w0, c00);
      c01 = madd(y0, w1, c01);
      const y1 = v128.load32_splat(x1);
      c10 = madd(y1, w0, c10);
      c11 = madd(y1, w1, c11);
      const y2 = v128.load32_splat(x2);
      c20 = madd(y2, w0, c20);
      c21 = madd(y2, w1, c21);
      const y3 = v128.load32_splat(x3);
      c30 = madd(y3, w0, c30);
      c31 = madd(y3, w1, c31);
    }
  }
  v128.store(z0, c00);
  v128.store(z0, c01, 16);
  v128.store(z1, c10);
  v128.store(z1, c11, 16);
  v128.store(z2, c20);
  v128.store(z2, c21, 16);
  v128.store(z3, c30);
  v128.store(z3, c31, 16);
}

/** Adds x * w of four rows of `run` bytes to eight numbers each at z0 to z3, which may overlap. */
export function spreadFour(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  run: usize,
  w: usize,
  z0: usize,
  z1: usize,
  z2: usize,
  z3: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (const end = x0 + run; x0 < end; x0 += 4, x1 += 4, x2 += 4, x3 += 4, w += 32) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const y0 = v128.load32_splat(x0);
    c00 = madd(y0, w0, c00);
    c01 = madd(y0, w1, c01);
    const y1 = v128.load32_splat(x1);
    c10 = madd(y1, w0, c10);
    c11 = madd(y1, w1, c11);
    const y2 = v128.load32_splat(x2);
    c20 = madd(y2, w0, c20);
    c21 = madd(y2, w1, c21);
    const y3 = v128.load32_splat(x3);
    c30 = madd(y3, w0, c30);
    c31 = madd(y3, w1, c31);
  }
  accumulate(z0, c00);
  accumulate(z0 + 16, c01);
  accumulate(z1, c10);
  accumulate(z1 + 16, c11);
  accumulate(z2, c20);
  accumulate(z2 + 16, c21);
  accumulate(z3, c30);
  accumulate(z3 + 16, c31);
}

/**
 * Adds the sum over the pixels of `maps` maps of (the number at each of x0 to x3) x (the eight numbers at d) to four rows of eight sums, `sumsRow` bytes
 * apart. From pixel to pixel x moves by `step` and d by `dStep` bytes, from row to row x by `rowGap` more, from map to map by `mapGap` and `dGap` more.
 */
export function addPoints(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  d: usize,
  step: usize,
  rowGap: usize,
  mapGap: usize,
  dStep: usize,
  dGap: usize,
  width: i32,
  height: i32,
  maps: i32,
  sums: usize,
  sumsRow: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const rowBytes = <usize>width * dStep;
  for (; maps > 0; maps--, x0 += mapGap, x1 += mapGap, x2 += mapGap, x3 += mapGap, d += dGap) {
    for (let row = 0; row < height; row++, x0 += rowGap, x1 += rowGap, x2 += rowGap, x3 += rowGap) {
      for (const end = d + rowBytes; d < end; d += dStep, x0 += step, x1 += step, x2 += step, x3 += step) {
        const d0 = v128.load(d);
        const d1 = v128.load(d, 16);
        const y0 = v128.load32_splat(x0);
        c00 = madd(y0, d0, c00);
        c01 = madd(y0, d1, c01);
        const y1 = v128.load32_splat(x1);
        c10 = madd(y1, d0, c10);
        c11 = madd(y1, d1, c11);
        const y2 = v128.load32_splat(x2);
        c20 = madd(y2, d0, c20);
        c21 = madd(y2, d1, c21);
        const y3 = v128.load32_splat(x3);
        c30 = madd(y3, d0, c30);
        c31 = madd(y3, d1, c31);
      }
    }
  }
  accumulate(sums, c00);
  accumulate(sums + 16, c01);
  accumulate(sums + sumsRow, c10);
  accumulate(sums + sumsRow + 16, c11);
  accumulate(sums + 2 * sumsRow, c20);
  accumulate(sums + 2 * sumsRow + 16, c21);
  accumulate(sums + 3 * sumsRow, c30);
  accumulate(sums + 3 * sumsRow + 16, c31);
}
