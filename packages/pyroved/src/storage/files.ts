/** Atomic writes: after a kill, a crash or a full disk, the previous file is intact. */
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from 'pyroved-data/internal';
import { explained } from './errors.js';

/** The name of a file until it is complete. The name is fixed, so that leftovers are overwritten. */
export const temporary = (file: string): string => `${file}.tmp`;

/**
 * Replaces `file` atomically: writes a temporary file, flushes it to disk, and renames it.
 * @param beforeRename called when the new file is complete, before it is renamed
 * @throws {RunError} when the disk is full or read-only; the old file is then unchanged.
 */
export function writeFileAtomic(file: string, content: Uint8Array | string, beforeRename?: () => void): void {
  const draft = temporary(file);
  explained(`Could not write ${file}`, () => {
    try {
      writeFlushed(draft, content);
      beforeRename?.();
      fs.renameSync(draft, file);
    } catch (error) {
      fs.rmSync(draft, { force: true });
      throw error;
    }
    flushFolder(path.dirname(file));
  });
}

/** Reads a text file. @throws {RunError} */
export function readText(file: string): string {
  return explained(`Could not read ${file}`, () => fs.readFileSync(file, 'utf8'));
}

/** Writes a file and flushes it to the disk. */
export function writeFlushed(file: string, content: Uint8Array | string): void {
  const handle = fs.openSync(file, 'w');
  try {
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Flushes a folder, so that a rename in it survives a power failure. Not needed on Windows. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * Creates `folder` and its parents, each flushed to disk. Not `recursive`, since Node's recursive call hides errors, or hangs, on some file systems.
 */
export function makeFolder(folder: string): void {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another process may have created it.
    if (errorCode(error) !== 'EEXIST' || !fs.statSync(folder).isDirectory()) throw error;
  }
  flushFolder(path.dirname(folder));
}
