/**
 * Reads PyTorch's weight files (`torch.save(model.state_dict(), file)`, zip archives since PyTorch 1.6) without Python.
 */
import { halfToFloat32, upperHalfToFloat32 } from 'pyro-ts/internal';
import { ImportError } from '../../export/errors.js';
import { limitsFor, type ReadLimits } from '../limits.js';
import { unzipped } from './archive.js';
import { unpickleTensors } from './pickle.js';
import type { Storage, StoredTensor } from './pickled.js';

/** A tensor of a state dictionary, row major. */
export interface LoadedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

interface StorageType {
  readonly bytes: number;
  readonly decode: (bytes: ArrayBuffer) => ArrayLike<number>;
}

const TYPES: Readonly<Record<string, StorageType>> = {
  FloatStorage: { bytes: 4, decode: (b) => new Float32Array(b) },
  DoubleStorage: { bytes: 8, decode: (b) => new Float64Array(b) },
  HalfStorage: { bytes: 2, decode: (b) => halfToFloat32(new Uint16Array(b)) },
  BFloat16Storage: { bytes: 2, decode: (b) => upperHalfToFloat32(new Uint16Array(b)) },
  LongStorage: { bytes: 8, decode: (b) => Float64Array.from(new BigInt64Array(b), Number) },
  IntStorage: { bytes: 4, decode: (b) => new Int32Array(b) },
  ShortStorage: { bytes: 2, decode: (b) => new Int16Array(b) },
  CharStorage: { bytes: 1, decode: (b) => new Int8Array(b) },
  ByteStorage: { bytes: 1, decode: (b) => new Uint8Array(b) },
  BoolStorage: { bytes: 1, decode: (b) => new Uint8Array(b) },
};

/**
 * The tensors of a `.pt` file by name, converted to float32 from float64, float16, bfloat16 or integers. Shared storages
 * and arbitrary strides are supported. The pickle of the file is read as data; nothing in it is executed.
 * @param source name of the file in error messages
 * @throws {ImportError} when the file is damaged, of another format, or holds anything other than tensors.
 * @example const weights = readStateDict(readFileSync('rvae.pt'), 'rvae.pt'); // weights.get('decoder.out.bias')?.data
 */
export function readStateDict(
  bytes: Uint8Array,
  source = 'The file',
  limits: ReadLimits = {},
): Map<string, LoadedTensor> {
  const files = unzipped(bytes, source, limits);
  const pickle = [...files.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new ImportError(`${source} is a zip archive, but not one of PyTorch's: it has no data.pkl.`);
  }
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (files.has(`${folder}constants.pkl`)) {
    throw new ImportError(
      `${source} is a compiled (TorchScript) model. Save its weights: torch.save(model.state_dict(), file).`,
    );
  }
  const order = files.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order).trim() === 'big') {
    throw new ImportError(`${source} was written on a big-endian machine, which is not read.`);
  }
  const values = new Map<string, ArrayLike<number>>();
  const valuesOf = (storage: Storage): ArrayLike<number> => {
    const id = `${storage.type} ${storage.key} ${storage.length}`;
    const known = values.get(id) ?? decode(storage, files.get(`${folder}data/${storage.key}`), source);
    values.set(id, known);
    return known;
  };
  const tensors = unpickleTensors(files.get(pickle) as Uint8Array, source);
  // Several tensors may share a storage, and a stride may be 0, so their total size is limited too.
  const budget = { left: limitsFor(bytes.length, limits).maxBytes / 4 };
  return new Map(
    [...tensors].map(([name, tensor]) => [name, gathered(name, tensor, valuesOf(tensor.storage), budget, source)]),
  );
}

function decode({ type, key, length }: Storage, bytes: Uint8Array | undefined, source: string): ArrayLike<number> {
  const known = TYPES[type];
  if (!known) throw new ImportError(`${source} holds numbers of type ${type}, which are not read.`);
  if (!bytes) throw new ImportError(`${source} is damaged: it has no file data/${key}.`);
  if (bytes.length < length * known.bytes) {
    throw new ImportError(`${source} is damaged: data/${key} has ${bytes.length} bytes of ${length * known.bytes}.`);
  }
  // A copy, since a view must be aligned to its element size.
  return known.decode(bytes.slice(0, length * known.bytes).buffer as ArrayBuffer);
}

/** The values of a view of a storage, row major. */
function gathered(
  name: string,
  { shape, strides, offset }: StoredTensor,
  values: ArrayLike<number>,
  budget: { left: number },
  source: string,
): LoadedTensor {
  const count = shape.reduce((n, d) => n * d, 1);
  const last = shape.reduce((at, d, axis) => at + (d - 1) * strides[axis], offset);
  budget.left -= count;
  if (count > 0 && last >= values.length) {
    throw new ImportError(`${source} is damaged: "${name}" reaches past the end of its numbers.`);
  }
  if (!(budget.left >= 0))
    throw new ImportError(`${source} claims more numbers than a file of its size holds: it is damaged.`);
  const data = new Float32Array(count);
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    data[i] = values[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] += 1;
      at += strides[axis];
      if (index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { shape, data };
}
