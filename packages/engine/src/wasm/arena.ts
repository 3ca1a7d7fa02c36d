/** Our SIMD loops on memory of their own, for numbers that lie elsewhere: those of recorded programs. */
import { EngineError } from '../errors.js';
import { compileSimd } from './compile.js';
import { hasLoops, LoopMemory } from './loopMemory.js';

let module: Promise<object> | undefined;

/** The loops, compiled once. */
export function loopsModule(): Promise<object> {
  module ??= import('./binary.js').then(async (code) => (await compileSimd(code)).module);
  return module;
}

let arena: LoopMemory | undefined;

/** Makes `hasArena` true. Does nothing where the loops cannot run. */
export async function prepareArena(): Promise<void> {
  if (arena) return;
  try {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536 });
    const { exports } = await WebAssembly.instantiate((await loopsModule()) as WebAssembly.Module, { env: { memory } });
    if (hasLoops(exports)) arena = new LoopMemory(stackOn(memory), exports);
  } catch {
    // Whoever asks computes without it.
  }
}

/** Whether `onArena` works: once an engine was selected, where the loops run. */
export const hasArena = (): boolean => arena !== undefined;

/** A matrix among the numbers of an array. Offset and steps are in numbers. */
export interface ArrayMatrix {
  readonly values: ArrayLike<number>;
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** The product of two matrices, row by row, to `output`. */
export function multiplyArrays(a: ArrayMatrix, b: ArrayMatrix, output: Float32Array): void {
  onArena([a.values, b.values], output, (memory, addresses, to) => {
    const [left, right] = [a, b].map(({ offset, rows, columns, rowStep, columnStep }, i) => ({
      ...{ address: addresses[i] + 4 * offset, rows, columns },
      ...{ rowStep: 4 * rowStep, columnStep: 4 * columnStep },
    }));
    memory.multiply(left, right, to);
  });
}

/** Runs `body` with copies of `inputs` and room for the output, which is copied to `output` afterwards. */
export function onArena(
  inputs: readonly ArrayLike<number>[],
  output: Float32Array,
  body: (memory: LoopMemory, addresses: readonly number[], to: number) => void,
): void {
  const memory = arena;
  if (!memory)
    throw new EngineError('The loops do not run here, or no engine was selected. Call selectEngine() first.');
  const sizes = inputs.map((x) => Math.ceil(x.length / LINE) * LINE);
  memory.withRoom(
    sizes.reduce((a, b) => a + b, output.length + LINE),
    (to) => {
      let next = to + 4 * Math.ceil(output.length / LINE) * LINE;
      const addresses = inputs.map((x, i) => {
        memory.view(next, x.length).set(x);
        const address = next;
        next += 4 * sizes[i];
        return address;
      });
      body(memory, addresses, to);
      output.set(memory.view(to, output.length));
    },
  );
}

/** Floats of a line of the cache. */
const LINE = 16;
const PAGE = 65_536;

/** What was allocated last is freed first. */
function stackOn(memory: WebAssembly.Memory) {
  let top = 4 * LINE;
  return {
    buffer: () => memory.buffer,
    allocate: (bytes: number): number => {
      const address = top;
      top += Math.ceil(bytes / (4 * LINE)) * 4 * LINE;
      const missing = Math.ceil((top - memory.buffer.byteLength) / PAGE);
      if (missing > 0) {
        try {
          memory.grow(missing);
        } catch {
          top = address;
          return 0;
        }
      }
      return address;
    },
    free: (address: number): void => {
      top = address;
    },
  };
}
