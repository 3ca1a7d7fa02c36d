/** Large matrix products: computed by the native kernel if one is provided, or by the engine's loops if generated code has no fused multiply-add. */
import {
  type ArrayMatrix,
  asFloat32,
  type HostCall,
  hasArena,
  multiplyArrays,
  providedLoops,
} from '@pyro-ts/engine/internal';
import type { Stored } from './loops.js';
import { type Entry, type Node, type Shape, sizeOf, stridesOf, type Value } from './nodes.js';
import { hasFused } from './wasm/kernels.js';

/** Numbers of multiplications above which the engine's loops, and the native kernel with its call from JavaScript, are faster. */
const LARGE = 2 ** 16;
const LARGE_NATIVE = 2 ** 17;

type Product = Extract<Node, { kind: 'matMul' }>;

/** Whether a call computes the product, so that its operands have to be in memory. */
export function isLargeProduct(
  entries: readonly Entry[],
  { args, shape }: Product & { readonly shape: Shape },
): boolean {
  const [a, b] = args.map((arg) => entries[arg].shape);
  const isPlain = [a, b, shape].every((s) => s.slice(0, -2).every((n) => n === 1));
  if (!isPlain) return false;
  const multiplications = sizeOf(shape) * a[a.length - 1];
  // The engine's loops are used if the native kernel is disposed of.
  return (
    hasArena() && multiplications >= (providedLoops() ? LARGE_NATIVE : hasFused() ? Number.POSITIVE_INFINITY : LARGE)
  );
}

/** The call that computes a large product, and the values whose memory it reads; undefined if an operand is not in memory as a matrix. */
export function productCall(
  stored: Stored,
  { args, shape }: Product & { readonly shape: Shape },
): { call: HostCall; args: Value[] } | undefined {
  const [a, b] = args.map((arg) => matrixOf(stored, arg));
  if (!a || !b) return undefined;
  const run: HostCall['run'] = ([left, right], output) => {
    const [x, y] = [
      { ...a.matrix, values: asFloat32(left) },
      { ...b.matrix, values: asFloat32(right) },
    ];
    const loops = providedLoops();
    if (loops) loops.multiply(x, y, output as Float32Array);
    else multiplyArrays(x, y, output as Float32Array);
  };
  return {
    call: { name: 'matMul', inputs: [], shape, dtype: 'float32', run, writesAll: true },
    args: [a.home, b.home],
  };
}

/** Memory layout of the last two dimensions of `value`. */
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
