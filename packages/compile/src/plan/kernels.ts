/** The kernels of a graph, in the order in which they run. */
import type { HostCall } from '@pyro-ts/engine/internal';
import { type Kernel, LoopNest, type Stored } from './loops.js';
import { argsOf, type Entry, sizeOf, type Value } from './nodes.js';
import { isLargeProduct, productCall } from './products.js';

/** One step of a plan. */
export type Step =
  | { readonly kind: 'loops'; readonly result: Value; readonly label: string; readonly kernel: Kernel }
  | {
      readonly kind: 'host';
      readonly result: Value;
      readonly label: string;
      readonly call: HostCall;
      readonly args: Value[];
    };

/** Finds the stored value whose memory each value uses. */
export function storedIn(entries: readonly Entry[], stored: ReadonlySet<Value>): Stored {
  const homeOf = (value: Value): Value | undefined => {
    if (!stored.has(value)) return undefined;
    const entry = entries[value];
    return entry.kind === 'reshape' ? homeOf(entry.args[0]) : value;
  };
  return { entries, homeOf };
}

/** The steps that compute the stored values. */
export function stepsOf(entries: readonly Entry[], stored: ReadonlySet<Value>): Step[] {
  const home = storedIn(entries, stored);
  return [...stored].sort((a, b) => a - b).flatMap((value) => stepsFor(home, value));
}

function stepsFor(stored: Stored, value: Value): Step[] {
  const entry = stored.entries[value];
  const one = (label: string, kernel: Kernel): Step[] => [{ kind: 'loops', result: value, label, kernel }];
  switch (entry.kind) {
    case 'input':
    case 'constant':
    case 'reshape':
      return [];
    case 'host': {
      const args = entry.args.map((a) => stored.homeOf(a) as Value);
      return [{ kind: 'host', result: value, label: entry.call.name, call: entry.call, args }];
    }
    case 'reduce': {
      const source = entry.args[0];
      const { shape } = stored.entries[source];
      const rank = shape.length - entry.count;
      const nest = new LoopNest(stored, shape.slice(0, rank), shape.slice(rank));
      const result = nest.read(source, nest.indices());
      return one(
        `${entry.fold} of ${label(stored, source)}`,
        nest.store(result, target(nest, value, entry), entry.fold),
      );
    }
    case 'matMul': {
      const product = isLargeProduct(stored.entries, entry) ? productCall(stored, entry) : undefined;
      if (product) return [{ kind: 'host', result: value, label: 'matMul', ...product }];
      return one('matMul', matMul(stored, value, entry.args));
    }
    case 'argReduce':
      return one(`arg${entry.fold}`, argReduce(stored, value, entry.args[0], entry.fold));
    case 'scan':
      return one(`cumulative ${entry.fold}`, scan(stored, value, entry));
    case 'place': {
      const steps = entry.args.flatMap((arg, i): Step[] => {
        const nest = new LoopNest(stored, stored.entries[arg].shape);
        const at = nest.indices();
        return one(
          `copy of ${label(stored, arg)}`,
          nest.store(nest.read(arg, at), nest.placeOf(value, entry.shape, at, entry.at[i])),
        );
      });
      const isFull = entry.args.reduce((n, arg) => n + sizeOf(stored.entries[arg].shape), 0) === sizeOf(entry.shape);
      if (isFull) return steps;
      const nest = new LoopNest(stored, entry.shape);
      const zeros = nest.store(`${entry.fill}`, nest.placeOf(value, entry.shape, nest.indices()));
      return [...one('fill', zeros), ...steps];
    }
    default: {
      const nest = new LoopNest(stored, entry.shape);
      const at = nest.indices();
      return one(label(stored, value), nest.store(nest.read(value, at, true), nest.placeOf(value, entry.shape, at)));
    }
  }
}

const target = (nest: LoopNest, value: Value, entry: Entry) =>
  nest.placeOf(value, entry.shape, nest.indices(0, entry.shape.length));

/** "Exp(Sub)" */
function label({ entries, homeOf }: Stored, value: Value, depth = 2): string {
  const entry = entries[value];
  if (entry.kind === 'splat') return String(entry.value);
  if (entry.kind !== 'map') return entry.kind;
  if (depth === 0) return entry.fn;
  const inner = entry.args.filter((a) => homeOf(a) === undefined && argsOf(entries[a]).length > 0);
  return inner.length === 0
    ? entry.fn
    : `${entry.fn}(${inner.map((a) => label({ entries, homeOf }, a, depth - 1)).join(', ')})`;
}

function matMul(stored: Stored, value: Value, [a, b]: readonly [Value, Value]): Kernel {
  const { shape } = stored.entries[value];
  const [sa, sb] = [stored.entries[a].shape, stored.entries[b].shape];
  const rank = shape.length;
  const nest = new LoopNest(stored, shape, [sa[sa.length - 1]]);
  const all = nest.indices();
  const [row, column, inner] = all.slice(rank - 2);
  const batch = (own: readonly number[]) => {
    const lead = rank - own.length;
    return own.slice(0, -2).map((n, i) => (n === 1 ? { loop: -1, step: 0, offset: 0 } : all[i + lead]));
  };
  const left = nest.read(a, [...batch(sa), row, inner]);
  const right = nest.read(b, [...batch(sb), inner, column]);
  return nest.store(nest.apply('Mul', [left, right]), nest.placeOf(value, shape, all.slice(0, rank)), 'sum');
}

function argReduce(stored: Stored, value: Value, source: Value, fold: 'max' | 'min'): Kernel {
  const { shape } = stored.entries[source];
  const rank = shape.length - 1;
  const nest = new LoopNest(stored, shape.slice(0, rank), shape.slice(rank));
  const x = nest.read(source, nest.indices());
  const to = nest.placeOf(value, shape.slice(0, rank), nest.indices(0, rank));
  const isBetter = fold === 'max' ? `${x} > s` : `${x} < s`;
  return nest.print(to, {
    before: [`let s = ${fold === 'max' ? '-Infinity' : 'Infinity'}, at = 0, k = 0;`],
    within: [`if (${isBetter}) { s = ${x}; at = k; }`, 'k++;'],
    after: ['M[@] = at;'],
  });
}

/** The last dimension, forwards or backwards. */
function scan(stored: Stored, value: Value, entry: Extract<Entry, { kind: 'scan' }>): Kernel {
  const { shape, fold, exclusive, reverse } = entry;
  const rank = shape.length - 1;
  const nest = new LoopNest(stored, shape.slice(0, rank), shape.slice(rank));
  const turned = nest
    .indices()
    .map((index, i) =>
      i === rank && reverse && index.loop >= 0 ? { ...index, step: -1, offset: shape[rank] - 1 } : index,
    );
  const x = nest.read(entry.args[0], turned);
  const to = nest.placeOf(value, shape, turned);
  const add = fold === 'sum' ? `s += ${x};` : `s *= ${x};`;
  return nest.print(to, {
    before: [`let s = ${fold === 'sum' ? 0 : 1};`],
    within: exclusive ? ['M[@] = s;', add] : [add, 'M[@] = s;'],
    after: [],
  });
}
