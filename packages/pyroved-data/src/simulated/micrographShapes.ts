/** The convex shapes of simulated micrographs as signed distances in pixels, negative inside. */

/** A shape in one size. */
export interface Shape {
  /** Index in `shapeNames`. */
  readonly label: number;
  readonly scale: number;
}

export const shapeNames = ['rod', 'triangle', 'drop'] as const;
/** Rotations that leave a shape as it looks: by 360 / order degrees. */
export const shapeSymmetry = [2, 3, 1] as const;

/** Half the length of a rod's core, and its radius. */
const ROD = { half: 9, radius: 7 };
/** Distance of a triangle's rounded sides from its middle. */
const TRIANGLE = { inside: 7, radius: 3 };
/** A drop: a circle, and a smaller one at a distance, and what lies between. Its middle is its centre of mass, nearly. */
const DROP = { large: 9, small: 2, length: 16, middle: 3.6 };

/** Nothing of a shape is farther from its middle. */
export const reachOf = ({ label, scale }: Shape): number => scale * [16, 17, 15][label];

/** Distance of a point from the boundary of a shape rotated by `angle` degrees counter-clockwise (y points down); negative inside. */
export function distanceTo({ label, scale }: Shape, angle: number, x: number, y: number): number {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const [u, v] = [(x * cos - y * sin) / scale, (x * sin + y * cos) / scale];
  return scale * [rod, triangle, drop][label](u, v);
}

const rod = (u: number, v: number): number => Math.hypot(Math.max(0, Math.abs(u) - ROD.half), v) - ROD.radius;

function triangle(u: number, v: number): number {
  const sides = [0, 1, 2].map((k) => {
    const direction = (2 * Math.PI * k) / 3;
    return u * Math.cos(direction) + v * Math.sin(direction) - TRIANGLE.inside;
  });
  // Between the corner's two sides the distance is to the corner itself.
  const [most, next] = [...sides].sort((a, b) => b - a);
  const isCorner = most > 0 && 2 * next + most > 0;
  const corner = isCorner ? Math.sqrt((most * most + next * next + most * next) * (4 / 3)) : most;
  return corner - TRIANGLE.radius;
}

/** @see I. Quilez, "2D distance functions", uneven capsule. */
function drop(u: number, v: number): number {
  const { large, small, length, middle } = DROP;
  const [along, across] = [u + middle, Math.abs(v)];
  const b = (large - small) / length;
  const a = Math.sqrt(1 - b * b);
  const k = -b * across + a * along;
  if (k < 0) return Math.hypot(across, along) - large;
  if (k > a * length) return Math.hypot(across, along - length) - small;
  return across * a + along * b - large;
}

const RAYS = 90;

/** Points on the boundary of a rotated shape, about its middle. */
export function boundaryOf(shape: Shape, angle: number): (readonly [x: number, y: number])[] {
  return Array.from({ length: RAYS }, (_, i) => {
    const [dx, dy] = [Math.cos((2 * Math.PI * i) / RAYS), Math.sin((2 * Math.PI * i) / RAYS)];
    let [near, far] = [0, reachOf(shape) + 1];
    for (let step = 0; step < 24; step++) {
      const middle = (near + far) / 2;
      if (distanceTo(shape, angle, middle * dx, middle * dy) < 0) near = middle;
      else far = middle;
    }
    return [near * dx, near * dy] as const;
  });
}
