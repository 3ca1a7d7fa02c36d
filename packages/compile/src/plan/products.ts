/** Large matrix products, which the engine's loops compute faster than generated code without fused multiply-add. */
import { type ArrayMatrix, type HostCall, hasArena, multiplyArrays } from '@pyro-ts/engine/internal';
import type { Stored } from './loops.js';
import { type Entry, type Node, type Shape, sizeOf, stridesOf, type Value } from './nodes.js';
import { hasFused } from './wasm/kernels.js';

/** From so many multiplications on. */
const LARGE = 2 ** 16;

type Product = Extract<Node, { kind: 'matMul' }>;

/** Whether the engine's loops compute a product, so that its operands have to lie in memory. */
export function isLargeProduct(
  entries: readonly Entry[],
  { args, shape }: Product & { readonly shape: Shape },
): boolean {
  const [a, b] = args.map((arg) => entries[arg].shape);
  const isPlain = [a, b, shape].every((s) => s.slice(0, -2).every((n) => n === 1));
  return isPlain && sizeOf(shape) * a[a.length - 1] >= LARGE && hasArena() && !hasFused();
}

/** The call that computes a large product, and the values whose memory it reads; nothing where an operand does not lie in memory as a matrix. */
export function productCall(
  stored: Stored,
  { args, shape }: Product & { readonly shape: Shape },
): { call: HostCall; args: Value[] } | undefined {
  const [a, b] = args.map((arg) => matrixOf(stored, arg));
  if (!a || !b) return undefined;
  const run: HostCall['run'] = ([left, right], output) => {
    multiplyArrays({ ...a.matrix, values: left }, { ...b.matrix, values: right }, output as Float32Array);
  };
  return { call: { name: 'matMul', inputs: [], shape, dtype: 'float32', run }, args: [a.home, b.home] };
}

/** How the last two dimensions of `value` lie in memory. */
function matrixOf(
  stored: Stored,
  value: Value,
): { readonly home: Value; readonly matrix: Omit<ArrayMatrix, 'values'> } | undefined {
  const entry = stored.entries[value];
  const [rows, columns] = entry.shape.slice(-2);
  const own = stored.homeOf(value);
  if (own !== undefined) return { home: own, matrix: { offset: 0, rows, columns, rowStep: columns, columnStep: 1 } };
  if (entry.kind !== 'view') return undefined;
  const home = stored.homeOf(entry.args[0]);
  if (home === undefined) return undefined;
  const strides = stridesOf(stored.entries[entry.args[0]].shape);
  const rank = entry.shape.length;
  const steps = [0, 0];
  let offset = 0;
  for (const [i, { dim, step, offset: from }] of entry.from.entries()) {
    offset += strides[i] * from;
    if (dim >= rank - 2) steps[dim - rank + 2] += strides[i] * step;
  }
  const [rowStep, columnStep] = steps;
  return rowStep < 0 || columnStep < 0 ? undefined : { home, matrix: { offset, rows, columns, rowStep, columnStep } };
}
