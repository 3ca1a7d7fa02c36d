/** Arrays of HDF5 files, item by item from disk, and labels as text. */
import type { Dataset } from 'h5wasm/node';
import { eachMember, explainHdf5Error, type Hdf5File, isNumeric, openHdf5File } from '../formats/hdf5.js';
import { type ArrayFile, chooseName } from './arrayFile.js';

/** Opens a dataset of numbers; `dataset` may be omitted where there is only one. */
export async function openHdf5(path: string, dataset: string | undefined): Promise<ArrayFile> {
  const file = await openHdf5File(path);
  try {
    const found = new Map(datasetsOf(file).filter(([, candidate]) => isNumeric(candidate)));
    const chosen = found.get(chooseName(path, [...found.keys()], dataset, (name) => found.get(name)?.shape ?? []));
    const shape = chosen?.shape ?? [];
    if (!chosen || shape.length === 0) throw new Error('the dataset is a single number');
    const rest = shape.slice(1).map((size): [number, number] => [0, size]);
    const item = (i: number): Float32Array => {
      const values = explainHdf5Error(() => chosen.slice([[i, i + 1], ...rest]));
      if (!ArrayBuffer.isView(values)) throw new Error('the dataset holds no numbers');
      return Float32Array.from(values as unknown as ArrayLike<number | bigint>, Number);
    };
    return { shape, item, close: file.close };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The texts of a dataset of strings; undefined where `dataset` is not one. */
export async function readHdf5Texts(path: string, dataset: string): Promise<string[] | undefined> {
  const file = await openHdf5File(path);
  try {
    const found = file.dataset(file.root, dataset.replace(/^\//, ''));
    if (!found || !TEXT_CLASSES.includes(found.metadata.type)) return undefined;
    const values = explainHdf5Error(() => found.value);
    return Array.isArray(values) && values.every((value) => typeof value === 'string') ? values : undefined;
  } finally {
    file.close();
  }
}

/** HDF5's classes of strings: of fixed and of variable length. */
const TEXT_CLASSES = [3, 9];

const datasetsOf = (file: Hdf5File): [string, Dataset][] =>
  [...eachMember(file)].flatMap(([path, member]): [string, Dataset][] => ('shape' in member ? [[path, member]] : []));
