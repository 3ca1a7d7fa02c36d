/**
 * Locks: only one process at a time can write to a run folder.
 *
 * A lock file is complete before it gets its name: `link()` succeeds for one process only. The lock of a process that has ended is taken over by the
 * process that first links `run.lock.after-ID`, where ID identifies the old lock; the old lock is then replaced by a rename. A lock is never removed to
 * make room for another, so a process that has read an old lock finds it replaced and starts again. The lock of a process that ends during a takeover
 * is taken over in the same way.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from 'pyroved-data/internal';
import { explained, LockedError } from './errors.js';
import { writeFlushed } from './files.js';
import { type JsonObject, parseJsonObject } from './json.js';
import { hasEnded, type ProcessIdentity, processFrom, thisProcess } from './processIdentity.js';

export const LOCK_FILE = 'run.lock';

/**
 * Locks the folder for this process until the returned function is called or the process ends.
 * @throws {LockedError} when another running process holds the lock
 * @throws {RunError} when the folder is not writable
 */
export function lockFolder(folder: string): () => void {
  const file = path.join(folder, LOCK_FILE);
  const draft = `${file}.${process.pid}-${randomUUID()}`;
  const content = JSON.stringify({ ...thisProcess(), since: new Date().toISOString(), token: randomUUID() });
  explained(`Could not write ${file}`, () => {
    try {
      writeFlushed(draft, content);
      while (!isTaken(folder, draft)) assertUnlocked(folder);
    } finally {
      fs.rmSync(draft, { force: true });
    }
    removeLeftovers(folder);
  });
  return () => release(file, content);
}

/**
 * The lock of a folder for this process, released when it is disposed.
 * @example using _lock = lockOf(run);
 */
export const lockOf = (folder: { lock(): () => void }): Disposable => ({ [Symbol.dispose]: folder.lock() });

/** Locks the folder for this process, released when it is disposed; undefined while another process holds the lock. @throws {RunError} */
export function lockOfFolder(folder: string): Disposable | undefined {
  const holder = chainOf(folder).at(-1)?.holder;
  if (holder && !hasEnded(holder.process)) return undefined;
  try {
    return lockOf({ lock: () => lockFolder(folder) });
  } catch (error) {
    // Another process was faster.
    if (error instanceof LockedError) return undefined;
    throw error;
  }
}

/** Whether a running process holds the lock of the folder. */
export function isLocked(folder: string): boolean {
  const holder = chainOf(folder).at(-1)?.holder;
  return holder !== undefined && !hasEnded(holder.process);
}

/** @throws {LockedError} when a running process holds the lock of the folder. */
export function assertUnlocked(folder: string): void {
  const holder = chainOf(folder).at(-1)?.holder;
  if (!holder || hasEnded(holder.process)) return;
  const self = thisProcess();
  const { pid, host, pidNamespace } = holder.process;
  const isElsewhere = host !== self.host || (pidNamespace ?? self.pidNamespace) !== self.pidNamespace;
  const where = host !== self.host ? ` on ${host}` : isElsewhere ? ' in another container' : '';
  throw new LockedError(
    `Process ${pid}${where} has been using ${folder} since ${holder.since}. Wait for it, stop it, or choose another folder. ` +
      `If it is no longer running, remove ${path.join(folder, LOCK_FILE)}.`,
  );
}

/** Whether a file in a run folder is part of its lock. */
export const isLockFile = (name: string): boolean => name === LOCK_FILE || name.startsWith(`${LOCK_FILE}.`);

interface Holder {
  readonly process: ProcessIdentity;
  readonly since: string;
}

interface Link {
  readonly file: string;
  readonly content: string;
  /** Undefined for an invalid file, left by a crash or another program. */
  readonly holder: Holder | undefined;
}

/** The lock file and the takeover files of ended processes; the writer of the last one holds the lock. */
function chainOf(folder: string): Link[] {
  const lock = path.join(folder, LOCK_FILE);
  const links: Link[] = [];
  for (let file = lock; ; file = claimOn(lock, links.at(-1)!)) {
    const content = contentOf(file);
    if (content === undefined) return links;
    links.push({ file, content, holder: holderIn(content) });
  }
}

/** The file that takes over from `link`. */
const claimOn = (lock: string, { content }: Link): string =>
  `${lock}.after-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;

/** Tries once to acquire the lock with `draft`; false if another process holds it or was faster. */
function isTaken(folder: string, draft: string): boolean {
  const file = path.join(folder, LOCK_FILE);
  if (linked(draft, file)) return true;
  const chain = chainOf(folder);
  const [old] = chain;
  const last = chain.at(-1);
  if (!old || !last || (last.holder && !hasEnded(last.holder.process))) return false;
  const claim = claimOn(file, last);
  if (!linked(draft, claim)) return false;
  // Only the last of the chain may replace the lock, and locks never reappear: if the old one still exists, this process is the last.
  if (contentOf(file) !== old.content) {
    fs.rmSync(claim, { force: true });
    return false;
  }
  fs.renameSync(draft, file);
  for (const { file: taken } of chain.slice(1)) fs.rmSync(taken, { force: true });
  fs.rmSync(claim, { force: true });
  return true;
}

/** Links a complete file to another name, unless it exists. On file systems without links, the file is copied exclusively. */
export function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return false;
    if (code === undefined || !WITHOUT_LINKS.includes(code)) throw error;
  }
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Removes the lock if this process holds it. File system errors are ignored: the lock of an ended process has no effect, and the cause has been
 * reported already.
 */
function release(file: string, content: string): void {
  try {
    if (contentOf(file) === content) fs.rmSync(file, { force: true });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

/** Removes the files of processes that were killed while acquiring the lock. Called by the holder of the lock. */
function removeLeftovers(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(`${LOCK_FILE}.`)) continue;
    const file = path.join(folder, name);
    const holder = holderIn(contentOf(file) ?? '');
    if (holder ? hasEnded(holder.process) : isOld(file)) fs.rmSync(file, { force: true });
  }
}

/** Whether an incomplete file is too old to be completed. */
const isOld = (file: string): boolean =>
  Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 60_000;

function contentOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}

function holderIn(content: string): Holder | undefined {
  let json: JsonObject;
  try {
    json = parseJsonObject(content, LOCK_FILE);
  } catch {
    return undefined;
  }
  const holder = processFrom(json);
  return holder && { process: holder, since: String(json.since) };
}
