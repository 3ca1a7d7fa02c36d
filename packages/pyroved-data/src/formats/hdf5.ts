/** HDF5 files, opened with the HDF5 library itself (compiled to WebAssembly by h5wasm). */
import { resolve } from 'node:path';
import type { Attribute, Dataset, File, Group } from 'h5wasm/node';

/** HDF5's classes of numbers: integers and floating-point numbers. */
const NUMBER_CLASSES = [0, 1];
/** Groups below this depth are not visited; links can form circles. */
const MOST_DEPTH = 24;

/** An open HDF5 file. */
export interface Hdf5File {
  readonly root: Group;
  /** The member of a group by its path; undefined where there is none of this kind. */
  readonly group: (of: Group, path: string) => Group | undefined;
  readonly dataset: (of: Group, path: string) => Dataset | undefined;
  readonly close: () => void;
}

/** @throws {Error} when the file is damaged. */
export async function openHdf5File(path: string): Promise<Hdf5File> {
  const h5 = await import('h5wasm/node');
  // Errors are thrown rather than printed.
  (await h5.ready).activate_throwing_error_handler();
  const file: File = explainHdf5Error(() => new h5.File(resolve(path), 'r'));
  const member = (of: Group, name: string) => explainHdf5Error(() => (hasMember(of, name) ? of.get(name) : null));
  return {
    root: file,
    group: (of, name) => {
      const found = member(of, name);
      return found instanceof h5.Group ? found : undefined;
    },
    dataset: (of, name) => {
      const found = member(of, name);
      return found instanceof h5.Dataset ? found : undefined;
    },
    close: () => void file.close(),
  };
}

/** Whether a group has a member; the library throws for a path whose first part is missing. */
function hasMember(group: Group, path: string): boolean {
  try {
    return (
      path.split('/').reduce<Group | undefined>((at, key) => {
        if (!at?.keys().includes(key)) throw new Error('missing');
        const next = at.get(key);
        return next !== null && 'keys' in next ? next : undefined;
      }, group) !== null
    );
  } catch {
    return false;
  }
}

/** HDF5 reports a stack of calls; the innermost says what is wrong. */
export function explainHdf5Error<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const stack = cause instanceof Error ? cause.message : String(cause);
    const calls = [...stack.matchAll(/ in \w+\(\): (.+)/g)];
    throw new Error(calls.at(-1)?.[1] ?? stack, { cause });
  }
}

/** Whether a dataset holds numbers. */
export const isNumeric = (dataset: Dataset): boolean => NUMBER_CLASSES.includes(dataset.metadata.type);

/** Every group and dataset by its path without the leading slash, the group itself included (as ''). */
export function* eachMember(
  file: Hdf5File,
  at = file.root,
  prefix = '',
  depth = 0,
): Generator<[string, Group | Dataset]> {
  if (depth > MOST_DEPTH) return;
  if (prefix === '') yield ['', at];
  for (const key of explainHdf5Error(() => at.keys())) {
    const path = `${prefix}${key}`;
    const dataset = file.dataset(at, key);
    if (dataset) yield [path, dataset];
    const group = file.group(at, key);
    if (group) {
      yield [path, group];
      yield* eachMember(file, group, `${path}/`, depth + 1);
    }
  }
}

/** The value of an attribute as text; undefined where there is none. */
export function attributeText(of: Group | Dataset, name: string): string | undefined {
  const value = attributeValue(of, name);
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : undefined;
}

/** The value of an attribute as a list of texts; empty where there is none. */
export function attributeTexts(of: Group | Dataset, name: string): string[] {
  const value = attributeValue(of, name);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** The value of an attribute as a number; NaN where there is none. */
export function attributeNumber(of: Group | Dataset, name: string): number {
  const value = attributeValue(of, name);
  if (ArrayBuffer.isView(value) && 'length' in value && value.length === 1) return Number(Reflect.get(value, 0));
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? Number(value)
    : Number.NaN;
}

function attributeValue(of: Group | Dataset, name: string): unknown {
  const attributes: Readonly<Record<string, Attribute>> = explainHdf5Error(() => of.attrs);
  return Object.hasOwn(attributes, name) ? explainHdf5Error(() => attributes[name].value) : undefined;
}
