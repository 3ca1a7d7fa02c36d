/** Euclidean distance of each pixel of a mask to the nearest pixel outside. */

/**
 * Squared distances, exactly. What lies beyond the border counts as outside if `isBorderOutside`.
 * @see P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", 2012.
 */
export function distanceTransform(mask: Uint8Array, height: number, width: number): Float32Array {
  const squared = new Float32Array(mask.length);
  const far = height + width;
  for (let x = 0; x < width; x++) {
    // Along the column: distance to the nearest pixel outside above, then below.
    let run = far;
    for (let y = 0; y < height; y++) {
      run = mask[y * width + x] ? run + 1 : 0;
      squared[y * width + x] = run;
    }
    run = far;
    for (let y = height - 1; y >= 0; y--) {
      run = mask[y * width + x] ? run + 1 : 0;
      const nearest = Math.min(run, squared[y * width + x]);
      squared[y * width + x] = nearest * nearest;
    }
  }
  const line = new Float64Array(width);
  const vertex = new Int32Array(width);
  const border = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const row = squared.subarray(y * width, (y + 1) * width);
    if (row.every((v) => v === 0)) continue;
    line.set(row);
    lowerEnvelope(line, row, vertex, border);
  }
  return squared.map(Math.sqrt);
}

/** min over j of line[j] + (i - j)^2, for each i. */
function lowerEnvelope(line: Float64Array, out: Float32Array, vertex: Int32Array, border: Float64Array): void {
  let last = 0;
  vertex[0] = 0;
  border[0] = -Infinity;
  border[1] = Infinity;
  for (let j = 1; j < line.length; j++) {
    let crossing = 0;
    for (;;) {
      const v = vertex[last];
      crossing = (line[j] + j * j - line[v] - v * v) / (2 * (j - v));
      if (crossing > border[last]) break;
      last -= 1;
    }
    last += 1;
    vertex[last] = j;
    border[last] = crossing;
    border[last + 1] = Infinity;
  }
  for (let i = 0, k = 0; i < line.length; i++) {
    while (border[k + 1] < i) k += 1;
    out[i] = (i - vertex[k]) ** 2 + line[vertex[k]];
  }
}
