/** Variable elimination over plates against the naive sum over every value of every copy of every variable. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contract, type Factor } from '../../../packages/pyro-ts/dist/infer/enumeration/elimination/contract.js';
import { Table, TableTape } from '../../../packages/pyro-ts/dist/infer/enumeration/elimination/tables.js';
import { logSumExp } from './helpers.js';

interface Variable {
  readonly name: string;
  readonly plates: readonly string[];
  readonly values: number;
}
interface Problem {
  readonly sizes: Readonly<Record<string, number>>;
  readonly variables: readonly Variable[];
  readonly factors: readonly { plates: readonly string[]; variables: readonly Variable[]; seed: number }[];
}

/** Plates p > q (q inside p) and r beside them: every ordinal of a tree-shaped model. */
const ordinals = [[], ['p'], ['p', 'q'], ['r']] as const;

const problems: fc.Arbitrary<Problem> = fc
  .record({
    p: fc.integer({ min: 1, max: 2 }),
    q: fc.integer({ min: 1, max: 3 }),
    r: fc.integer({ min: 1, max: 2 }),
    homes: fc.array(fc.record({ ordinal: fc.integer({ min: 0, max: 3 }), values: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    factors: fc.array(
      fc.record({
        ordinal: fc.integer({ min: 0, max: 3 }),
        picks: fc.array(fc.nat(20), { maxLength: 3 }),
        seed: fc.nat(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ p, q, r, homes, factors }) => {
    const variables = homes.map(({ ordinal, values }, i) => ({ name: `v${i}`, plates: ordinals[ordinal], values }));
    const own = variables.map((v, i) => ({ plates: v.plates, variables: [v], seed: i }));
    const others = factors.map(({ ordinal, picks, seed }) => {
      const plates: readonly string[] = ordinals[ordinal];
      const reachable = variables.filter((v) => v.plates.every((plate) => plates.includes(plate)));
      const chosen = reachable.length === 0 ? [] : picks.map((pick) => reachable[pick % reachable.length]);
      return { plates, variables: [...new Set(chosen)], seed };
    });
    return { sizes: { p, q, r }, variables, factors: [...own, ...others] };
  });

/** A number in [-2, 2] for each entry of each factor. */
const entry = (seed: number, index: number): number => 2 * Math.sin(12.9898 * (seed % 1000) + 78.233 * (index + 1));

function tableOf(problem: Problem, f: Problem['factors'][number]): Table {
  const dims = [
    ...f.variables.map((v) => ({ name: v.name, size: v.values })),
    ...f.plates.map((name) => ({ name, size: problem.sizes[name] })),
  ];
  const named = dims.filter(({ size }) => size > 1);
  const total = named.reduce((n, { size }) => n * size, 1);
  const log = Float64Array.from({ length: total }, (_, i) => entry(f.seed, i));
  return new Table(
    named.map((d) => d.name),
    named.map((d) => d.size),
    log,
  );
}

/** log of the sum, over all values of all copies of all variables, of the product of all factors of all plate elements. */
function naive(problem: Problem, tables: readonly Table[]): number {
  const elements = (plates: readonly string[]): Record<string, number>[] =>
    plates.reduce<Record<string, number>[]>(
      (all, plate) =>
        all.flatMap((e) => Array.from({ length: problem.sizes[plate] }, (_, i) => ({ ...e, [plate]: i }))),
      [{}],
    );
  const copyOf = (v: Variable, element: Record<string, number>) => `${v.name}@${v.plates.map((p) => element[p])}`;
  const copies = problem.variables.flatMap((v) =>
    elements(v.plates).map((e) => ({ key: copyOf(v, e), values: v.values })),
  );
  const logs: number[] = [];
  const assigned = new Map<string, number>();
  const visit = (i: number): void => {
    if (i < copies.length) {
      for (let value = 0; value < copies[i].values; value++) {
        assigned.set(copies[i].key, value);
        visit(i + 1);
      }
      return;
    }
    let log = 0;
    problem.factors.forEach((f, n) => {
      for (const element of elements(f.plates)) {
        const table = tables[n];
        const where = table.dims.map((dim) => {
          const variable = f.variables.find((v) => v.name === dim);
          return variable ? (assigned.get(copyOf(variable, element)) as number) : element[dim];
        });
        log += table.log[where.reduce((sum, w, k) => sum * table.sizes[k] + w, 0)];
      }
    });
    logs.push(log);
  };
  visit(0);
  return logSumExp(logs);
}

/** Sums everything, component by component, all plates included. */
function eliminated(problem: Problem, tables: readonly Table[]): { total: number; tape: TableTape } {
  const tape = new TableTape();
  const variables = new Set(problem.variables.filter((v) => v.values > 1).map((v) => v.name));
  let total = 0;
  for (const component of components(problem)) {
    const factors: Factor<Table>[] = component.map((n) => ({
      ordinal: new Set(problem.factors[n].plates),
      table: tables[n],
    }));
    const { table } = contract(tape, factors, variables);
    table.logGrad = new Float64Array(table.log.length).fill(1);
    total += table.log.reduce((a, b) => a + b, 0);
  }
  return { total, tape };
}

function components(problem: Problem): number[][] {
  const groups: { names: Set<string>; members: number[] }[] = [];
  problem.factors.forEach((f, n) => {
    const names = new Set(f.variables.filter((v) => v.values > 1).map((v) => v.name));
    const members = [n];
    for (const group of groups.filter((g) => [...g.names].some((name) => names.has(name)))) {
      for (const name of group.names) names.add(name);
      members.push(...group.members);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push({ names, members });
  });
  return groups.map((g) => g.members);
}

const isSmall = (problem: Problem): boolean =>
  problem.variables.reduce((n, v) => n * v.values ** v.plates.reduce((m, plate) => m * problem.sizes[plate], 1), 1) <=
  5000;

test('equals the naive sum on random plated models', () => {
  fc.assert(
    fc.property(problems.filter(isSmall), (problem) => {
      const tables = problem.factors.map((f) => tableOf(problem, f));
      expect(eliminated(problem, tables).total).toBeCloseTo(naive(problem, tables), 8);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('its gradient equals a finite difference of the naive sum', () => {
  fc.assert(
    fc.property(problems.filter(isSmall), fc.nat(), fc.nat(), (problem, pick, at) => {
      const tables = problem.factors.map((f) => tableOf(problem, f));
      eliminated(problem, tables).tape.backward();
      const table = tables[pick % tables.length];
      const index = at % table.log.length;
      const h = 1e-5;
      const value = table.log[index];
      const around = [h, -h].map((step) => {
        table.log[index] = value + step;
        return naive(problem, tables);
      });
      expect(table.logGrad?.[index] ?? 0).toBeCloseTo((around[0] - around[1]) / (2 * h), 6);
    }),
    { numRuns: 100, seed: 2 },
  );
});

test('entries of minus infinity neither count nor spoil the gradient', () => {
  const tape = new TableTape();
  const minus = Number.NEGATIVE_INFINITY;
  const a = new Table(['x', 'y'], [2, 2], Float64Array.of(0.5, minus, minus, minus));
  const b = new Table(['x'], [2], Float64Array.of(0.25, 1));
  const out = tape.sumProduct([a, b], ['x']);
  expect([...out.log]).toEqual([0.75, minus]);
  out.logGrad = Float64Array.of(1, 1);
  tape.backward();
  expect([...(a.logGrad as Float64Array)]).toEqual([1, 0, 0, 0]);
  expect([...(b.logGrad as Float64Array)]).toEqual([1, 0]);
});

test('a chain of n variables takes n steps, each over two of them', () => {
  const tape = new TableTape();
  const [n, k] = [300, 4];
  const links = Array.from({ length: n - 1 }, (_, i) => ({
    ordinal: new Set<string>(),
    table: new Table(
      [`v${i}`, `v${i + 1}`],
      [k, k],
      Float64Array.from({ length: k * k }, (_, j) => entry(i, j)),
    ),
  }));
  const { table } = contract(tape, links, new Set(Array.from({ length: n }, (_, i) => `v${i}`)));
  expect(tape.sums.length).toBeLessThanOrEqual(n + 1);
  for (const { inputs } of tape.sums) expect(new Set(inputs.flatMap((t) => t.dims)).size).toBeLessThanOrEqual(2);
  // By hand: a row vector through the matrices.
  let forward = new Array<number>(k).fill(0);
  for (const link of links) {
    forward = forward.map((_, y) => logSumExp(forward.map((f, x) => f + link.table.log[x * k + y])));
  }
  expect(table.log[0]).toBeCloseTo(logSumExp(forward), 8);
});

test('plates that cross are rejected', () => {
  const tape = new TableTape();
  const zeros = (dims: string[]) =>
    new Table(
      dims,
      dims.map(() => 2),
      new Float64Array(2 ** dims.length),
    );
  const factors = [
    { ordinal: new Set(['p']), table: zeros(['x', 'p']) },
    { ordinal: new Set(['q']), table: zeros(['y', 'q']) },
    { ordinal: new Set(['p', 'q']), table: zeros(['x', 'y', 'p', 'q']) },
  ];
  expect(() => contract(tape, factors, new Set(['x', 'y']))).toThrow('Expected tree-structured plate nesting');
});
