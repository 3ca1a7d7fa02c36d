/** An archive of image files: those of a folder, or those that a text file lists. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataError, type FileProblem } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import { entryAt, listFiles, requireFolder } from '../images/folder.js';
import { eachImage, type FileToRead } from '../images/read.js';
import { type ArchivedImage, type ArchiveOptions, type ImageArchive, sideOf } from './archivedImage.js';

/** @throws {DataError} when there are no files, or the model's images are not square. */
export function openListed(path: string, options: ArchiveOptions): ImageArchive {
  const files = entryAt(path)?.isDirectory() === false ? filesOfList(path) : filesOfFolder(path);
  if (files.length === 0) throw new DataError(`"${path}" names no image files.`);
  const size = sideOf(options);
  if (size === undefined)
    throw new DataError(
      `The model takes images of shape ${options.shape.join(' x ')}; image files are only supported for models of square images.`,
    );
  const { channels, crop, maxPixels, maxBytes } = options;
  const reading = { size, channels: channels === 3 ? 3 : 1, ...defined({ crop, maxPixels, maxBytes }) } as const;
  const read = async (start: number, end: number): Promise<ArchivedImage[]> => {
    const found: ArchivedImage[] = [];
    for (let entry = start; entry < end; entry++) {
      const problems: FileProblem[] = [];
      for await (const { name, pixels } of eachImage([files[entry]], reading, problems))
        found.push({ entry, name, pixels });
      found.push(...problems.map(({ file: name, why }) => ({ entry, name, problem: why })));
    }
    return found;
  };
  return { count: files.length, read, close: () => {} };
}

function filesOfFolder(folder: string): FileToRead[] {
  requireFolder(folder, 'images');
  return listFiles(folder).map((name) => ({ name, path: resolve(folder, name) }));
}

/** Names are relative to the folder of the list. Empty lines are skipped, as is a header `file`. */
function filesOfList(list: string): FileToRead[] {
  const lines = readFileSync(list, 'utf8').split(/\r?\n/);
  const names = lines.filter((line, i) => line !== '' && !(i === 0 && line === 'file'));
  const twice = new Set(names).size < names.length;
  if (twice) throw new DataError(`"${list}" lists a file twice; each image has one row.`);
  return names.map((name) => ({ name, path: resolve(dirname(list), name) }));
}
