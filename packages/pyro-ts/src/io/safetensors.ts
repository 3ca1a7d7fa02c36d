/**
 * Reads and writes safetensors, the format in which named arrays are saved: eight bytes of header length, a JSON header,
 * then the numbers. Nothing in a file is executed, and every offset is checked before it is followed.
 * Format: https://huggingface.co/docs/safetensors (little-endian, as every machine that Node runs tfjs on).
 */
import { FormatError, formatShape } from '../errors.js';
import { halfToFloat32, upperHalfToFloat32 } from './float16.js';

/** The arrays that a file can hold. */
export type TensorData =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** One array: its shape (`[]` for a number) and its values in row-major order. */
export interface SavedTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** What a file holds. */
export interface SafetensorsFile {
  readonly tensors: Map<string, SavedTensor>;
  readonly metadata: Record<string, string>;
}

interface Dtype {
  readonly bytes: number;
  readonly decode: (bytes: ArrayBuffer) => TensorData;
}

const DTYPES: Readonly<Record<string, Dtype>> = {
  F64: { bytes: 8, decode: (b) => new Float64Array(b) },
  F32: { bytes: 4, decode: (b) => new Float32Array(b) },
  I32: { bytes: 4, decode: (b) => new Int32Array(b) },
  U32: { bytes: 4, decode: (b) => new Uint32Array(b) },
  I16: { bytes: 2, decode: (b) => new Int16Array(b) },
  U16: { bytes: 2, decode: (b) => new Uint16Array(b) },
  I8: { bytes: 1, decode: (b) => new Int8Array(b) },
  U8: { bytes: 1, decode: (b) => new Uint8Array(b) },
  F16: { bytes: 2, decode: (b) => halfToFloat32(new Uint16Array(b)) },
  BF16: { bytes: 2, decode: (b) => upperHalfToFloat32(new Uint16Array(b)) },
};

const METADATA = '__metadata__';
/** The limit of the reference implementation; a longer header is a damaged length. */
const MAX_HEADER = 100_000_000;

/**
 * The bytes of a file that holds `tensors` and `metadata`. The same input gives the same bytes.
 * @throws FormatError where a tensor's shape and number of values differ, or its name is reserved.
 * @example writeSafetensors(new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]), { made: 'by hand' })
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SavedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA, metadata]);
  // Wide elements first, so that every array starts at a multiple of its element size.
  const widestFirst = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let length = 0;
  for (const [name, { shape, data }] of widestFirst) {
    if (name === METADATA) throw new FormatError(`No tensor may be named "${METADATA}": the format uses that name.`);
    if (elementCount(shape) !== data.length)
      throw new FormatError(`Tensor "${name}" has shape ${formatShape(shape)} but ${data.length} values.`, name);
    const end = length + data.byteLength;
    header.push([name, { dtype: dtypeOf(name, data), shape, data_offsets: [length, end] }]);
    length = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(start + length).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(text, 8);
  let at = start;
  for (const [, { data }] of widestFirst) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * What the bytes of a safetensors file hold, in new arrays. F16 and BF16 are widened to Float32Array.
 * @param source what the bytes are called in an error, mostly the file's path.
 * @throws FormatError where the file is truncated, damaged, of another format, or has a type that is not supported.
 * @example readSafetensors(svi.params.save()).tensors.get('loc')?.shape // []
 */
export function readSafetensors(bytes: Uint8Array, source = 'The safetensors data'): SafetensorsFile {
  const { header, start } = readHeader(bytes, source);
  const tensors = new Map<string, SavedTensor>();
  const spans: [number, number, string][] = [];
  const entries: { name: string; shape: readonly number[]; dtype: Dtype; begin: number; end: number }[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) {
      metadata = checkedMetadata(entry, source);
      continue;
    }
    const { shape, dtype, begin, end } = checkedEntry(name, entry, source);
    if (end > bytes.length - start)
      throw new FormatError(
        `${source} is truncated: tensor "${name}" ends ${end} bytes into the data, but only ${bytes.length - start} ` +
          'are there. Use an earlier copy of the file.',
        name,
      );
    spans.push([begin, end, name]);
    entries.push({ name, shape, dtype, begin, end });
  }
  // Before memory is taken: tensors that overlap would need any amount of it.
  checkSpans(spans, bytes.length - start, source);
  for (const { name, shape, dtype, begin, end } of entries) {
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(start + begin, start + end));
    tensors.set(name, { shape, data: dtype.decode(copy.buffer) });
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array, source: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8)
    throw new FormatError(`${source} is truncated: ${bytes.length} bytes, and a safetensors file starts with 8.`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER || length < 2)
    throw new FormatError(`${source} is not a safetensors file, or is damaged: its header claims ${length} bytes.`);
  const start = 8 + length;
  if (start > bytes.length)
    throw new FormatError(
      `${source} is truncated: its header claims ${length} bytes, but only ${bytes.length - 8} follow. ` +
        'Use an earlier copy of the file.',
    );
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)));
  } catch (cause) {
    throw new FormatError(`${source} is damaged or of another format: its header is not JSON.`, undefined, { cause });
  }
  if (!isRecord(header)) throw new FormatError(`${source} is damaged: its header is not a JSON object.`);
  return { header, start };
}

function checkedMetadata(entry: unknown, source: string): Record<string, string> {
  if (!isRecord(entry) || !Object.values(entry).every((value) => typeof value === 'string'))
    throw new FormatError(`${source} is damaged: "${METADATA}" has to map names to strings.`);
  return entry as Record<string, string>;
}

function checkedEntry(name: string, entry: unknown, source: string) {
  const fail = (why: string) => new FormatError(`${source} is damaged: tensor "${name}" ${why}.`, name);
  if (!isRecord(entry)) throw fail('has no description');
  const { dtype: dtypeName, shape, data_offsets: offsets } = entry;
  if (typeof dtypeName !== 'string') throw fail('has no dtype');
  if (!Object.hasOwn(DTYPES, dtypeName))
    throw new FormatError(
      `${source}: tensor "${name}" has dtype "${dtypeName}", which is not supported. ` +
        `Supported: ${Object.keys(DTYPES).join(', ')}.`,
      name,
    );
  const dtype = DTYPES[dtypeName]!;
  if (!isCounts(shape)) throw fail('has a shape that is not a list of whole numbers');
  if (!isCounts(offsets) || offsets.length !== 2) throw fail('has no valid data_offsets');
  const [begin, end] = offsets as [number, number];
  if (end - begin !== elementCount(shape) * dtype.bytes)
    throw fail(`has shape ${formatShape(shape)} of ${dtypeName}, but takes ${end - begin} bytes`);
  return { shape, dtype, begin, end };
}

/** The arrays have to cover the data exactly: an overlap or a hole means a damaged or a crafted header. */
function checkSpans(spans: [number, number, string][], length: number, source: string): void {
  spans.sort(([a, b], [c, d]) => a - c || b - d);
  let at = 0;
  for (const [begin, end, name] of spans) {
    if (begin !== at)
      throw new FormatError(
        `${source} is damaged: ${begin < at ? 'two tensors overlap' : 'bytes that belong to no tensor lie'} ` +
          `before tensor "${name}", at byte ${begin} of the data.`,
        name,
      );
    at = end;
  }
  if (at !== length)
    throw new FormatError(`${source} is damaged: ${length - at} bytes follow the last tensor and belong to none.`);
}

function dtypeOf(name: string, data: TensorData): string {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof Int16Array) return 'I16';
  if (data instanceof Uint16Array) return 'U16';
  if (data instanceof Int8Array) return 'I8';
  if (data instanceof Uint8Array) return 'U8';
  throw new FormatError(`Tensor "${name}" is not a typed array that safetensors can hold.`, name);
}

const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
