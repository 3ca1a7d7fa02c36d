/**
 * One process at a time in a run folder.
 *
 * A lock is a file that is complete before it gets its name: `link()` gives the name to one process only. The lock of a process that has ended is taken
 * over by whoever links `run.lock.after-ID` first, where ID is that of the old lock; the old one is then replaced by a rename. So a lock is never
 * removed to make room for another, and a process that read the old lock long ago finds that it is no longer there, and starts again. One that ends
 * during the takeover leaves a lock that is taken over in the same way.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from 'pyroved-data/internal';
import { explained, RunError } from './errors.js';
import { writeFlushed } from './files.js';
import { type JsonObject, parseJsonObject } from './json.js';
import { hasEnded, type ProcessIdentity, processFrom, thisProcess } from './processIdentity.js';

export const LOCK_FILE = 'run.lock';

/**
 * Takes the folder for this process until the function that is returned is called, or the process ends.
 * @throws {RunError} when a process that is alive has it, or the folder cannot be written.
 */
export function lockFolder(folder: string): () => void {
  const file = path.join(folder, LOCK_FILE);
  const draft = `${file}.${process.pid}-${randomUUID()}`;
  const content = JSON.stringify({ ...thisProcess(), since: new Date().toISOString(), token: randomUUID() });
  explained(`Could not write ${file}`, () => {
    try {
      writeFlushed(draft, content);
      while (!isTaken(folder, draft)) refuseLocked(folder);
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

/** @throws {RunError} when a process that is alive has the folder. */
export function refuseLocked(folder: string): void {
  const holder = chainOf(folder).at(-1)?.holder;
  if (!holder || hasEnded(holder.process)) return;
  const self = thisProcess();
  const { pid, host, pidNamespace } = holder.process;
  const isElsewhere = host !== self.host || (pidNamespace ?? self.pidNamespace) !== self.pidNamespace;
  const where = host !== self.host ? ` on ${host}` : isElsewhere ? ' in another container' : '';
  throw new RunError(
    `Process ${pid}${where} has been at work in ${folder} since ${holder.since}. Wait for it or stop it, or choose another folder. ` +
      `If it is long gone, remove ${path.join(folder, LOCK_FILE)}.`,
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
  /** Undefined for what a crash or another program left: no lock. */
  readonly holder: Holder | undefined;
}

/** The lock, and the takeovers of locks of processes that ended; whoever wrote the last one has the folder. */
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

/** Tries once to give `draft` the lock's name: false where another process was quicker, or has it. */
function isTaken(folder: string, draft: string): boolean {
  const file = path.join(folder, LOCK_FILE);
  if (linked(draft, file)) return true;
  const chain = chainOf(folder);
  const [old] = chain;
  const last = chain.at(-1);
  if (!old || !last || (last.holder && !hasEnded(last.holder.process))) return false;
  const claim = claimOn(file, last);
  if (!linked(draft, claim)) return false;
  // Only the end of the chain may replace the lock, and no lock ever comes back: where the old one is still there, this process is that end.
  if (contentOf(file) !== old.content) {
    fs.rmSync(claim, { force: true });
    return false;
  }
  fs.renameSync(draft, file);
  for (const { file: taken } of chain.slice(1)) fs.rmSync(taken, { force: true });
  fs.rmSync(claim, { force: true });
  return true;
}

/** Gives a complete file another name, unless a file has it. Where the disk knows no links, the name is made by an exclusive open. */
function linked(from: string, to: string): boolean {
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
 * Removes the lock where it is this process's own. That the disk refuses is no error: the lock of a process that has ended does not count, and
 * what made the disk refuse has been reported by then.
 */
function release(file: string, content: string): void {
  try {
    if (contentOf(file) === content) fs.rmSync(file, { force: true });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

/** Removes what processes that were killed while they took the lock have left. Called by the holder, after whom no claim can succeed. */
function removeLeftovers(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(`${LOCK_FILE}.`)) continue;
    const file = path.join(folder, name);
    const holder = holderIn(contentOf(file) ?? '');
    if (holder ? hasEnded(holder.process) : isOld(file)) fs.rmSync(file, { force: true });
  }
}

/** Whether a file that is not complete will never be. */
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
