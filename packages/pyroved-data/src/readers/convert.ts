/** Converts a folder of more images than memory holds to one `.npy` file from which training can stream. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataError, type FileProblem } from 'pyroved-ts';
import { listProblems, npyHeader } from 'pyroved-ts/internal';

import { explained } from '../fileErrors.js';
import { listFiles, requireFolder } from '../images/folder.js';
import { eachImage, READ_DEFAULTS, type ReadOptions, rejectProblems } from '../images/read.js';
import { withDefaults } from '../options.js';

/**
 * Writes every image in `folder` and below, resized but not normalised, to a `[N, C, H, W]` array at `path`, one image
 * in memory at a time. Images are checked one by one, not against each other.
 * @throws {FileError} when the file cannot be written, e.g. because the disk is full.
 * @throws {DataError} when no image can be read, or any cannot and `onBadFile` is `fail`.
 * @example
 * const { count, problems } = await folderToNpy('images', 'images.npy', { size: 32 });
 */
export async function folderToNpy(
  folder: string,
  path: string,
  options: ReadOptions,
): Promise<{ count: number; problems: FileProblem[] }> {
  requireFolder(folder, 'folder');
  const files = listFiles(folder).map((name) => ({ name, path: resolve(folder, name) }));
  const { size, channels } = withDefaults('folderToNpy', options, READ_DEFAULTS);
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
    throw new DataError(`"${folder}" has no image that can be used:\n${listProblems(problems)}`, problems);
  return { count, problems };
}
