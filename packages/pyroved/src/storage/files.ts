/** Files that are written whole or not at all: a kill, a crash or a full disk leaves the file that was there before. */
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from 'pyroved-data/internal';
import { explained } from './errors.js';

/** Where a file lies until it is complete. The name is fixed, so that what a kill left behind is written over. */
export const temporary = (file: string): string => `${file}.tmp`;

/**
 * Replaces `file` by `content` in one step: written beside it, flushed to the disk, renamed.
 * @param beforeRename runs when the new file is complete and before it takes the old one's name.
 * @throws {RunError} when the disk is full or read-only; the old file is then untouched.
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

/** The text of a file. @throws {RunError} */
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

/** A rename survives a power cut only once its folder is flushed. Windows has no such call and does it by itself. */
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
 * Makes `folder` and those above it, each flushed to the disk; one by one, since Node's own recursive call hides the cause, or hangs, on some disks.
 */
export function makeFolder(folder: string): void {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another process may have been quicker.
    if (errorCode(error) !== 'EEXIST' || !fs.statSync(folder).isDirectory()) throw error;
  }
  flushFolder(path.dirname(folder));
}
