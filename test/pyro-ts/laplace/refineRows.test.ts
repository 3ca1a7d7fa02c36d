/** Refinement of rows whose cost is known in closed form. */
import { OptionError, RandomStream, type RowObjective } from 'pyro-ts';
import { drawRows, laplaceEvidence, refineRows } from 'pyro-ts/internal';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';

/** Half a squared distance with matrix [[4, 1], [1, 2]] from (row, -1), plus row. */
const quadratic = (rows: number): RowObjective => ({
  rows,
  dim: 2,
  at: (z) => {
    const cost: number[] = [];
    const gradient: number[] = [];
    for (let row = 0; row < rows; row++) {
      const [a, b] = [z[2 * row] - row, z[2 * row + 1] + 1];
      cost.push(2 * a * a + a * b + b * b + row);
      gradient.push(4 * a + b, a + 2 * b);
    }
    return { cost, gradient, curvature: Array.from({ length: rows }, () => [4, 1, 1, 2]).flat() };
  },
});

/** Rosenbrock's valley with the full Hessian, which is not positive definite everywhere. */
const rosenbrock: RowObjective = {
  rows: 2,
  dim: 2,
  at: (z) => {
    const rows = [0, 1].map((row) => {
      const [x, y] = [z[2 * row], z[2 * row + 1]];
      return {
        cost: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
        curvature: [2 - 400 * (y - 3 * x * x), -400 * x, -400 * x, 200],
      };
    });
    return {
      cost: rows.map((r) => r.cost),
      gradient: rows.flatMap((r) => r.gradient),
      curvature: rows.flatMap((r) => r.curvature),
    };
  },
};

describe('refineRows', () => {
  it('without damping finds the minimum of a quadratic in one step, and its integral is exact', () => {
    const refined = refineRows(quadratic(3), new Float64Array(6).fill(2), { steps: 1, damping: 0, ridge: 0 });
    expectClose(refined.z, [0, -1, 1, -1, 2, -1], 1e-6, 1e-5);
    // The integral of exp(-cost) is exp(-row) 2 pi / sqrt(det).
    const expected = [0, 1, 2].map((row) => Math.log((2 * Math.PI) / Math.sqrt(7)) - row);
    expectClose(laplaceEvidence(refined), expected, 1e-9, 1e-8);
  });
  it('goes through a curved valley and past points where the curvature is indefinite', () => {
    const refined = refineRows(rosenbrock, [-1.2, 1, 0, 3], { steps: 60 });
    expectClose(refined.z, [1, 1, 1, 1], 1e-5, 1e-5);
  });
  it('never makes a row worse, keeps fixed latents and limits each step', () => {
    const start = [-1.2, 1, 0, 3];
    const before = rosenbrock.at(Float64Array.from(start)).cost;
    for (const steps of [0, 1, 2, 5]) {
      const { cost } = refineRows(rosenbrock, start, { steps, damping: 0 });
      expect(Array.from(cost).every((c, row) => c <= before[row])).toBe(true);
    }
    expect(refineRows(rosenbrock, start, { fixed: [0] }).z.filter((_, i) => i % 2 === 0)).toEqual(
      Float64Array.of(-1.2, 0),
    );
    expectClose(refineRows(rosenbrock, start, { fixed: [0] }).z, [-1.2, 1.44, 0, 0], 1e-6, 1e-5);
    const one = refineRows(quadratic(1), [5, 5], { steps: 1, maxStep: [0.5, 1] });
    expectClose(one.z, [4.5, 4]);
  });
  it('draws from the approximation', () => {
    const rows = 4000;
    const same: RowObjective = { ...quadratic(1), rows, at: (z) => repeated(quadratic(1), z, rows) };
    const refined = refineRows(same, new Float64Array(2 * rows), { steps: 2, damping: 0, ridge: 0 });
    const drawn = drawRows(refined, new RandomStream(3));
    const [a, b] = [0, 1].map((k) => drawn.filter((_, i) => i % 2 === k).map((v) => v + k));
    const mean = (values: Float64Array) => values.reduce((s, v) => s + v, 0) / rows;
    // The inverse of [[4, 1], [1, 2]] is [[2, -1], [-1, 4]] / 7.
    expect(mean(a.map((v) => v * v))).toBeCloseTo(2 / 7, 1);
    expect(mean(b.map((v) => v * v))).toBeCloseTo(4 / 7, 1);
    expect(mean(a.map((v, i) => v * b[i]))).toBeCloseTo(-1 / 7, 1);
  });
  it('says which option is wrong, and which row starts where the cost is not finite', () => {
    expect(() => refineRows(quadratic(1), [0, 0], { steps: 1.5 })).toThrow(OptionError);
    expect(() => refineRows(quadratic(1), [0, 0], { maxStep: [1] })).toThrow(/2 latents/);
    expect(() => refineRows(quadratic(1), [0, 0], { fixed: [2] })).toThrow(/from 0 to 1/);
    expect(() => refineRows(quadratic(2), [0, 0])).toThrow(/2 rows of 2 latents/);
    expect(() => refineRows(quadratic(2), [0, 0, Number.NaN, 0])).toThrow(/row 1 is NaN/);
  });
});

function repeated(one: RowObjective, z: Float64Array, rows: number) {
  const each = Array.from({ length: rows }, (_, row) => one.at(z.slice(2 * row, 2 * row + 2)));
  return {
    cost: each.map((q) => q.cost[0]),
    gradient: each.flatMap((q) => Array.from(q.gradient)),
    curvature: each.flatMap((q) => Array.from(q.curvature)),
  };
}
