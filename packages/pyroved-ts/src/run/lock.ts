/** One process at a time in a run folder: a file that names the process, and that a dead one does not keep. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { errorCode, explained, RunError } from './errors.js';
import { writeWhole } from './files.js';
import { isJsonObject, type Json } from './json.js';

export const LOCK_FILE = 'run.lock';

/**
 * Takes the folder for this process until the function that comes back is called, or the process ends.
 * @throws {RunError} where a process that lives has it.
 */
export function lockFolder(folder: string): () => void {
  const file = path.join(folder, LOCK_FILE);
  const content = JSON.stringify({ pid: process.pid, host: os.hostname(), since: new Date().toISOString() });
  if (!written(file, content)) {
    refuseLocked(folder);
    writeWhole(file, content);
  }
  return () => fs.rmSync(file, { force: true });
}

/** Calls `body` while this process has the folder. */
export async function whileLocked<T>(folder: { lock(): () => void }, body: () => Promise<T>): Promise<T> {
  const release = folder.lock();
  try {
    return await body();
  } finally {
    release();
  }
}

/** @throws {RunError} where a process that lives has the folder. One on another machine counts as living: there is no way to ask. */
export function refuseLocked(folder: string): void {
  const file = path.join(folder, LOCK_FILE);
  const holder = holderOf(file);
  if (!holder || (holder.host === os.hostname() && !isAlive(holder.pid))) return;
  const where = holder.host === os.hostname() ? '' : ` on ${holder.host}`;
  throw new RunError(
    `Process ${holder.pid}${where} has been at work in ${folder} since ${holder.since}. Wait for it or stop it, or choose another folder. ` +
      `If it is long gone, remove ${file}.`,
  );
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** What the file says; undefined where there is none, or where a crash left one without content. */
function holderOf(file: string): Holder | undefined {
  try {
    const json: Json = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (!isJsonObject(json)) return undefined;
    const { pid, host, since } = json;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host, since: String(since) } : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the file, unless it is there. */
function written(file: string, content: string): boolean {
  return explained(`Could not write ${file}`, () => {
    try {
      fs.writeFileSync(file, content, { flag: 'wx' });
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user's is there, but may not be asked.
    return errorCode(error) === 'EPERM';
  }
}
