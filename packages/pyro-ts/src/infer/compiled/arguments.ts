/** The arguments of a program as what a compiled step is made for: tensors, which may change from step to step, and everything else. */
import * as tf from '@tensorflow/tfjs';

export interface Arguments {
  /** In the order in which they are found; their numbers are inputs of the compiled step. */
  readonly tensors: readonly tf.Tensor[];
  /** The same for arguments that one compiled step serves: shapes of tensors, and the values of everything else. */
  readonly key: string;
}

const numbers = new WeakMap<object, number>();
let count = 0;

/** Objects that are compared by identity get a number. */
function numberOf(x: object): number {
  let n = numbers.get(x);
  if (n === undefined) {
    n = ++count;
    numbers.set(x, n);
  }
  return n;
}

export function readArguments(args: readonly unknown[]): Arguments {
  const tensors: tf.Tensor[] = [];
  const seen = new Set<object>();
  const keyOf = (x: unknown): string => {
    if (x instanceof tf.Tensor) {
      tensors.push(x);
      return `${x.dtype}[${x.shape}]`;
    }
    if (typeof x === 'function') return `#${numberOf(x)}`;
    if (typeof x !== 'object' || x === null) return typeof x === 'string' ? JSON.stringify(x) : String(x);
    if (ArrayBuffer.isView(x))
      return `${x.constructor.name}(${(x as unknown as ArrayLike<number>).length}:${contentsOf(x)})`;
    if (seen.has(x)) return `#${numberOf(x)}`;
    seen.add(x);
    if (Array.isArray(x)) return `[${x.map(keyOf).join()}]`;
    if (Object.getPrototypeOf(x) === Object.prototype) {
      return `{${Object.entries(x)
        .map(([name, value]) => `${JSON.stringify(name)}:${keyOf(value)}`)
        .join()}}`;
    }
    return `#${numberOf(x)}`;
  };
  const key = args.map(keyOf).join();
  return { tensors, key };
}

/** A text that other contents do not have. */
const contentsOf = (x: ArrayBufferView): string => Array.from(x as unknown as ArrayLike<number>).join();

/** Whether `args` are those of before and can't have changed inside. */
export const areSame = (args: readonly unknown[], before: readonly unknown[]): boolean =>
  args.length === before.length &&
  args.every((x, i) => x === before[i] && (typeof x !== 'object' || x === null || x instanceof tf.Tensor));
