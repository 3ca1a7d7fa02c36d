/** DigitalMicrograph files (.dm3, .dm4): the images of their image list, without the thumbnail. */
import { type ByteFile, type Raster, rasterBytes, readRaster } from './byteFile.js';
import { DmArray, type DmTags, type DmValue, readDmTags, utf16 } from './dmTags.js';
import type { ImageFile, ImageStack } from './imageFile.js';
import { NUMBER_TYPES, type NumberType } from './numbers.js';
import { type PixelSize, statedPixelSize } from './pixelSize.js';

/** Number types by the tag DataType. */
const TYPES: Readonly<Record<number, NumberType>> = {
  1: NUMBER_TYPES.i2,
  2: NUMBER_TYPES.f4,
  6: NUMBER_TYPES.u1,
  7: NUMBER_TYPES.i4,
  9: NUMBER_TYPES.i1,
  10: NUMBER_TYPES.u2,
  11: NUMBER_TYPES.u4,
  12: NUMBER_TYPES.f8,
  14: NUMBER_TYPES.u1,
  39: NUMBER_TYPES.i8,
  40: NUMBER_TYPES.u8,
};
/** Blue, green, red and an unused byte. */
const RGB = [8, 23];

/** Whether a file begins as DigitalMicrograph files do: version 3 or 4, and a byte order of 0 or 1. */
export function isDm(start: Uint8Array): boolean {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (start.length < 20) return false;
  const version = view.getInt32(0);
  return (version === 3 && view.getUint32(8) <= 1) || (version === 4 && view.getUint32(12) <= 1);
}

/** @throws {Error} when the file is damaged or holds no image of a kind that is supported. */
export function openDm(file: ByteFile): ImageFile {
  const { tags, little, version } = readDmTags(file);
  const list = [...(groupAt(tags, 'ImageList')?.values() ?? [])].filter((entry) => entry instanceof Map);
  const thumbnails = new Set([...(groupAt(tags, 'Thumbnails')?.values() ?? [])].map((t) => valueAt(t, 'ImageIndex')));
  const skipped: string[] = [];
  const stacks = list.flatMap((entry, i): ImageStack[] => {
    if (thumbnails.has(i)) return [];
    try {
      return [stackOf(file, entry, textAt(file, entry, 'Name', little), little)];
    } catch (cause) {
      skipped.push((cause as Error).message);
      return [];
    }
  });
  if (stacks.length === 0) throw new Error(skipped[0] ?? 'it has no image');
  return { format: `DM${version}`, stacks, close: () => file.close() };
}

function stackOf(file: ByteFile, entry: DmValue, name: string, little: boolean): ImageStack {
  const image = groupAt(entry, 'ImageData');
  const sizes = numbersOf(groupAt(image, 'Dimensions'));
  const kind = valueAt(image, 'DataType');
  const data = valueAt(image, 'Data');
  if (sizes.length < 2) throw new Error('it holds a spectrum, not an image');
  if (!sizes.every((size) => Number.isInteger(size) && size > 0)) throw new Error('its image has no size');
  if (!(data instanceof DmArray)) throw new Error('its image has no data');
  const [width, height, ...others] = sizes;
  const frames = others.reduce((n, size) => n * size, 1);
  const isColour = RGB.includes(Number(kind));
  const type = isColour ? NUMBER_TYPES.u1 : TYPES[Number(kind)];
  if (!type) throw new Error(`values of type ${kind} (complex numbers, for example) are not supported`);
  const raster = { height, width, type, little, step: isColour ? 4 : 1 };
  const bytes = frames * rasterBytes(raster);
  if (
    !Number.isSafeInteger(bytes) ||
    data.offset + bytes > file.size ||
    bytes > data.length * itemBytes(data, isColour)
  )
    throw new Error(`its image of ${sizes.join(' x ')} does not fit into its data`);
  const rasterOf = (frame: number, channel: number): Raster => ({
    ...raster,
    offset: data.offset + frame * rasterBytes(raster) + (isColour ? 2 - channel : 0),
  });
  return {
    name,
    frames,
    channels: isColour ? 3 : 1,
    ...(isColour && { channelNames: ['red', 'green', 'blue'], isColour }),
    height,
    width,
    pixelSize: pixelSizeOf(file, image, little),
    read: (frame, channel, window) => readRaster(file, rasterOf(frame, channel), window),
  };
}

/** Bytes of one item of an array; colours are stored as one number of four bytes. */
const itemBytes = (data: DmArray, isColour: boolean): number => (isColour ? 4 : (data.type?.bytes ?? 0));

function pixelSizeOf(file: ByteFile, image: DmTags | undefined, little: boolean): PixelSize | undefined {
  const dimensions = [...(groupAt(groupAt(image, 'Calibrations'), 'Dimension')?.values() ?? [])];
  const [x, y] = dimensions.map((entry) => {
    return { scale: Number(valueAt(entry, 'Scale')), unit: textAt(file, entry, 'Units', little) };
  });
  if (!x || !y || x.unit !== y.unit) return undefined;
  return statedPixelSize(x.scale, y.scale, x.unit);
}

/** Text, which is stored as an array of 16-bit numbers; empty where there is none. */
function textAt(file: ByteFile, group: DmValue, name: string, little: boolean): string {
  const value = valueAt(group, name);
  if (value instanceof DmArray) return utf16(file, value.offset, value.length, little);
  return typeof value === 'string' ? value : '';
}

function valueAt(group: DmValue, name: string): DmValue {
  return group instanceof Map ? group.get(name) : undefined;
}

function groupAt(group: DmValue, name: string): DmTags | undefined {
  const found = valueAt(group, name);
  return found instanceof Map ? found : undefined;
}

const numbersOf = (group: DmTags | undefined): number[] =>
  [...(group?.values() ?? [])].map((value) => (typeof value === 'number' ? value : Number.NaN));
