/**
 * Tensor variable elimination: sums discrete variables out of a product of tables, where plates stand for independent copies. Cost grows with
 * the tree width of the model, not with the product of all supports. Source: Obermeyer et al. 2019, "Tensor variable elimination for plated
 * factor graphs", and `pyro.ops.contract`.
 */
import { PlateError } from '../../../errors.js';
import type { Dim } from './namedTensor.js';
import { intersection, keyOf, minus, type Ordinal, union } from './ordinals.js';

/** A table of logarithms: on the host, or a tensor. */
export interface NamedTable {
  readonly dims: readonly Dim[];
  sizeOf(dim: Dim): number;
}

/** Computes with tables. */
export interface Tables<T extends NamedTable> {
  /** The product of `inputs`, summed over `summed`. */
  sumProduct(inputs: readonly T[], summed: readonly Dim[]): T;
  /** The product of the entries of `input` along plates. */
  plateProduct(input: T, plates: readonly Dim[]): T;
}

/** A table, and the plates that it is a factor of. */
export interface Factor<T extends NamedTable> {
  readonly ordinal: Ordinal;
  readonly table: T;
}

/** Throws where the product of a table over `dims` along `plates` would be wrong. */
export type PlateCheck = (dims: readonly Dim[], plates: readonly Dim[]) => void;

/** The plates that each variable lives in: those that all tables that mention it share. */
export function homes(
  factors: readonly { readonly ordinal: Ordinal; readonly dims: readonly Dim[] }[],
  variables: ReadonlySet<Dim>,
): Map<Dim, Ordinal> {
  const found = new Map<Dim, Ordinal>();
  for (const { ordinal, dims } of factors) {
    for (const dim of dims) {
      if (variables.has(dim)) found.set(dim, intersection([found.get(dim) ?? ordinal, ordinal]));
    }
  }
  return found;
}

/**
 * Sums `variables` out of one connected set of factors. The result keeps the plates that all factors share (its ordinal) and the dimensions
 * that are neither plates nor among `variables`.
 */
export function contract<T extends NamedTable>(
  tape: Tables<T>,
  factors: readonly Factor<T>[],
  variables: ReadonlySet<Dim>,
  checkPlates: PlateCheck = () => {},
): Factor<T> {
  const root = intersection(factors.map((f) => f.ordinal));
  const home = homes(
    factors.map((f) => ({ ordinal: f.ordinal, dims: f.table.dims })),
    variables,
  );
  const tree = new Map<string, { ordinal: Ordinal; tables: T[] }>();
  const put = (ordinal: Ordinal, table: T): void => {
    const key = keyOf(ordinal);
    const entry = tree.get(key);
    if (entry) entry.tables.push(table);
    else tree.set(key, { ordinal, tables: [table] });
  };
  for (const { ordinal, table } of factors) put(ordinal, table);

  for (;;) {
    const [key, leaf] = [...tree].reduce((a, b) => (b[1].ordinal.size > a[1].ordinal.size ? b : a));
    tree.delete(key);
    const local = [...home].filter(([, ordinal]) => keyOf(ordinal) === key).map(([dim]) => dim);
    const tables = eliminate(tape, leaf.tables, local);
    if (key === keyOf(root)) return { ordinal: root, table: tape.sumProduct(tables, []) };
    for (const table of tables) {
      const pending = table.dims.flatMap((dim) => home.get(dim) ?? []);
      const parent = union([root, ...pending]);
      if (keyOf(parent) === key) throw notATree(leaf.ordinal);
      const plates = minus(leaf.ordinal, parent);
      checkPlates(table.dims, plates);
      put(parent, tape.plateProduct(table, plates));
    }
  }
}

/** Sums `variables` out of a product, one at a time, the one with the smallest intermediate table first. */
export function eliminate<T extends NamedTable>(tape: Tables<T>, tables: readonly T[], variables: readonly Dim[]): T[] {
  const left = new Set(tables);
  const mentions = (dim: Dim): T[] => [...(byDim.get(dim) ?? [])];
  const byDim = new Map<Dim, Set<T>>(variables.map((dim) => [dim, new Set()]));
  for (const table of tables) for (const dim of table.dims) byDim.get(dim)?.add(table);
  const costs = new Map(variables.map((dim) => [dim, entries(mentions(dim))]));
  while (costs.size > 0) {
    const dim = cheapest(costs);
    costs.delete(dim);
    const inputs = mentions(dim);
    if (inputs.length === 0) continue;
    const output = tape.sumProduct(inputs, [dim]);
    for (const table of inputs) {
      left.delete(table);
      for (const d of table.dims) byDim.get(d)?.delete(table);
    }
    left.add(output);
    for (const d of output.dims) {
      byDim.get(d)?.add(output);
      if (costs.has(d)) costs.set(d, entries(mentions(d)));
    }
  }
  return [...left];
}

function cheapest(costs: ReadonlyMap<Dim, number>): Dim {
  let best: Dim = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [dim, cost] of costs) if (cost < least) [best, least] = [dim, cost];
  return best;
}

/** Number of entries of the product of `tables`. */
function entries(tables: readonly NamedTable[]): number {
  const sizes = new Map<Dim, number>();
  for (const table of tables) for (const dim of table.dims) sizes.set(dim, table.sizeOf(dim));
  return [...sizes.values()].reduce((a, b) => a * b, 1);
}

const notATree = (plates: Ordinal): PlateError =>
  new PlateError(
    `Expected tree-structured plate nesting, but found dependencies on independent plates [${[...plates].join(', ')}]: a site in all of them ` +
      'depends on enumerated variables that live in different ones. Turn one of the plates into a sequentialPlate (its cost is exponential in ' +
      'its size), or enumerate one of the variables in the guide.',
  );
