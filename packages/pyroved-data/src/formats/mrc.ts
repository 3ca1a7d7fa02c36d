/**
 * MRC and CCP4 files (.mrc, .mrcs, .rec, .st): one stack of images.
 * @see https://www.ccpem.ac.uk/mrc-format/mrc2014/
 */
import { type ByteFile, type Raster, rasterBytes, readRaster } from './byteFile.js';
import type { ImageFile } from './imageFile.js';
import { NUMBER_TYPES, type NumberType } from './numbers.js';
import { statedPixelSize } from './pixelSize.js';

const HEADER = 1024;

/** Number types by the header's mode. */
const MODES: Readonly<Record<number, NumberType>> = {
  0: NUMBER_TYPES.i1,
  1: NUMBER_TYPES.i2,
  2: NUMBER_TYPES.f4,
  6: NUMBER_TYPES.u2,
  12: NUMBER_TYPES.f2,
};

/** Whether a file begins as MRC files do: with "MAP " at byte 208, or, in old files, with plausible sizes and mode. */
export function isMrc(start: Uint8Array, path: string): boolean {
  if (start.length >= 212 && String.fromCharCode(...start.subarray(208, 211)) === 'MAP') return true;
  return start.length >= 212 && /\.(mrcs?|map|rec|st|ali|preali)$/i.test(path);
}

/** @throws {Error} when the file is damaged or holds numbers of a kind that is not supported. */
export function openMrc(file: ByteFile): ImageFile {
  const header = file.view(0, HEADER);
  const little = isLittle(header);
  const int = (word: number) => header.getInt32(4 * word, little);
  const float = (word: number) => header.getFloat32(4 * word, little);
  const [width, height, frames, mode] = [int(0), int(1), int(2), int(3)];
  if (!(width > 0 && height > 0 && frames > 0)) throw new Error(`its size ${width} x ${height} x ${frames} cannot be`);
  const type = MODES[mode];
  if (!type) throw new Error(`values of mode ${mode} are not supported (0, 1, 2, 6 and 12 are)`);
  const offset = HEADER + Math.max(0, int(23));
  const raster = { height, width, type, little };
  if (offset + frames * rasterBytes(raster) > file.size)
    throw new Error(`it is cut short: ${frames} images of ${width} x ${height} do not fit into ${file.size} bytes`);
  const rasterOf = (frame: number): Raster => ({ ...raster, offset: offset + frame * rasterBytes(raster) });
  // The cell's sides are in angstrom, over so many samples.
  const pixelSize = statedPixelSize(float(10) / int(7), float(11) / int(8), 'angstrom');
  return {
    format: 'MRC',
    stacks: [
      {
        name: '',
        frames,
        channels: 1,
        height,
        width,
        pixelSize,
        read: (frame, _, at) => readRaster(file, rasterOf(frame), at),
      },
    ],
    close: () => file.close(),
  };
}

/** The machine stamp says 0x44 for little endian and 0x11 for big; old files lack it, but a small mode then tells. */
function isLittle(header: DataView): boolean {
  const stamp = header.getUint8(212);
  if (stamp === 0x44) return true;
  if (stamp === 0x11) return false;
  return header.getUint32(12, true) < 0x10000;
}
