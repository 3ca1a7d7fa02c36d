/** Errors of the file system with messages that say what to do. */
import { PyrovedError } from 'pyroved-ts';

/**
 * A file that cannot be read or written.
 * @example
 * try {
 *   await folderToNpy('images', '/full-disk/images.npy', { size: 32 });
 * } catch (error) {
 *   if (error instanceof FileError) console.error(error.message); // Could not write ...: the disk is full. ...
 * }
 */
export class FileError extends PyrovedError {}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space, or choose a folder on another disk',
  EDQUOT: 'your quota on this disk is used up. Free some space, or choose a folder on another disk',
  EROFS: 'the disk is read-only. Choose another folder',
  EACCES: 'permission is denied. Change the permissions of the folder, or choose another one',
  EPERM: 'the operation is not permitted. Change the permissions of the folder, or choose another one',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder. Choose another path',
  EISDIR: 'there is a folder where a file is needed',
  EEXIST: 'there is a file where a folder is needed. Choose another path',
  ENAMETOOLONG: 'the path is too long. Choose a shorter one',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an error. Check the disk before you continue',
  EFBIG: 'the file would be larger than this disk or your limits allow',
};

/** Calls `action`; a file system error becomes a message that starts with `what`, e.g. "Could not write a.txt". @throws {Failure} */
export function explained<T>(
  what: string,
  action: () => T,
  Failure: new (message: string, site: undefined, options: ErrorOptions) => Error = FileError,
): T {
  try {
    return action();
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined) throw cause;
    throw new Failure(`${what}: ${CAUSES[code] ?? `the system reports ${code}`}.`, undefined, { cause });
  }
}

/** The code that the file system gave, e.g. "ENOSPC"; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error && 'syscall' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
