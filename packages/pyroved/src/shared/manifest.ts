/** The list of the files of a source in a shared storage, checked like any input: no name in it can point outside of the folder that it is unpacked to. */
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { fileOptions } from '../sources/contentHash.js';
import type { Source } from '../sources/source.js';
import { ContentError, isSha256 } from './store.js';

export interface DataManifest {
  /** The source; the options named in `options` are places relative to the folder of the files. */
  readonly source: Source;
  readonly options: readonly string[];
  readonly files: readonly { readonly place: string; readonly sha256: string }[];
  /** Empty folders. */
  readonly folders: readonly string[];
}

/** @throws {ContentError} when it is not a list of files, or names something outside of its folder */
export function parseManifest(content: Uint8Array): DataManifest {
  const value = parsed(content);
  if (!isRecord(value)) throw invalid('an object');
  rejectUnknownKeys('the list of images', value, ['source', 'options', 'files', 'folders']);
  const { source, options, files, folders } = value;
  if (!isSource(source)) throw invalid('a source of images');
  const names = fileOptions[source.kind];
  const given: Readonly<Record<string, unknown>> = { ...source };
  if (!Array.isArray(options) || !options.every((option) => names.includes(option) && isPlace(given[option])))
    throw invalid('the options that name files');
  const named = names.filter((name) => given[name] !== undefined && !options.includes(name));
  if (!named.every((name) => source.kind === 'array' && name === 'labels' && isPlace(given[name])))
    throw invalid(`files of the list in ${named.join(', ')}`);
  if ('outsidePaths' in source && source.outsidePaths) throw invalid('no files outside of its folder');
  if (!Array.isArray(files) || !files.every((file) => isRecord(file) && isPlace(file.place) && isSha256(file.sha256)))
    throw invalid('files with a place and a hash');
  if (!Array.isArray(folders) || !folders.every(isPlace)) throw invalid('folders');
  return { source, options, files, folders };
}

const invalid = (expected: string): ContentError =>
  new ContentError(`The list of images in the storage is damaged: expected ${expected}.`);

function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    throw invalid('JSON');
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only the kind is checked; each source checks its own options. */
const isSource = (value: unknown): value is Source =>
  isRecord(value) && typeof value.kind === 'string' && Object.hasOwn(fileOptions, value.kind);

/** A path below a folder, with slashes. */
const isPlace = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= 4000 &&
  !value.includes('\0') &&
  !value.includes('\\') &&
  !/^[A-Za-z]:/.test(value) &&
  value.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
