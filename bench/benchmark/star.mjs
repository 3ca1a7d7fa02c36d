/** A five-pointed star that fits the suits: a shape for classes without labels and for outliers. */

/** White on black, `size` pixels a side, of which the middle `visible` ones are shown. */
export function starTemplate(size, visible) {
  const out = new Float32Array(size * size);
  const [tip, notch, half] = [0.62, 0.27, Math.PI / 5];
  const [x1, y1] = [notch * Math.cos(half), notch * Math.sin(half)];
  for (let i = 0; i < 4 * size; i++) {
    for (let j = 0; j < 4 * size; j++) {
      const [x, y] = [((j + 0.5) / 4 - size / 2) / (visible / 2), ((i + 0.5) / 4 - size / 2) / (visible / 2)];
      const turn = (((Math.atan2(x, -y) % (2 * half)) + 2 * half) % (2 * half)) - half;
      const angle = half - Math.abs(turn);
      const r = Math.hypot(x, y);
      const outside = (r * Math.cos(angle) - tip) * y1 + r * Math.sin(angle) * (tip - x1) > 0;
      if (!outside) out[(i >> 2) * size + (j >> 2)] += 1 / 16;
    }
  }
  return out;
}
