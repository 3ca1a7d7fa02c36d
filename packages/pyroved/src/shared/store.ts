/** The storage that a study shares with its workers: named byte strings, some of them written once. */
import { createHash } from 'node:crypto';
import { PyrovedError } from 'pyroved-ts';

/**
 * A storage. Keys are names separated by slashes; see `checkKey`. What a key holds is always whole: a reader sees the old or the new content, also after a
 * kill. Rejects with a `StorageError` when the storage cannot be read or written.
 */
export interface SharedStore {
  /** For messages; has no credentials. */
  readonly name: string;
  /** The content of a key; undefined if it has none. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Replaces the content. */
  write(key: string, content: Uint8Array): Promise<void>;
  /** Writes once: false if the key has a content, which stays. Of several at the same time, one succeeds. */
  create(key: string, content: Uint8Array): Promise<boolean>;
  has(key: string): Promise<boolean>;
  /** The last parts of the keys directly below `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  remove(key: string): Promise<void>;
  /** Stores a file, which may be larger than the memory, unless the key has a content. */
  upload(file: string, key: string): Promise<void>;
  /** Writes the content of a key to a file. */
  download(key: string, file: string): Promise<void>;
}

/** Thrown when the shared storage cannot be read or written, or holds something else than expected. */
export class StorageError extends PyrovedError {}

/** Thrown when a content is missing or damaged. */
export class ContentError extends StorageError {}

/** Rejects keys that could name something outside of the storage. @throws {StorageError} */
export function checkKey(key: string): string {
  const isKey = key.length <= 500 && key.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(part));
  if (isKey) return key;
  throw new StorageError(`${JSON.stringify(key.slice(0, 100))} is not a key of a storage.`);
}

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** Whether a text is a SHA-256 in hexadecimal. */
export const isSha256 = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);

/** The key of a content by its hash. */
export const blobKey = (hash: string): string => `blobs/${hash.slice(0, 2)}/${hash}`;

/** Stores a content under its hash, which is returned. */
export async function putBlob(store: SharedStore, content: Uint8Array): Promise<string> {
  const hash = sha256(content);
  await store.create(blobKey(hash), content);
  return hash;
}

/** The content with a hash. @throws {ContentError} when it is missing or damaged */
export async function getBlob(store: SharedStore, hash: string): Promise<Uint8Array> {
  const content = isSha256(hash) ? await store.read(blobKey(hash)) : undefined;
  if (content === undefined) throw new ContentError(`${store.name} lacks the content ${hash.slice(0, 64)}.`);
  if (sha256(content) === hash) return content;
  throw new ContentError(`${store.name}: the content ${hash} is damaged. Remove ${blobKey(hash)}.`);
}

/** A JSON value of a storage; undefined if the key has no content. @throws {ContentError} when it is not JSON */
export async function readJson(store: SharedStore, key: string): Promise<unknown> {
  const content = await store.read(key);
  if (content === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch (cause) {
    throw new ContentError(`${store.name}: ${key} is damaged: it is not JSON.`, undefined, { cause });
  }
}

export const jsonBytes = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
