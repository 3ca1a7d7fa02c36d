/** Rasterises vector shapes (lines and cubic Bézier curves) to anti-aliased grey images. */

type Point = readonly [x: number, y: number];
/** A line to a point, or a cubic curve to the last of three points. */
export type Segment = readonly [to: Point] | readonly [control1: Point, control2: Point, to: Point];

/** A closed outline; y grows downwards. */
export interface Outline {
  readonly start: Point;
  readonly segments: readonly Segment[];
}

/** How far the control points of a quarter circle lie from its ends, in radii. */
const KAPPA = (4 / 3) * (Math.SQRT2 - 1);
const LINES_PER_CURVE = 24;
const SCANLINES_PER_ROW = 16;

/**
 * An outline from SVG path data of absolute moves, lines, quadratic and cubic curves, e.g. `M0 0 L10 0 C12 4 12 8 10 12`; it
 * closes by itself.
 */
export function outline(path: string): Outline {
  const commands = [...path.matchAll(/([MLQC])([^MLQC]*)/g)].map(([, command, args]) => {
    const numbers = args
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const points = Array.from({ length: numbers.length / 2 }, (_, i): Point => [numbers[2 * i], numbers[2 * i + 1]]);
    return { command, points };
  });
  const [move, ...rest] = commands;
  let from = move.points[0];
  const segments = rest.map(({ command, points }): Segment => {
    const start = from;
    from = points[points.length - 1];
    const [a, b, to] = points;
    if (command === 'C') return [a, b, to];
    return command === 'Q' ? [between(start, a), between(b, a), b] : [a];
  });
  return { start: move.points[0], segments };
}

/** The outlines of a path with several moves, such as a letter and the hole in it. */
export const outlinesOf = (path: string): Outline[] =>
  path
    .split(/(?=M)/)
    .filter((part) => part.trim() !== '')
    .map(outline);

/** Two thirds of the way to a quadratic curve's control point: where the same curve as a cubic has its own. */
const between = ([x, y]: Point, [cx, cy]: Point): Point => [x + (2 / 3) * (cx - x), y + (2 / 3) * (cy - y)];

/** The smallest rectangle around the curves, as they are drawn. */
export function boundsOf(outlines: readonly Outline[]): { left: number; right: number; top: number; bottom: number } {
  const points = outlines.flatMap(flatten);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** Outlines magnified by `scale`, then moved right by `dx` and down by `dy`. */
export function placed(outlines: readonly Outline[], scale: number, dx: number, dy: number): Outline[] {
  const move = ([x, y]: Point): Point => [scale * x + dx, scale * y + dy];
  return outlines.map(({ start, segments }) => ({
    start: move(start),
    segments: segments.map((s): Segment => (s.length === 3 ? [move(s[0]), move(s[1]), move(s[2])] : [move(s[0])])),
  }));
}

/** A circle, clockwise on the screen. */
export function circle(x: number, y: number, r: number): Outline {
  const k = KAPPA * r;
  const curve = (ax: number, ay: number, bx: number, by: number, tx: number, ty: number): Segment => [
    [x + ax, y + ay],
    [x + bx, y + by],
    [x + tx, y + ty],
  ];
  return {
    start: [x + r, y],
    segments: [
      curve(r, k, k, r, 0, r),
      curve(-k, r, -r, k, -r, 0),
      curve(-r, -k, -k, -r, 0, -r),
      curve(k, -r, r, -k, r, 0),
    ],
  };
}

/**
 * The half of an outline right of the vertical line through `start.x`, made whole by its mirror image. The half must
 * end on that line.
 */
export function mirrored({ start, segments }: Outline): Outline {
  const flip = ([x, y]: Point): Point => [2 * start[0] - x, y];
  const ends = [start, ...segments.map((s) => s[s.length - 1])];
  const back = segments.map((s, i): Segment => {
    const to = flip(ends[i]);
    return s.length === 3 ? [flip(s[1]), flip(s[0]), to] : [to];
  });
  return { start, segments: [...segments, ...back.reverse()] };
}

function flatten({ start, segments }: Outline): Point[] {
  const points: Point[] = [start];
  let from = start;
  for (const segment of segments) {
    const to = segment[segment.length - 1];
    if (segment.length === 3) {
      const [a, b] = segment;
      for (let i = 1; i < LINES_PER_CURVE; i++) {
        const t = i / LINES_PER_CURVE;
        const s = 1 - t;
        const at = (k: 0 | 1) => s * s * s * from[k] + 3 * s * s * t * a[k] + 3 * s * t * t * b[k] + t * t * t * to[k];
        points.push([at(0), at(1)]);
      }
    }
    points.push(to);
    from = to;
  }
  return points;
}

interface Crossing {
  readonly x: number;
  readonly direction: 1 | -1;
}

/** Where the horizontal line at `y` crosses the polygons, from left to right. */
function crossings(polygons: readonly Point[][], y: number): Crossing[] {
  const found: Crossing[] = [];
  for (const polygon of polygons) {
    for (let i = 0; i < polygon.length; i++) {
      const [x0, y0] = polygon[i];
      const [x1, y1] = polygon[(i + 1) % polygon.length];
      if (y0 <= y === y1 <= y) continue;
      found.push({ x: x0 + ((y - y0) / (y1 - y0)) * (x1 - x0), direction: y1 > y0 ? 1 : -1 });
    }
  }
  return found.sort((a, b) => a.x - b.x);
}

/**
 * The share of each pixel that the outlines cover together (non-zero winding, so overlapping outlines that run the same
 * way around unite): exact along rows, 16 scan lines a row.
 * @param extent the outlines' coordinates run from 0 to `extent` in both directions
 * @param size height and width of the image in pixels
 * @returns `size * size` values in [0, 1]
 */
export function rasterise(outlines: readonly Outline[], extent: number, size: number): Float32Array {
  const scale = size / extent;
  const polygons = outlines.map((o) => flatten(o).map(([x, y]): Point => [x * scale, y * scale]));
  const image = new Float32Array(size * size);
  for (let line = 0; line < size * SCANLINES_PER_ROW; line++) {
    const row = Math.floor(line / SCANLINES_PER_ROW);
    let winding = 0;
    let left = 0;
    for (const { x, direction } of crossings(polygons, (line + 0.5) / SCANLINES_PER_ROW)) {
      if (winding === 0) left = x;
      winding += direction;
      if (winding === 0) cover(image.subarray(row * size, (row + 1) * size), left, x);
    }
  }
  return image;
}

/** Adds one scan line's share of the span `left..right` to the pixels of a row. */
function cover(row: Float32Array, left: number, right: number): void {
  const first = Math.max(0, Math.floor(left));
  const last = Math.min(row.length - 1, Math.floor(right));
  for (let x = first; x <= last; x++) {
    const share = Math.min(right, x + 1) - Math.max(left, x);
    row[x] = Math.min(1, row[x] + Math.max(0, share) / SCANLINES_PER_ROW);
  }
}
