/** Decides which values of a graph are stored and which are computed inside the loops of their users. */
import { functions } from './functions.js';
import { argsOf, type Entry, sizeOf, type Value } from './nodes.js';
import { isLargeProduct } from './products.js';

/** A value of at most this cost, in additions, is computed twice rather than stored. */
const CHEAP = 2;
/** The same for a value that the loops of its user would repeat. */
const CHEAP_REPEATED = 2;
/** Maximum number of values in one kernel, since JavaScript engines do not optimise very long functions. */
const LARGEST = 48;

/** The values that are stored, including inputs and constants. */
export function storedValues(entries: readonly Entry[], needed: ReadonlySet<Value>, outputs: ReadonlySet<Value>) {
  const stored = new Set<Value>();
  const roots = new Map<Value, Set<Value>>();
  const inside = new Map<Value, number>();
  const costs = costsOf(entries, needed);
  for (let v = entries.length - 1; v >= 0; v--) {
    if (!needed.has(v)) continue;
    const entry = entries[v];
    if (entry.kind === 'splat' && !outputs.has(v) && !stored.has(v)) continue;
    const own = roots.get(v) ?? new Set<Value>();
    if (stored.has(v) || outputs.has(v) || isAlwaysStored(entry) || !fits(v, own)) {
      stored.add(v);
      pass(v, new Set([v]));
      continue;
    }
    for (const root of own) inside.set(root, (inside.get(root) ?? 1) + 1);
    pass(v, own);
  }
  return stored;

  /** Whether `v` is computed inside the loops of all its `users`. */
  function fits(v: Value, users: ReadonlySet<Value>): boolean {
    const entry = entries[v];
    const cost = costs.get(v) ?? 1;
    if ([...users].some((root) => (inside.get(root) ?? 1) >= LARGEST)) return false;
    if (entry.kind === 'view') return true;
    if (users.size > 1 && cost > CHEAP) return false;
    const size = sizeOf(entry.shape);
    const isRepeated = [...users].some((root) => domainOf(entries, root) > size);
    return !isRepeated || cost <= CHEAP_REPEATED || size === 1;
  }

  function pass(v: Value, users: ReadonlySet<Value>): void {
    const entry = entries[v];
    for (const [i, arg] of argsOf(entry).entries()) {
      if (mustBeStored(entry, i) && entries[arg].kind !== 'view') stored.add(arg);
      const source = entries[arg];
      if (entry.kind === 'matMul' && source.kind === 'view' && isLargeProduct(entries, entry))
        stored.add(source.args[0]);
      if (entry.kind === 'reshape' || entry.kind === 'host' || (entry.kind === 'gather' && i === 0)) stored.add(arg);
      const set = roots.get(arg) ?? new Set();
      for (const user of users) set.add(user);
      roots.set(arg, set);
    }
  }
}

const isAlwaysStored = ({ kind }: Entry): boolean =>
  kind !== 'map' && kind !== 'hostMap' && kind !== 'view' && kind !== 'gather';

/** Whether argument `i` is read more often than it has entries. */
const mustBeStored = (entry: Entry, _i: number): boolean => entry.kind === 'matMul';

/** Number of iterations of the loops of `root`. */
function domainOf(entries: readonly Entry[], root: Value): number {
  const entry = entries[root];
  if (entry.kind === 'reduce' || entry.kind === 'argReduce') return sizeOf(entries[entry.args[0]].shape);
  if (entry.kind === 'matMul') {
    const { shape } = entries[entry.args[0]];
    return sizeOf(entry.shape) * shape[shape.length - 1];
  }
  if (entry.kind === 'place') return Math.max(0, ...entry.args.map((a) => sizeOf(entries[a].shape)));
  return sizeOf(entry.shape);
}

/** Upper bound of the cost of one entry of each value, including everything computed from stored values for it. */
function costsOf(entries: readonly Entry[], needed: ReadonlySet<Value>): Map<Value, number> {
  const costs = new Map<Value, number>();
  for (const [v, entry] of entries.entries()) {
    if (!needed.has(v)) continue;
    const own = entry.kind === 'map' ? functions[entry.fn].cost : entry.kind === 'hostMap' ? 50 : 0;
    const isInner = entry.kind === 'map' || entry.kind === 'hostMap' || entry.kind === 'view';
    const below = isInner ? argsOf(entry).reduce((sum, a) => sum + (costs.get(a) ?? 0), 0) : 0;
    costs.set(v, own + below);
  }
  return costs;
}
