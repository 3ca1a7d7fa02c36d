/** Sums with constants that have a single 1 in each row, as `oneHot` makes them for the values of an enumerated variable: they select entries, and become views. */
import type { PlanBuilder } from './builder.js';
import { along, fixedAt, type Shape, type SourceIndex, stridesOf, type Value } from './nodes.js';

/** Constants with more entries are not searched. */
const LARGEST = 4096;

/**
 * If `x` is a product with a constant that selects one entry along one of `axes`, at a fixed index or at the index of another dimension: the selected
 * entries, of size 1 along that axis, and the axes that remain to be summed.
 */
export function withoutSelection(
  builder: PlanBuilder,
  x: Value,
  axes: readonly number[],
): { value: Value; axes: readonly number[] } | undefined {
  const entry = builder.entries[x];
  if (entry.kind !== 'map' || entry.fn !== 'Mul') return undefined;
  for (const [constant, other] of [entry.args, [entry.args[1], entry.args[0]]]) {
    const read = readerOf(builder, constant, entry.shape);
    if (!read) continue;
    for (const axis of axes) {
      const index = read.dims.includes(axis) ? selectedBy(read, entry.shape, axis) : undefined;
      if (!index) continue;
      const shape = entry.shape.map((n, i) => (i === axis ? 1 : n));
      const whole = builder.expand(other, entry.shape);
      const from = entry.shape.map((_, i) => (i === axis ? index : along(i)));
      return { value: builder.view(whole, from, shape), axes: axes.filter((a) => a !== axis) };
    }
  }
  return undefined;
}

interface Reader {
  /** The dimensions of the product along which the constant varies. */
  readonly dims: readonly number[];
  readonly at: (index: readonly number[]) => number;
}

/** Reads a constant, or a view of one, by indices of the product. */
function readerOf(builder: PlanBuilder, value: Value, shape: Shape): Reader | undefined {
  const entry = builder.entries[value];
  const lead = shape.length - entry.shape.length;
  const source = entry.kind === 'view' ? builder.entries[entry.args[0]] : entry;
  if (source.kind !== 'constant' || source.data.length > LARGEST) return undefined;
  const own = entry.shape.map((n, i) => (n === 1 ? fixedAt(0) : along(i + lead)));
  const from: SourceIndex[] =
    entry.kind === 'view'
      ? entry.from.map(({ dim, step, offset }) =>
          dim < 0 || own[dim].dim < 0 ? fixedAt(offset) : { dim: own[dim].dim, step, offset },
        )
      : own;
  const strides = stridesOf(source.shape);
  const at = (index: readonly number[]): number =>
    source.data[
      from.reduce((sum, { dim, step, offset }, i) => sum + strides[i] * (offset + (dim < 0 ? 0 : step * index[dim])), 0)
    ];
  return { dims: [...new Set(from.flatMap(({ dim }) => (dim < 0 ? [] : [dim])))], at };
}

/** The index along `axis` at which the constant is 1 (and 0 elsewhere): fixed, or that of another dimension. */
function selectedBy({ dims, at }: Reader, shape: Shape, axis: number): SourceIndex | undefined {
  const others = dims.filter((dim) => dim !== axis);
  const index = shape.map(() => 0);
  let candidates: SourceIndex[] | undefined;
  const visit = (depth: number): boolean => {
    if (depth < others.length) {
      const dim = others[depth];
      for (let i = 0; i < shape[dim]; i++) {
        index[dim] = i;
        if (!visit(depth + 1)) return false;
      }
      return true;
    }
    let place = -1;
    for (let i = 0; i < shape[axis]; i++) {
      index[axis] = i;
      const value = at(index);
      if (value === 0) continue;
      if (value !== 1 || place >= 0) return false;
      place = i;
    }
    if (place < 0) return false;
    candidates ??= [fixedAt(place), ...others.map(along)];
    candidates = candidates.filter(({ dim, offset }) => (dim < 0 ? offset : index[dim]) === place);
    return candidates.length > 0;
  };
  return visit(0) ? candidates?.[0] : undefined;
}
