/**
 * The two products that nearly all time goes into, each on a register tile of 4 x 8 sums. Activations lie in quads: feature j of pixel p at
 * [j / 4][p][j % 4], so that both products read whole vectors from runs of memory. Written out, since a loop over registers cannot be.
 */
import { madd } from './simd';

/**
 * Two quads of `z` (features j to j + 7) = bias + sum over `inputs` features of a * panel. `stride` is the bytes of one quad (16 * pixels, the
 * pixels a multiple of 4); `panel` holds 8 weights for each input feature; `inputs` is a multiple of 4.
 */
export function multiplyPanel(a: usize, panel: usize, bias: usize, z: usize, stride: usize, inputs: i32): void {
  const lastPixel = a + stride;
  const lastInput = panel + ((<usize>inputs) << 5);
  const b0 = v128.load(bias);
  const b1 = v128.load(bias, 16);
  for (; a < lastPixel; a += 64, z += 64) {
    let c00 = b0;
    let c01 = b1;
    let c10 = b0;
    let c11 = b1;
    let c20 = b0;
    let c21 = b1;
    let c30 = b0;
    let c31 = b1;
    let x: v128;
    let w0: v128;
    let w1: v128;
    let from = a;
    for (let w = panel; w < lastInput; w += 128, from += stride) {
      w0 = v128.load(w, 0);
      w1 = v128.load(w, 16);
      x = v128.load32_splat(from, 0);
      c00 = madd(x, w0, c00);
      c01 = madd(x, w1, c01);
      x = v128.load32_splat(from, 16);
      c10 = madd(x, w0, c10);
      c11 = madd(x, w1, c11);
      x = v128.load32_splat(from, 32);
      c20 = madd(x, w0, c20);
      c21 = madd(x, w1, c21);
      x = v128.load32_splat(from, 48);
      c30 = madd(x, w0, c30);
      c31 = madd(x, w1, c31);
      w0 = v128.load(w, 32);
      w1 = v128.load(w, 48);
      x = v128.load32_splat(from, 4);
      c00 = madd(x, w0, c00);
      c01 = madd(x, w1, c01);
      x = v128.load32_splat(from, 20);
      c10 = madd(x, w0, c10);
      c11 = madd(x, w1, c11);
      x = v128.load32_splat(from, 36);
      c20 = madd(x, w0, c20);
      c21 = madd(x, w1, c21);
      x = v128.load32_splat(from, 52);
      c30 = madd(x, w0, c30);
      c31 = madd(x, w1, c31);
      w0 = v128.load(w, 64);
      w1 = v128.load(w, 80);
      x = v128.load32_splat(from, 8);
      c00 = madd(x, w0, c00);
      c01 = madd(x, w1, c01);
      x = v128.load32_splat(from, 24);
      c10 = madd(x, w0, c10);
      c11 = madd(x, w1, c11);
      x = v128.load32_splat(from, 40);
      c20 = madd(x, w0, c20);
      c21 = madd(x, w1, c21);
      x = v128.load32_splat(from, 56);
      c30 = madd(x, w0, c30);
      c31 = madd(x, w1, c31);
      w0 = v128.load(w, 96);
      w1 = v128.load(w, 112);
      x = v128.load32_splat(from, 12);
      c00 = madd(x, w0, c00);
      c01 = madd(x, w1, c01);
      x = v128.load32_splat(from, 28);
      c10 = madd(x, w0, c10);
      c11 = madd(x, w1, c11);
      x = v128.load32_splat(from, 44);
      c20 = madd(x, w0, c20);
      c21 = madd(x, w1, c21);
      x = v128.load32_splat(from, 60);
      c30 = madd(x, w0, c30);
      c31 = madd(x, w1, c31);
    }
    v128.store(z, c00);
    v128.store(z, c10, 16);
    v128.store(z, c20, 32);
    v128.store(z, c30, 48);
    const next = z + stride;
    v128.store(next, c01);
    v128.store(next, c11, 16);
    v128.store(next, c21, 32);
    v128.store(next, c31, 48);
  }
}

/**
 * Adds the sum over `pixels` pixels of (quad at `a`) x (two quads at `d`) to the block [4][8] at `sums`. `stride` as above.
 */
export function addOuter(a: usize, d: usize, sums: usize, stride: usize, pixels: i32): void {
  const fours = a + ((<usize>(pixels & ~3)) << 4);
  const end = a + ((<usize>pixels) << 4);
  let e = d + stride;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let x: v128;
  let d0: v128;
  let d1: v128;
  for (; a < fours; a += 64, d += 64, e += 64) {
    d0 = v128.load(d, 0);
    d1 = v128.load(e, 0);
    x = v128.load32_splat(a, 0);
    c00 = madd(x, d0, c00);
    c01 = madd(x, d1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, d0, c10);
    c11 = madd(x, d1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, d0, c20);
    c21 = madd(x, d1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, d0, c30);
    c31 = madd(x, d1, c31);
    d0 = v128.load(d, 16);
    d1 = v128.load(e, 16);
    x = v128.load32_splat(a, 16);
    c00 = madd(x, d0, c00);
    c01 = madd(x, d1, c01);
    x = v128.load32_splat(a, 20);
    c10 = madd(x, d0, c10);
    c11 = madd(x, d1, c11);
    x = v128.load32_splat(a, 24);
    c20 = madd(x, d0, c20);
    c21 = madd(x, d1, c21);
    x = v128.load32_splat(a, 28);
    c30 = madd(x, d0, c30);
    c31 = madd(x, d1, c31);
    d0 = v128.load(d, 32);
    d1 = v128.load(e, 32);
    x = v128.load32_splat(a, 32);
    c00 = madd(x, d0, c00);
    c01 = madd(x, d1, c01);
    x = v128.load32_splat(a, 36);
    c10 = madd(x, d0, c10);
    c11 = madd(x, d1, c11);
    x = v128.load32_splat(a, 40);
    c20 = madd(x, d0, c20);
    c21 = madd(x, d1, c21);
    x = v128.load32_splat(a, 44);
    c30 = madd(x, d0, c30);
    c31 = madd(x, d1, c31);
    d0 = v128.load(d, 48);
    d1 = v128.load(e, 48);
    x = v128.load32_splat(a, 48);
    c00 = madd(x, d0, c00);
    c01 = madd(x, d1, c01);
    x = v128.load32_splat(a, 52);
    c10 = madd(x, d0, c10);
    c11 = madd(x, d1, c11);
    x = v128.load32_splat(a, 56);
    c20 = madd(x, d0, c20);
    c21 = madd(x, d1, c21);
    x = v128.load32_splat(a, 60);
    c30 = madd(x, d0, c30);
    c31 = madd(x, d1, c31);
  }
  for (; a < end; a += 16, d += 16, e += 16) {
    d0 = v128.load(d);
    d1 = v128.load(e);
    x = v128.load32_splat(a, 0);
    c00 = madd(x, d0, c00);
    c01 = madd(x, d1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, d0, c10);
    c11 = madd(x, d1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, d0, c20);
    c21 = madd(x, d1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, d0, c30);
    c31 = madd(x, d1, c31);
  }
  accumulate(sums, c00);
  accumulate(sums + 16, c01);
  accumulate(sums + 32, c10);
  accumulate(sums + 48, c11);
  accumulate(sums + 64, c20);
  accumulate(sums + 80, c21);
  accumulate(sums + 96, c30);
  accumulate(sums + 112, c31);
}

/** Adds one vector to memory. */
export function accumulate(at: usize, x: v128): void {
  v128.store(at, f32x4.add(v128.load(at), x));
}
