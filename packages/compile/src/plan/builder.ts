/** Builds the graph of a plan: equal values are merged, constants are folded, and operations that only move entries become views. */
import type { HostCall } from '@pyro-ts/engine/internal';
import { functions } from './functions.js';
import {
  along,
  argsOf,
  type Entry,
  type Fold,
  fixedAt,
  type Node,
  type Shape,
  type SourceIndex,
  sizeOf,
  type Value,
} from './nodes.js';
import { withoutSelection } from './selection.js';

/** Constants with more entries are not compared with each other. */
const COMPARED = 4096;

/** A value, and where its first entry is put. */
interface Block {
  readonly value: Value;
  readonly at: Shape;
}

export class PlanBuilder {
  readonly entries: Entry[] = [];
  /** The functions that `hostMap` nodes call. */
  readonly hostFunctions: ((...x: number[]) => number)[] = [];
  private readonly known = new Map<string, Value>();
  private readonly functionNumbers = new Map<object, number>();

  shapeOf(value: Value): Shape {
    return this.entries[value].shape;
  }

  input(index: number, shape: Shape): Value {
    return this.add({ kind: 'input', index }, shape);
  }

  splat(value: number, shape: Shape): Value {
    return this.add({ kind: 'splat', value }, shape);
  }

  constant(data: ArrayLike<number>, shape: Shape): Value {
    const [first] = Array.from({ length: Math.min(1, data.length) }, (_, i) => data[i]);
    if (first !== undefined && isUniform(data)) return this.splat(first, shape);
    const node: Node = { kind: 'constant', data };
    if (data.length > COMPARED) return this.append(node, shape);
    return this.keyed(`constant ${Array.from(data).join()}`, node, shape);
  }

  /** An elementwise function of broadcast arguments. */
  map(fn: string, ...args: Value[]): Value {
    const shape = broadcast(args.map((a) => this.shapeOf(a)));
    const splats = args.map((a) => this.splatOf(a));
    if (splats.every((x) => x !== undefined)) return this.splat(functions[fn].evaluate(...(splats as number[])), shape);
    return this.simplified(fn, args, splats, shape) ?? this.add({ kind: 'map', fn, args }, shape);
  }

  hostMap(f: (...x: number[]) => number, args: readonly Value[], shape: Shape): Value {
    let fn = this.functionNumbers.get(f);
    if (fn === undefined) {
      fn = this.hostFunctions.push(f) - 1;
      this.functionNumbers.set(f, fn);
    }
    return this.add({ kind: 'hostMap', fn, args }, shape);
  }

  view(source: Value, from: readonly SourceIndex[], shape: Shape): Value {
    const entry = this.entries[source];
    if (entry.kind === 'splat') return this.splat(entry.value, shape);
    const isWhole =
      shape.length === entry.shape.length &&
      from.every(({ dim, step, offset }, i) =>
        entry.shape[i] === 1 ? shape[i] === 1 : dim === i && step === 1 && offset === 0 && shape[i] === entry.shape[i],
      );
    if (isWhole) return source;
    if (entry.kind === 'view') {
      const composed = entry.from.map(({ dim, step, offset }) =>
        dim < 0
          ? fixedAt(offset)
          : { dim: from[dim].dim, step: step * from[dim].step, offset: offset + step * from[dim].offset },
      );
      return this.view(entry.args[0], composed, shape);
    }
    return this.add(
      { kind: 'view', args: [source], from: from.map((f) => (f.dim < 0 ? fixedAt(f.offset) : f)) },
      shape,
    );
  }

  /** Broadcast to `shape`. */
  expand(x: Value, shape: Shape): Value {
    const own = this.shapeOf(x);
    const lead = shape.length - own.length;
    return this.view(
      x,
      own.map((n, i) => (n === 1 ? fixedAt(0) : along(i + lead))),
      shape,
    );
  }

  transpose(x: Value, perm: readonly number[]): Value {
    const own = this.shapeOf(x);
    const at = own.map((_, i) => perm.indexOf(i));
    return this.view(
      x,
      at.map((dim) => along(dim)),
      perm.map((p) => own[p]),
    );
  }

  slice(x: Value, begin: readonly number[], shape: Shape, step?: readonly number[]): Value {
    return this.view(
      x,
      begin.map((offset, dim) => ({ dim, step: step?.[dim] ?? 1, offset })),
      shape,
    );
  }

  /** A view if only dimensions of size 1 are added or removed. */
  reshape(x: Value, shape: Shape): Value {
    const entry = this.entries[x];
    const own = entry.shape;
    if (sameShape(own, shape)) return x;
    if (entry.kind === 'splat') return this.splat(entry.value, shape);
    const wide = (s: Shape) => s.flatMap((n, i) => (n === 1 ? [] : [i]));
    const [before, after] = [wide(own), wide(shape)];
    if (before.length === after.length && before.every((d, i) => own[d] === shape[after[i]])) {
      const to = new Map(before.map((d, i) => [d, after[i]]));
      return this.view(
        x,
        own.map((_, d) => (to.has(d) ? along(to.get(d) as number) : fixedAt(0))),
        shape,
      );
    }
    if (entry.kind === 'reshape') return this.reshape(entry.args[0], shape);
    if (entry.kind === 'constant') return this.constant(entry.data, shape);
    return this.add({ kind: 'reshape', args: [x] }, shape);
  }

  /** Reduces over the given axes. */
  reduce(fold: Fold, x: Value, axes: readonly number[], keepDims: boolean): Value {
    const own = this.shapeOf(x);
    const gone = new Set(axes);
    const kept = own.flatMap((n, i) => (gone.has(i) ? (keepDims ? [1] : []) : [n]));
    const bare = own.filter((_, i) => !gone.has(i));
    const inner = [...gone].sort((a, b) => a - b).filter((i) => own[i] !== 1);
    if (inner.length === 0) return this.reshape(x, kept);
    const splat = this.splatOf(x);
    const count = inner.reduce((n, i) => n * own[i], 1);
    if (splat !== undefined && count > 0) {
      const value = fold === 'sum' ? splat * count : fold === 'prod' ? splat ** count : splat;
      return this.splat(value, kept);
    }
    const outer = own.flatMap((_, i) => (gone.has(i) ? [] : [i]));
    if (fold === 'sum') {
      const selected = withoutSelection(this, x, inner);
      if (selected) return this.reshape(this.reduce('sum', selected.value, selected.axes, true), kept);
    }
    const order = [...outer, ...inner, ...[...gone].filter((i) => own[i] === 1)];
    const moved = this.reshape(this.transpose(x, order), [...bare, ...inner.map((i) => own[i])]);
    const folded = this.add({ kind: 'reduce', fold, args: [moved], count: inner.length }, bare);
    return this.reshape(folded, kept);
  }

  argReduce(fold: 'max' | 'min', x: Value, axis: number): Value {
    const [moved, shape] = this.withLast(x, axis);
    return this.add({ kind: 'argReduce', fold, args: [moved] }, shape.slice(0, -1));
  }

  scan(fold: 'sum' | 'prod', x: Value, axis: number, exclusive: boolean, reverse: boolean): Value {
    const [moved, shape] = this.withLast(x, axis);
    const scanned = this.add({ kind: 'scan', fold, args: [moved], exclusive, reverse }, shape);
    const rank = shape.length;
    const back = Array.from({ length: rank }, (_, i) => (i < axis ? i : i === axis ? rank - 1 : i - 1));
    return this.transpose(scanned, back);
  }

  matMul(a: Value, b: Value): Value {
    const [sa, sb] = [this.shapeOf(a), this.shapeOf(b)];
    const batch = broadcast([sa.slice(0, -2), sb.slice(0, -2)]);
    return this.add({ kind: 'matMul', args: [a, b] }, [...batch, sa[sa.length - 2], sb[sb.length - 1]]);
  }

  place(parts: readonly Block[], fill: number, shape: Shape): Value {
    const kept = parts.filter(({ value }) => sizeOf(this.shapeOf(value)) > 0);
    if (kept.length === 1 && sameShape(this.shapeOf(kept[0].value), shape)) return kept[0].value;
    return this.add({ kind: 'place', args: kept.map((p) => p.value), at: kept.map((p) => p.at), fill }, shape);
  }

  gather(x: Value, indices: Value): Value {
    return this.add({ kind: 'gather', args: [x, indices] }, [...this.shapeOf(indices), ...this.shapeOf(x).slice(1)]);
  }

  /** Never merged with another call, since it may draw random numbers. */
  host(call: HostCall, args: readonly Value[]): Value {
    return this.append({ kind: 'host', call, args }, call.shape);
  }

  splatOf(value: Value): number | undefined {
    const entry = this.entries[value];
    return entry.kind === 'splat' ? entry.value : undefined;
  }

  private withLast(x: Value, axis: number): [Value, Shape] {
    const rank = this.shapeOf(x).length;
    const order = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis];
    const moved = this.transpose(x, order);
    return [moved, this.shapeOf(moved)];
  }

  /** Simplifications that hold for every number, including NaN and infinities. */
  private simplified(
    fn: string,
    args: readonly Value[],
    splats: readonly (number | undefined)[],
    shape: Shape,
  ): Value | undefined {
    const [a, b] = args;
    const [x, y] = splats;
    const same = (value: Value) => this.expand(value, shape);
    switch (fn) {
      case 'Add':
        return y === 0 ? same(a) : x === 0 ? same(b) : this.joined(a, b);
      case 'Sub':
        return y === 0 ? same(a) : x === 0 ? this.map('Neg', same(b)) : undefined;
      case 'Mul':
        if (y === 1) return same(a);
        if (x === 1) return same(b);
        return y === -1 ? this.map('Neg', same(a)) : x === -1 ? this.map('Neg', same(b)) : undefined;
      case 'Div':
        return y === 1 ? same(a) : undefined;
      case 'Pow':
        return y === 1 ? same(a) : y === 2 ? this.map('Square', same(a)) : undefined;
      case 'Neg': {
        const entry = this.entries[a];
        return entry.kind === 'map' && entry.fn === 'Neg' ? entry.args[0] : undefined;
      }
      case 'Select':
        return x === undefined ? undefined : same(args[x !== 0 ? 1 : 2]);
      default:
        return undefined;
    }
  }

  /** The sum of blocks among zeros, such as the gradients of slices of one array: all blocks at once, where none overlap. */
  private joined(a: Value, b: Value): Value | undefined {
    const [x, y] = [this.entries[a], this.entries[b]];
    if (x.kind !== 'place' || y.kind !== 'place' || !sameShape(x.shape, y.shape)) return undefined;
    if (x.fill !== 0 || y.fill !== 0) return undefined;
    const blocks = [x, y].map(({ args, at }) => args.map((value, i) => ({ value, at: at[i] })));
    const isFree = blocks[0].every((one) => blocks[1].every((other) => this.isApart(one, other)));
    return isFree ? this.place(blocks.flat(), 0, x.shape) : undefined;
  }

  private isApart(a: Block, b: Block): boolean {
    const [x, y] = [this.shapeOf(a.value), this.shapeOf(b.value)];
    return a.at.some((from, i) => from + x[i] <= b.at[i] || b.at[i] + y[i] <= from);
  }

  private add(node: Node, shape: Shape): Value {
    const { kind, ...rest } = node;
    return this.keyed(`${kind} ${JSON.stringify(rest, keptInKey)}`, node, shape);
  }

  private keyed(key: string, node: Node, shape: Shape): Value {
    const full = `${key} [${shape}]`;
    const before = this.known.get(full);
    if (before !== undefined) return before;
    const value = this.append(node, shape);
    this.known.set(full, value);
    return value;
  }

  private append(node: Node, shape: Shape): Value {
    return this.entries.push({ ...node, shape }) - 1;
  }
}

/** JSON has neither NaN nor infinities, and no -0. */
const keptInKey = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `${Object.is(value, -0) ? '-0' : value}`
    : value;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** The shape of values broadcast together, which TensorFlow.js has checked. */
export function broadcast(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((s) => s[i - rank + s.length] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}

function isUniform(data: ArrayLike<number>): boolean {
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], data[0])) return false;
  return true;
}

/** The values that `roots` depend on, in order, and how many other values use each. */
export function neededBy(entries: readonly Entry[], roots: readonly Value[]): Set<Value> {
  const needed = new Set(roots);
  for (let v = entries.length - 1; v >= 0; v--) if (needed.has(v)) for (const a of argsOf(entries[v])) needed.add(a);
  return needed;
}
