/** An array file as an archive of images or signals. */
import { DataError } from 'pyroved-ts';
import { fitted, layoutOf } from '../readers/loadArray.js';
import { openArray } from '../readers/openArray.js';
import { type ArchiveOptions, checkedImage, type ImageArchive, sideOf } from './archivedImage.js';

/** @throws {DataError} when the file cannot be read, or has another shape. */
export async function openImageArray(path: string, options: ArchiveOptions): Promise<ImageArchive> {
  const { shape, channels, dataset, maxPixels, maxBytes } = options;
  const file = await openArray(path, {
    ...(dataset !== undefined && { dataset }),
    ...(maxPixels !== undefined && { maxPixels }),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  try {
    const layout = layoutOf(path, file.shape);
    const size = sideOf(options);
    const isOther = size === undefined ? layout.shape.join() !== shape.join() : layout.shape.length !== 2;
    if (isOther || layout.channels !== channels)
      throw new DataError(
        `The items of "${path}" have shape ${layout.shape.join(' x ')} with ${layout.channels} channel(s); the model takes ${shape.join(' x ')} with ${channels}.`,
      );
    const read = async (start: number, end: number) =>
      Array.from({ length: end - start }, (_, k) => start + k).map((entry) =>
        checkedImage(entry, `${path}[${entry}]`, fitted(file.item(entry), layout, size)),
      );
    return { count: file.shape[0], read, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}
