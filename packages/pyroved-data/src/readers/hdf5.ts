/** HDF5 files, read with the HDF5 library itself (compiled to WebAssembly by h5wasm), item by item from disk. */
import { resolve } from 'node:path';
import type { Dataset, Group } from 'h5wasm/node';
import { type ArrayFile, chooseName } from './arrayFile.js';

type H5 = typeof import('h5wasm/node');
/** HDF5's classes of numbers: whole and floating-point. */
const NUMBER_CLASSES = [0, 1];

/** Opens a dataset of numbers; `dataset` may be omitted where there is only one. */
export async function openHdf5(path: string, dataset: string | undefined): Promise<ArrayFile> {
  const h5 = await import('h5wasm/node');
  // Errors are thrown rather than printed.
  (await h5.ready).activate_throwing_error_handler();
  const file = explainHdf5Error(() => new h5.File(resolve(path), 'r'));
  try {
    const found = explainHdf5Error(() => numericDatasets(h5, file));
    const chosen = found.get(chooseName(path, [...found.keys()], dataset));
    const shape = chosen?.shape ?? [];
    if (!chosen || shape.length === 0) throw new Error('the dataset is a single number');
    const rest = shape.slice(1).map(() => [] as []);
    const item = (i: number): Float32Array => {
      const values = explainHdf5Error(() => chosen.slice([[i, i + 1], ...rest]));
      if (!ArrayBuffer.isView(values)) throw new Error('the dataset holds no numbers');
      return Float32Array.from(values as unknown as ArrayLike<number | bigint>, Number);
    };
    return { shape, item, close: () => void file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** HDF5 reports a stack of calls; the innermost says what is wrong. */
function explainHdf5Error<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const stack = cause instanceof Error ? cause.message : String(cause);
    const calls = [...stack.matchAll(/ in \w+\(\): (.+)/g)];
    throw new Error(calls.at(-1)?.[1] ?? stack, { cause });
  }
}

/** Every dataset of numbers by its path. */
function numericDatasets(h5: H5, group: Group, prefix = '', found = new Map<string, Dataset>()): Map<string, Dataset> {
  for (const key of group.keys()) {
    const entry = group.get(key);
    if (entry instanceof h5.Group) numericDatasets(h5, entry, `${prefix}${key}/`, found);
    else if (entry instanceof h5.Dataset && NUMBER_CLASSES.includes(entry.metadata.type))
      found.set(`${prefix}${key}`, entry);
  }
  return found;
}
