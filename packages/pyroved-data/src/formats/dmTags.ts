/**
 * The tag tree of DigitalMicrograph files (versions 3 and 4), as nested objects. Arrays stay in the file.
 * @see C. Boothroyd, "Digital Micrograph 3 file format", http://www.er-c.org/cbb/info/dmformat/
 */
import type { ByteFile } from './byteFile.js';
import { NUMBER_TYPES, type NumberType } from './numbers.js';

/** An array that was not read: where it lies, and of what it consists. */
export class DmArray {
  constructor(
    readonly offset: number,
    readonly length: number,
    readonly type: NumberType | undefined,
  ) {}
}

/** Tags by name; tags without a name are numbered from 0. */
export type DmTags = Map<string, DmValue>;
export type DmValue = number | string | DmArray | DmTags | undefined;

const GROUP = 20;
const DATA = 21;
const [STRUCT, STRING, ARRAY] = [15, 18, 20];

/** Number types by the numbers that the format gives them. */
const TYPES: Readonly<Record<number, NumberType>> = {
  2: NUMBER_TYPES.i2,
  3: NUMBER_TYPES.i4,
  4: NUMBER_TYPES.u2,
  5: NUMBER_TYPES.u4,
  6: NUMBER_TYPES.f4,
  7: NUMBER_TYPES.f8,
  8: NUMBER_TYPES.u1,
  9: NUMBER_TYPES.i1,
  10: NUMBER_TYPES.u1,
  11: NUMBER_TYPES.i8,
  12: NUMBER_TYPES.u8,
};

/** Deeper trees, and longer lists of tags or of numbers that describe one, are damage. */
const MOST_DEPTH = 64;
const MOST_TAGS = 1_000_000;
const MOST_INFO = 10_000;

/** The whole tree, and the byte order of the values. */
export function readDmTags(file: ByteFile): { tags: DmTags; little: boolean; version: number } {
  const version = file.view(0, 4).getInt32(0);
  if (version !== 3 && version !== 4)
    throw new Error(`version ${version} of the format is not supported (3 and 4 are)`);
  const headerBytes = version === 3 ? 12 : 16;
  const little = file.view(headerBytes - 4, 4).getInt32(0) === 1;
  const reader = new TagReader(file, version, little, headerBytes);
  return { tags: reader.group(0), little, version };
}

/** Reads the tree from the start to the end through a window on the file. */
class TagReader {
  #buffer: DataView;
  #start = 0;
  #tags = 0;

  constructor(
    readonly file: ByteFile,
    readonly version: number,
    readonly little: boolean,
    private at: number,
  ) {
    this.#buffer = file.view(0, 0);
  }

  group(depth: number): DmTags {
    if (depth > MOST_DEPTH) throw new Error('its tags are nested too deeply');
    this.at += 2; // sorted, open
    const count = this.size();
    const tags: DmTags = new Map();
    for (let i = 0; i < count; i++) {
      if (++this.#tags > MOST_TAGS) throw new Error('it has too many tags');
      const kind = this.next(1, (v, at) => v.getUint8(at));
      const length = this.next(2, (v, at) => v.getUint16(at));
      const name = this.latin1(length) || String(i);
      if (this.version === 4) this.at += 8; // bytes of the tag
      if (kind !== GROUP && kind !== DATA) throw new Error(`a tag of kind ${kind} is damaged`);
      tags.set(name, kind === GROUP ? this.group(depth + 1) : this.data());
    }
    return tags;
  }

  private data(): DmValue {
    if (this.latin1(4) !== '%%%%') throw new Error('a tag is damaged');
    const count = this.size();
    if (count > MOST_INFO) throw new Error('a tag is damaged');
    const info = Array.from({ length: count }, () => this.size());
    const [kind] = info;
    if (kind === STRING) return this.utf16(info[1]);
    if (kind === STRUCT) {
      this.at += structBytes(info.slice(1));
      return undefined;
    }
    if (kind !== ARRAY) {
      const type = typeOf(kind);
      return this.next(type.bytes, (v, at) => type.read(v, at, this.little));
    }
    const length = info[info.length - 1];
    const isPlain = info[1] !== STRUCT && info[1] !== ARRAY && info[1] !== STRING;
    const bytes = info[1] === STRUCT ? structBytes(info.slice(2, -1)) : typeOf(info[1]).bytes;
    const array = new DmArray(this.at, length, isPlain ? TYPES[info[1]] : undefined);
    this.skip(bytes * length);
    return array;
  }

  private skip(bytes: number): void {
    if (!(bytes >= 0 && this.at + bytes <= this.file.size)) throw new Error('it is cut short or damaged');
    this.at += bytes;
  }

  /** A count, of 4 bytes in version 3 and of 8 in version 4, always big endian. */
  private size(): number {
    return this.version === 3
      ? this.next(4, (v, at) => v.getUint32(at))
      : this.next(8, (v, at) => Number(v.getBigUint64(at)));
  }

  private next<T>(bytes: number, read: (view: DataView, at: number) => T): T {
    if (!(this.at >= this.#start && this.at + bytes <= this.#start + this.#buffer.byteLength)) {
      this.#start = this.at;
      const length = Math.min(this.file.size - this.at, Math.max(bytes, 65_536));
      this.#buffer = this.file.view(this.at, length < bytes ? bytes : length);
    }
    const value = read(this.#buffer, this.at - this.#start);
    this.at += bytes;
    return value;
  }

  private latin1(length: number): string {
    return this.next(length, (v, at) => String.fromCharCode(...new Uint8Array(v.buffer, v.byteOffset + at, length)));
  }

  private utf16(length: number): string {
    const start = this.at;
    this.skip(2 * length);
    return utf16(this.file, start, length, this.little);
  }
}

/** Text of `length` UTF-16 units; at most the first thousand of them. */
export function utf16(file: ByteFile, at: number, length: number, little: boolean): string {
  const units = Math.min(length, 1000);
  const view = file.view(at, 2 * units);
  return String.fromCharCode(...Array.from({ length: units }, (_, i) => view.getUint16(2 * i, little)));
}

function typeOf(kind: number): NumberType {
  const type = TYPES[kind];
  if (!type) throw new Error(`a tag has values of the unknown type ${kind}`);
  return type;
}

/** Bytes of a struct whose definition follows: the length of its name, the number of fields, and of each the length of its name and its type. */
function structBytes(definition: readonly number[]): number {
  const [, fields] = definition;
  if (!(2 + 2 * fields <= definition.length)) throw new Error('a tag is damaged');
  let bytes = 0;
  for (let i = 0; i < fields; i++) bytes += typeOf(definition[3 + 2 * i]).bytes;
  return bytes;
}
