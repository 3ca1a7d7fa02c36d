/** A folder of more images than memory holds, turned into one `.npy` file from which training streams. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataError, type FileProblem, listProblems } from 'pyroved-ts';
import { npyHeader } from 'pyroved-ts/internal';
import { explained } from '../fileErrors.js';
import { listFiles, requireFolder } from '../images/folder.js';
import { eachImage, type ReadOptions, rejectProblems } from '../images/read.js';

/**
 * Writes every image in `folder` and below, resized but not normalised, to a `[N, C, H, W]` array at `path`, one image
 * in memory at a time. Images are checked one by one and not against each other.
 * @throws {FileError} when the file cannot be written, e.g. because the disk is full.
 * @throws {DataError} when no image can be read, or any cannot and `onBadFile` is `fail`.
 */
export async function folderToNpy(
  folder: string,
  path: string,
  options: ReadOptions,
): Promise<{ count: number; problems: FileProblem[] }> {
  requireFolder(folder, 'folder');
  const files = listFiles(folder).map((name) => ({ name, path: resolve(folder, name) }));
  const { size, channels = 1 } = options;
  const problems: FileProblem[] = [];
  const writing = `Could not write ${path}`;
  const out = explained(writing, () => openSync(path, 'w'));
  let count = 0;
  try {
    explained(writing, () => writeSync(out, npyHeader([0, channels, size, size])));
    for await (const { pixels } of eachImage(files, options, problems)) {
      explained(writing, () => writeSync(out, pixels));
      count += 1;
    }
    writeSync(out, npyHeader([count, channels, size, size]), 0, 128, 0);
  } finally {
    closeSync(out);
  }
  rejectProblems(problems, files.length, options);
  if (count === 0)
    throw new DataError(`"${folder}" holds no image that can be used:\n${listProblems(problems)}`, problems);
  return { count, problems };
}
