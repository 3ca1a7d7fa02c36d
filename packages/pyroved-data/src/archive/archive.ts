/** Archives of images that are too large to be read at once: listed files, arrays and stacks, opened without reading the images, and read by ranges. */
import { type ImageSet, imageSet } from 'pyroved-ts';
import { entryAt, requirePath } from '../images/folder.js';
import type { ArchivedImage, ArchiveOptions, ImageArchive } from './archivedImage.js';
import { openImageArray } from './array.js';
import { openListed } from './listed.js';
import { openStack } from './stack.js';

/**
 * Opens a folder of image files, a text file with the name of one image file per line, an array (`.npy`, `.npz`, HDF5), or a stack (TIFF, Zarr, MRC and the other
 * formats of micrographs).
 * @throws {DataError} when it cannot be read, or its images have another shape than the model's.
 * @example
 * const archive = await openArchive('scan.zarr', { shape: [28, 28], channels: 1 });
 * const images = await archive.read(0, 1000);
 * archive.close();
 */
export async function openArchive(path: string, options: ArchiveOptions): Promise<ImageArchive> {
  requirePath(path, 'An archive');
  const isFolder = entryAt(path)?.isDirectory() === true;
  if (/\.(npy|npz|h5|hdf5)$/i.test(path) && !isFolder) return openImageArray(path, options);
  const isListed = isFolder ? !/\.(zarr|zspy)\/?$/i.test(path) : /\.(txt|csv)$/i.test(path);
  return isListed ? openListed(path, options) : openStack(path, options);
}

/** The usable ones among images as a set that is not yet normalised, and their positions. */
export function usableImages(
  images: readonly ArchivedImage[],
  { shape, channels }: Pick<ArchiveOptions, 'shape' | 'channels'>,
): { readonly set: ImageSet; readonly places: readonly number[] } {
  const places = images.flatMap(({ pixels }, i) => (pixels ? [i] : []));
  const size = shape.reduce((n, d) => n * d, channels);
  const values = new Float32Array(places.length * size);
  places.forEach((place, k) => {
    values.set(images[place].pixels ?? [], k * size);
  });
  const names = places.map((place) => images[place].name);
  return { set: imageSet({ images: values, shape, channels, names }), places };
}
