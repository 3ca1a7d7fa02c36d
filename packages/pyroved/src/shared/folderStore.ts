/** A folder as shared storage: on this machine, or a network disk that all workers mount. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as files from 'pyroved-data/internal';
import { flushFolder, makeFolder, writeFlushed } from '../storage/files.js';
import { linked } from '../storage/lock.js';
import { checkKey, type SharedStore, StorageError } from './store.js';

/** The folder of incomplete files. */
const DRAFTS = 'tmp';

/** Milliseconds after which an incomplete file was left by a process that ended. */
const OLD = 86_400_000;

/**
 * Files are complete before they get their names: by a rename, or by a link, which succeeds once.
 * @example const store = FolderStore.open('/shared/studies')
 */
export class FolderStore implements SharedStore {
  private constructor(readonly name: string) {}

  /** Opens or creates the storage. @throws {StorageError} when the folder cannot be written */
  static open(folder: string): FolderStore {
    const store = new FolderStore(path.resolve(folder));
    explained(`Could not create the storage ${folder}`, () => makeFolder(store.#path(DRAFTS)));
    store.#removeOldDrafts();
    return store;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return explained(`Could not read ${this.#path(key)}`, () => unlessMissing(() => fs.readFileSync(this.#path(key))));
  }

  async write(key: string, content: Uint8Array): Promise<void> {
    this.#place(key, (draft) => writeFlushed(draft, content), fs.renameSync);
  }

  async create(key: string, content: Uint8Array): Promise<boolean> {
    if (await this.has(key)) return false;
    return this.#place(key, (draft) => writeFlushed(draft, content), linked) === true;
  }

  async has(key: string): Promise<boolean> {
    return fs.existsSync(this.#path(key));
  }

  async list(prefix: string): Promise<string[]> {
    const folder = this.#path(prefix);
    return explained(`Could not read ${folder}`, () => unlessMissing(() => fs.readdirSync(folder).sort()) ?? []);
  }

  async remove(key: string): Promise<void> {
    explained(`Could not remove ${this.#path(key)}`, () => fs.rmSync(this.#path(key), { force: true }));
  }

  async upload(file: string, key: string): Promise<void> {
    if (await this.has(key)) return;
    this.#place(key, (draft) => copyFlushed(file, draft), linked);
  }

  async download(key: string, file: string): Promise<void> {
    explained(`Could not copy ${this.#path(key)} to ${file}`, () => fs.copyFileSync(this.#path(key), file));
  }

  #path(key: string): string {
    return path.join(this.name, checkKey(key));
  }

  /** Writes a draft and moves it to the place of `key`. */
  #place<T>(key: string, write: (draft: string) => void, move: (draft: string, file: string) => T): T {
    const file = this.#path(key);
    const draft = path.join(this.#path(DRAFTS), randomUUID());
    return explained(`Could not write ${file}`, () => {
      try {
        write(draft);
        makeFolder(path.dirname(file));
        const moved = move(draft, file);
        flushFolder(path.dirname(file));
        return moved;
      } finally {
        fs.rmSync(draft, { force: true });
      }
    });
  }

  #removeOldDrafts(): void {
    for (const name of fs.readdirSync(this.#path(DRAFTS))) {
      const draft = path.join(this.#path(DRAFTS), name);
      const { mtimeMs } = fs.statSync(draft, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY };
      if (Date.now() - mtimeMs > OLD) fs.rmSync(draft, { force: true });
    }
  }
}

function copyFlushed(from: string, to: string): void {
  fs.copyFileSync(from, to);
  const handle = fs.openSync(to, 'r+');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (files.errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const explained = <T>(what: string, action: () => T): T => files.explained(what, action, StorageError);
