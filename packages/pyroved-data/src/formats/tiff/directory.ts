/** The page directories of TIFF and BigTIFF files. @see https://www.awaresystems.be/imaging/tiff/bigtiff.html */
import type { ByteFile } from '../byteFile.js';

/** Bytes of one value by its type's number. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};
const ASCII = 2;
/** More pages, tags of a page or values of a tag than this are damage. */
const MOST_PAGES = 1_000_000;
const MOST_VALUES = 20_000_000;

/** One page: values are read from the file when they are needed. */
export interface TiffPage {
  /** The numbers of a tag; empty where the page lacks it. */
  readonly numbers: (tag: number) => readonly number[];
  /** The text of a tag; empty where the page lacks it. */
  readonly text: (tag: number) => string;
}

/** Whether a file begins as TIFF and BigTIFF files do. */
export function isTiff(start: Uint8Array): boolean {
  const [a, b, c, d] = start;
  return (
    (a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0) ||
    (a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43))
  );
}

/** The pages in the order of their chain. @throws {Error} when the chain is damaged. */
export function readPages(file: ByteFile): { pages: TiffPage[]; little: boolean } {
  const header = file.view(0, 16);
  const little = header.getUint8(0) === 0x49;
  const isBig = header.getUint16(2, little) === 43;
  const layout = isBig ? BIG : CLASSIC;
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  let at = isBig ? Number(header.getBigUint64(8, little)) : header.getUint32(4, little);
  while (at !== 0) {
    if (seen.has(at)) throw new Error('its page directories form a circle');
    if (seen.size >= MOST_PAGES) throw new Error('it has too many pages');
    seen.add(at);
    const count = layout.count(file.view(at, layout.countBytes), little);
    const entries = file.view(at + layout.countBytes, count * layout.entryBytes + layout.pointerBytes);
    pages.push(pageOf(file, entries, count, layout, little));
    at = layout.pointer(entries, count * layout.entryBytes, little);
  }
  return { pages, little };
}

interface Layout {
  readonly countBytes: number;
  readonly entryBytes: number;
  readonly pointerBytes: number;
  readonly count: (view: DataView, little: boolean) => number;
  readonly pointer: (view: DataView, at: number, little: boolean) => number;
}

const CLASSIC: Layout = {
  countBytes: 2,
  entryBytes: 12,
  pointerBytes: 4,
  count: (view, little) => view.getUint16(0, little),
  pointer: (view, at, little) => view.getUint32(at, little),
};
const BIG: Layout = {
  countBytes: 8,
  entryBytes: 20,
  pointerBytes: 8,
  count: (view, little) => {
    const count = Number(view.getBigUint64(0, little));
    if (count > 65_535) throw new Error('a page has too many tags');
    return count;
  },
  pointer: (view, at, little) => Number(view.getBigUint64(at, little)),
};

function pageOf(file: ByteFile, entries: DataView, count: number, layout: Layout, little: boolean): TiffPage {
  const places = new Map<number, number>();
  for (let i = 0; i < count; i++) places.set(entries.getUint16(i * layout.entryBytes, little), i * layout.entryBytes);
  const valueAt = (tag: number): { type: number; length: number; view: DataView } | undefined => {
    const place = places.get(tag);
    if (place === undefined) return undefined;
    const type = entries.getUint16(place + 2, little);
    const length = layout.pointer(entries, place + 4, little);
    const bytes = length * (TYPE_BYTES[type] ?? Number.NaN);
    if (!(length <= MOST_VALUES && bytes >= 0)) throw new Error(`its tag ${tag} is damaged`);
    const inline = place + 4 + layout.pointerBytes;
    if (bytes <= layout.pointerBytes)
      return { type, length, view: new DataView(entries.buffer, entries.byteOffset + inline, bytes) };
    return { type, length, view: file.view(layout.pointer(entries, inline, little), bytes) };
  };
  return {
    numbers: (tag) => {
      const value = valueAt(tag);
      if (!value) return [];
      const { type, length, view } = value;
      return Array.from({ length }, (_, i) => numberAt(view, i * TYPE_BYTES[type], type, little));
    },
    text: (tag) => {
      const value = valueAt(tag);
      if (!value || ![ASCII, 1, 7].includes(value.type)) return '';
      const { buffer, byteOffset, byteLength } = value.view;
      return new TextDecoder().decode(new Uint8Array(buffer, byteOffset, byteLength)).replace(/\0+$/, '');
    },
  };
}

function numberAt(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 8:
      return view.getInt16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 9:
      return view.getInt32(at, little);
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    case 16:
    case 17:
    case 18:
      return Number(view.getBigUint64(at, little));
    default:
      return view.getUint8(at);
  }
}
