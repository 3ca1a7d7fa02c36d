/** The plain data of the pickle of a state dictionary. */

/** The numbers of a file, of which tensors are views. */
export interface Storage {
  /** "FloatStorage" */
  readonly type: string;
  /** Name of its file in the archive. */
  readonly key: string;
  readonly length: number;
}

/** A view of a storage. */
export interface StoredTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The name of a Python function or class. */
export class Global {
  constructor(readonly name: string) {}
}
export class PickledTensor {
  constructor(readonly tensor: StoredTensor) {}
}
export class PickledStorage {
  constructor(readonly storage: Storage) {}
}
/** A tuple, as opposed to a list. */
export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}
export type Value = null | boolean | number | string | Global | PickledTensor | PickledStorage | Tuple | Value[] | Dict;
export type Dict = Map<string, Value>;

/** A description of a value for error messages. */
export function describeValue(value: Value): string {
  if (value instanceof Global) return `the name ${value.name}`;
  if (value instanceof PickledTensor) return 'a tensor';
  if (value instanceof PickledStorage) return 'a storage';
  if (value instanceof Tuple) return 'a tuple';
  if (value instanceof Map) return 'a dictionary';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'None' : `a ${typeof value}`;
}
