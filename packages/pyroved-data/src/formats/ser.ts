/**
 * FEI/TIA series files (.ser): a series of images.
 * @see C. Boothroyd, "The TIA series file format", http://www.er-c.org/cbb/info/TIAformat/
 */
import { type ByteFile, type Raster, rasterBytes, readRaster } from './byteFile.js';
import type { ImageFile } from './imageFile.js';
import { NUMBER_TYPES, type NumberType } from './numbers.js';
import { type PixelSize, statedPixelSize } from './pixelSize.js';

/** Number types of an element by their numbers; 9 and 10 are complex. */
const TYPES: Readonly<Record<number, NumberType>> = {
  1: NUMBER_TYPES.u1,
  2: NUMBER_TYPES.u2,
  3: NUMBER_TYPES.u4,
  4: NUMBER_TYPES.i1,
  5: NUMBER_TYPES.i2,
  6: NUMBER_TYPES.i4,
  7: NUMBER_TYPES.f4,
  8: NUMBER_TYPES.f8,
};
const IMAGES = 0x4122;
/** Offsets, calibrations and sizes before the values of an image. */
const ELEMENT_HEADER = 50;

/** Whether a file begins with TIA's byte order and series number. */
export const isSer = (start: Uint8Array): boolean =>
  start[0] === 0x49 && start[1] === 0x49 && start[2] === 0x97 && start[3] === 0x01;

/** @throws {Error} when the file is damaged, holds spectra, or images of several sizes. */
export function openSer(file: ByteFile): ImageFile {
  const header = file.view(0, 30);
  const isLong = header.getUint16(4, true) >= 0x220;
  if (header.getUint32(6, true) !== IMAGES) throw new Error('it holds spectra, not images');
  const [total, valid] = [header.getUint32(14, true), header.getUint32(18, true)];
  const frames = Math.min(total, valid);
  if (frames === 0) throw new Error('it has no image');
  const table = isLong ? Number(header.getBigUint64(22, true)) : header.getUint32(22, true);
  const view = file.view(table, frames * (isLong ? 8 : 4));
  const offsets = Array.from({ length: frames }, (_, i) =>
    isLong ? Number(view.getBigUint64(8 * i, true)) : view.getUint32(4 * i, true),
  );
  const elements = offsets.map((offset) => elementAt(file, offset));
  const [first] = elements;
  const { height, width } = first;
  for (const element of elements) {
    if (element.height !== height || element.width !== width)
      throw new Error(
        `its images have several sizes, such as ${width} x ${height} and ${element.width} x ${element.height}`,
      );
  }
  return {
    format: 'SER',
    stacks: [
      {
        name: '',
        frames,
        channels: 1,
        height,
        width,
        pixelSize: pixelSizeOf(first),
        read: (frame, _, window) => readRaster(file, elements[frame], window),
      },
    ],
    close: () => file.close(),
  };
}

/** Of images the file states metres, of diffraction patterns 1 / metres, without saying which; no pixel is a metre wide. */
function pixelSizeOf({ sizeX, sizeY }: Element): PixelSize | undefined {
  return Math.abs(sizeX) < 1 ? statedPixelSize(sizeX, sizeY, 'm') : statedPixelSize(sizeX * 1e-9, sizeY * 1e-9, '1/nm');
}

interface Element extends Raster {
  /** From one pixel to the next, in metres or 1 / metres. */
  readonly sizeX: number;
  readonly sizeY: number;
}

function elementAt(file: ByteFile, offset: number): Element {
  const view = file.view(offset, ELEMENT_HEADER);
  const kind = view.getUint16(40, true);
  const type = TYPES[kind];
  if (!type) throw new Error(`values of type ${kind} (9 and 10 are complex numbers) are not supported`);
  const [width, height] = [view.getUint32(42, true), view.getUint32(46, true)];
  if (width === 0 || height === 0) throw new Error('it has an image without pixels');
  const element: Element = {
    offset: offset + ELEMENT_HEADER,
    height,
    width,
    type,
    little: true,
    bottomUp: true,
    sizeX: view.getFloat64(8, true),
    sizeY: view.getFloat64(28, true),
  };
  if (element.offset + rasterBytes(element) > file.size)
    throw new Error(`it is cut short: an image of ${width} x ${height} reaches beyond its end`);
  return element;
}
