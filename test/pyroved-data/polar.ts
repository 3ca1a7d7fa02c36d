/** How alike two square images are when one of them is rotated, written independently of the library's own rotations. */

const RINGS = 16;
const TURNS = 72;
const known = new WeakMap<Float32Array, Float64Array>();

/** Samples around the centre of mass, on rings out to twice the root mean square distance from it; of unit length. */
function polar(image: Float32Array): Float64Array {
  const found = known.get(image);
  if (found) return found;
  const side = Math.sqrt(image.length);
  const total = image.reduce((a, b) => a + b, 0);
  const mean = (f: (x: number, y: number) => number) =>
    image.reduce((sum, v, i) => sum + v * f(i % side, Math.floor(i / side)), 0) / total;
  const [cx, cy] = [mean((x) => x), mean((_, y) => y)];
  const reach = 2 * Math.sqrt(mean((x, y) => (x - cx) ** 2 + (y - cy) ** 2));
  const at = (x: number, y: number) => (x >= 0 && y >= 0 && x < side && y < side ? image[y * side + x] : 0);
  const out = new Float64Array(TURNS * RINGS);
  for (let i = 0; i < out.length; i++) {
    const [turn, ring] = [Math.floor(i / RINGS), (i % RINGS) + 0.5];
    const x = cx + ((reach * ring) / RINGS) * Math.cos((2 * Math.PI * turn) / TURNS);
    const y = cy - ((reach * ring) / RINGS) * Math.sin((2 * Math.PI * turn) / TURNS);
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - x0, y - y0];
    const upper = (1 - fx) * at(x0, y0) + fx * at(x0 + 1, y0);
    const lower = (1 - fx) * at(x0, y0 + 1) + fx * at(x0 + 1, y0 + 1);
    out[i] = Math.sqrt(ring) * ((1 - fy) * upper + fy * lower);
  }
  const length = Math.sqrt(out.reduce((sum, v) => sum + v * v, 0));
  const unit = out.map((v) => v / length);
  known.set(image, unit);
  return unit;
}

/**
 * The cosine between image `a` rotated counter-clockwise by `degrees` (a multiple of 5) about its centre of mass, and image `b`, both magnified to the
 * same size: 1 where they are the same shape.
 */
export function rotatedCorrelation(a: Float32Array, b: Float32Array, degrees: number): number {
  const [p, q] = [polar(a), polar(b)];
  const by = Math.round((degrees * TURNS) / 360) * RINGS;
  // What stands at an angle in `a` stands at that angle plus `degrees` once it is rotated.
  return p.reduce((sum, v, i) => sum + v * q[(i + by + q.length) % q.length], 0);
}
