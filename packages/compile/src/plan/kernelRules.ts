/** Rules for kernels of TensorFlow.js that the exporters do not have. */
import type { RecordedCall } from '../record.js';
import type { PlanBuilder } from './builder.js';
import { functions } from './functions.js';
import { along, fixedAt, type Shape, sizeOf, type Value } from './nodes.js';

interface Made {
  readonly b: PlanBuilder;
  readonly args: readonly Value[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly shapes: readonly Shape[];
}
type Rule = (made: Made) => Value[] | undefined;

const axesOf = (given: unknown, rank: number): number[] =>
  (given === undefined || given === null
    ? Array.from({ length: rank }, (_, i) => i)
    : ([] as number[]).concat(given as number | number[])
  ).map((a) => (a < 0 ? a + rank : a));

const reduced =
  (fold: 'max' | 'min' | 'prod'): Rule =>
  ({ b, args: [x], attrs }) => {
    const axes = axesOf(attrs.axis ?? attrs.reductionIndices, b.shapeOf(x).length);
    return [b.reduce(fold, x, axes, attrs.keepDims === true)];
  };

const scanned =
  (fold: 'sum' | 'prod'): Rule =>
  ({ b, args: [x], attrs }) => {
    const [axis] = axesOf(attrs.axis ?? 0, b.shapeOf(x).length);
    return [b.scan(fold, x, axis, attrs.exclusive === true, attrs.reverse === true)];
  };

const rules: Readonly<Record<string, Rule>> = {
  AddN: ({ b, args }) => [args.reduce((sum, x) => b.map('Add', sum, x))],
  ZerosLike: ({ b, shapes }) => [b.splat(0, shapes[0])],
  OnesLike: ({ b, shapes }) => [b.splat(1, shapes[0])],
  Prod: reduced('prod'),
  All: reduced('min'),
  Any: reduced('max'),
  Cumsum: scanned('sum'),
  Cumprod: scanned('prod'),
  ArgMin: ({ b, args: [x], attrs }) => [b.argReduce('min', x, axesOf(attrs.axis ?? 0, b.shapeOf(x).length)[0])],
  ClipByValue: ({ b, args: [x], attrs }) => [
    b.map(
      'Minimum',
      b.map('Maximum', x, b.splat(attrs.clipValueMin as number, [])),
      b.splat(attrs.clipValueMax as number, []),
    ),
  ],
  Step: ({ b, args: [x], attrs }) => {
    const above = b.map('Greater', x, b.splat(0, []));
    const isMissing = b.map('IsNan', x);
    const rest = b.map('Select', above, b.splat(1, []), b.splat((attrs.alpha as number) ?? 0, []));
    return [b.map('Select', isMissing, x, rest)];
  },
  LogSoftmax: ({ b, args: [x] }) => {
    const last = [b.shapeOf(x).length - 1];
    const shifted = b.map('Sub', x, b.reduce('max', x, last, true));
    return [b.map('Sub', shifted, b.map('Log', b.reduce('sum', b.map('Exp', shifted), last, true)))];
  },
  Reverse: ({ b, args: [x], attrs }) => {
    const shape = b.shapeOf(x);
    const turned = new Set(axesOf(attrs.dims, shape.length));
    const from = shape.map((n, dim) => (turned.has(dim) ? { dim, step: -1, offset: n - 1 } : along(dim)));
    return [b.view(x, from, shape)];
  },
  Tile: ({ b, args: [x], attrs, shapes: [shape] }) => {
    const own = b.shapeOf(x);
    const reps = attrs.reps as readonly number[];
    if (own.every((n, i) => n === 1 || reps[i] === 1)) {
      return [
        b.view(
          x,
          own.map((n, i) => (n === 1 ? fixedAt(0) : along(i))),
          shape,
        ),
      ];
    }
    // Insert a new dimension before each, then merge the two.
    const split = own.flatMap((n, i) => [reps[i], n]);
    const wide = b.view(
      x,
      own.map((_, i) => along(2 * i + 1)),
      split,
    );
    return [b.reshape(wide, shape)];
  },
  BroadcastTo: ({ b, args: [x], shapes: [shape] }) => [b.expand(x, shape)],
  PadV2: ({ b, args: [x], attrs, shapes: [shape] }) => {
    const paddings = attrs.paddings as readonly (readonly [number, number])[];
    return [
      b.place([{ value: x, at: paddings.map(([before]) => before) }], (attrs.constantValue as number) ?? 0, shape),
    ];
  },
  StridedSlice: ({ b, args: [x], attrs, shapes: [shape] }) => {
    const { begin, strides, beginMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
    const own = b.shapeOf(x);
    const [from, step] = [begin, strides] as readonly number[][];
    const isPlain = !ellipsisMask && !newAxisMask && !shrinkAxisMask && from.length === own.length;
    if (!isPlain || shape.length !== own.length) return undefined;
    const offsets = from.map((at, i) => {
      const first = step[i] < 0 ? own[i] - 1 : 0;
      if (((beginMask as number) >> i) & 1) return first;
      const place = at < 0 ? at + own[i] : at;
      return Math.min(Math.max(place, step[i] < 0 ? -1 : 0), step[i] < 0 ? own[i] - 1 : own[i]);
    });
    return [b.slice(x, offsets, shape, step)];
  },
  OneHot: ({ b, args: [x], attrs, shapes: [shape] }) => {
    const { depth, onValue = 1, offValue = 0 } = attrs as { depth: number; onValue?: number; offValue?: number };
    const places = b.constant(
      Array.from({ length: depth }, (_, i) => i),
      [depth],
    );
    const column = b.reshape(x, [...b.shapeOf(x), 1]);
    return [
      b.expand(b.map('Select', b.map('Equal', column, places), b.splat(onValue, []), b.splat(offValue, [])), shape),
    ];
  },
  EluGrad: ({ b, args: [dy, y] }) => [
    b.map('Select', b.map('GreaterEqual', y, b.splat(0, [])), dy, b.map('Mul', dy, b.map('Add', y, b.splat(1, [])))),
  ],
  /** A list of indices already has a rule. */
  GatherV2: ({ b, args: [x, places], attrs }) => {
    if ((attrs.batchDims ?? 0) !== 0) return undefined;
    return [gatherAlong(b, x, places, axesOf(attrs.axis ?? 0, b.shapeOf(x).length)[0])];
  },
  Einsum: ({ b, args, attrs }) => {
    const [left, output] = (attrs.equation as string).replaceAll(' ', '').split('->');
    const inputs = left.split(',');
    const letters = [...output, ...new Set([...left.replaceAll(',', '')].filter((l) => !output.includes(l)))];
    const aligned = args.map((x, i) => {
      const own = inputs[i];
      const order = letters.flatMap((l) => (own.includes(l) ? [own.indexOf(l)] : []));
      const shape = letters.map((l) => (own.includes(l) ? b.shapeOf(x)[own.indexOf(l)] : 1));
      return b.reshape(b.transpose(x, order), shape);
    });
    const product = aligned.reduce((p, x) => b.map('Mul', p, x));
    const summed = letters.map((_, i) => i).slice(output.length);
    return [summed.length === 0 ? product : b.reduce('sum', product, summed, false)];
  },
  UnsortedSegmentSum: ({ b, args: [x, ids], attrs }) => {
    // As a product with one-hot rows, like the gradient of gather.
    const n = attrs.numSegments as number;
    const own = b.shapeOf(x);
    const rows = sizeOf(b.shapeOf(ids));
    const places = b.constant(
      Array.from({ length: n }, (_, i) => i),
      [n, 1],
    );
    const isIn = b.map('Equal', places, b.reshape(ids, [1, rows]));
    const rest = own.slice(b.shapeOf(ids).length);
    return [b.reshape(b.matMul(isIn, b.reshape(x, [rows, sizeOf(rest)])), [n, ...rest])];
  },
};

/** The results of a kernel; undefined if it has no rule. */
export function lowerKernel(
  b: PlanBuilder,
  call: RecordedCall,
  args: readonly Value[],
  shapes: readonly Shape[],
): Value[] | undefined {
  const rule = Object.hasOwn(rules, call.kernel) ? rules[call.kernel] : undefined;
  if (rule) return rule({ b, args, attrs: call.attrs, shapes });
  return Object.hasOwn(functions, call.kernel) ? [b.map(call.kernel, ...args)] : undefined;
}

/** Entries along `axis`: moves that axis to the front, and back afterwards. */
export function gatherAlong(builder: PlanBuilder, x: Value, indices: Value, axis: number): Value {
  const rank = builder.shapeOf(x).length;
  const width = builder.shapeOf(indices).length;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  const taken = builder.gather(builder.transpose(x, [axis, ...others]), indices);
  // The indices are now first; move the axes before `axis` in front of them.
  const order = [
    ...Array.from({ length: axis }, (_, i) => width + i),
    ...Array.from({ length: width }, (_, i) => i),
    ...Array.from({ length: rank - 1 - axis }, (_, i) => width + axis + i),
  ];
  return builder.transpose(taken, order);
}
