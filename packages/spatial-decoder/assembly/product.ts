/**
 * The two products that nearly all time goes into, each on a register tile of 4 x 8 sums. Activations lie in quads: feature j of pixel p at
 * [j / 4][p][j % 4], so that both products read whole vectors from runs of memory. The inner loops are not unrolled on purpose: V8 then holds all of
 * an iteration in its 15 registers, where it spills an unrolled one and loses a third of the speed.
 */
import { madd } from './simd';

/**
 * Two quads of `z` (features j to j + 7) = bias + sum over `inputs` features of a * panel. `stride` is the bytes of one quad (16 * pixels, the
 * pixels a multiple of 4); `panel` holds 8 weights for each input feature; `inputs` is a multiple of 4.
 */
export function multiplyPanel(a: usize, panel: usize, bias: usize, z: usize, stride: usize, inputs: i32): void {
  const lastPixel = a + stride;
  const lastInput = panel + ((<usize>inputs) << 5);
  const nextQuad = stride - 16;
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
    let at = a;
    for (let w = panel; w < lastInput; at += nextQuad) {
      for (const end = at + 16; at < end; at += 4, w += 32) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const x0 = v128.load32_splat(at);
        c00 = madd(x0, w0, c00);
        c01 = madd(x0, w1, c01);
        const x1 = v128.load32_splat(at, 16);
        c10 = madd(x1, w0, c10);
        c11 = madd(x1, w1, c11);
        const x2 = v128.load32_splat(at, 32);
        c20 = madd(x2, w0, c20);
        c21 = madd(x2, w1, c21);
        const x3 = v128.load32_splat(at, 48);
        c30 = madd(x3, w0, c30);
        c31 = madd(x3, w1, c31);
      }
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

/** Adds the sum over `pixels` pixels of (quad at `a`) x (two quads at `d`) to the block [4][8] at `sums`. `stride` as above. */
export function addOuter(a: usize, d: usize, sums: usize, stride: usize, pixels: i32): void {
  const end = a + ((<usize>pixels) << 4);
  let e = d + stride;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (; a < end; a += 16, d += 16, e += 16) {
    const d0 = v128.load(d);
    const d1 = v128.load(e);
    const x0 = v128.load32_splat(a);
    c00 = madd(x0, d0, c00);
    c01 = madd(x0, d1, c01);
    const x1 = v128.load32_splat(a, 4);
    c10 = madd(x1, d0, c10);
    c11 = madd(x1, d1, c11);
    const x2 = v128.load32_splat(a, 8);
    c20 = madd(x2, d0, c20);
    c21 = madd(x2, d1, c21);
    const x3 = v128.load32_splat(a, 12);
    c30 = madd(x3, d0, c30);
    c31 = madd(x3, d1, c31);
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
