/** The largest of each 2 x 2 places of images [batch, height, width, channels], and back. A height or width of 1 stays; odd ones lose the last. */

/** y [batch, height / 2, width / 2, channels]; NaN where one of the places is. */
export function maxPool(x: usize, batch: i32, height: i32, width: i32, channels: i32, y: usize): void {
  const place = (<usize>channels) << 2;
  const row = <usize>width * place;
  const right: usize = width > 1 ? place : 0;
  const down: usize = height > 1 ? row : 0;
  const whole = place & ~15;
  for (let n = 0; n < batch; n++, x += <usize>height * row) {
    for (let i = 0; i < max(1, height >> 1); i++) {
      let from = x + <usize>(2 * i) * row;
      for (let j = 0; j < max(1, width >> 1); j++, from += 2 * place, y += place) {
        for (let at: usize = 0; at < whole; at += 16) {
          const p = from + at;
          const upper = f32x4.max(v128.load(p), v128.load(p + right));
          v128.store(y + at, f32x4.max(upper, f32x4.max(v128.load(p + down), v128.load(p + down + right))));
        }
        for (let at = whole; at < place; at += 4) {
          const p = from + at;
          const upper = max(load<f32>(p), load<f32>(p + right));
          store<f32>(y + at, max(upper, max(load<f32>(p + down), load<f32>(p + down + right))));
        }
      }
    }
  }
}

/** dx of the shape of x: the upstream gradient at the first of the largest places, row by row, and 0 elsewhere. */
export function maxPoolSlope(
  x: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  upstream: usize,
  dx: usize,
): void {
  const place = (<usize>channels) << 2;
  const row = <usize>width * place;
  const right: usize = width > 1 ? place : 0;
  const down: usize = height > 1 ? row : 0;
  const whole = place & ~15;
  memory.fill(dx, 0, <usize>(batch * height) * row);
  const to = dx - x;
  for (let n = 0; n < batch; n++, x += <usize>height * row) {
    for (let i = 0; i < max(1, height >> 1); i++) {
      let from = x + <usize>(2 * i) * row;
      for (let j = 0; j < max(1, width >> 1); j++, from += 2 * place, upstream += place) {
        for (let at: usize = 0; at < whole; at += 16) {
          const p = from + at;
          const a = v128.load(p);
          const b = v128.load(p + right);
          const c = v128.load(p + down);
          const d = v128.load(p + down + right);
          const largest = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
          let left = v128.load(upstream + at);
          const isA = f32x4.eq(a, largest);
          const ofA = v128.and(left, isA);
          left = v128.andnot(left, isA);
          const isB = f32x4.eq(b, largest);
          const ofB = v128.and(left, isB);
          left = v128.andnot(left, isB);
          const isC = f32x4.eq(c, largest);
          // The first place last, since in a single row or column it is also another.
          v128.store(p + to + down + right, v128.and(v128.andnot(left, isC), f32x4.eq(d, largest)));
          v128.store(p + to + down, v128.and(left, isC));
          v128.store(p + to + right, ofB);
          v128.store(p + to, ofA);
        }
        for (let at = whole; at < place; at += 4) {
          const p = from + at;
          const largest = max(
            max(load<f32>(p), load<f32>(p + right)),
            max(load<f32>(p + down), load<f32>(p + down + right)),
          );
          let best = p;
          if (load<f32>(p) !== largest) {
            best = p + right;
            if (load<f32>(best) !== largest) best = load<f32>(p + down) === largest ? p + down : p + down + right;
          }
          store<f32>(best + to, load<f32>(upstream + at));
        }
      }
    }
  }
}
