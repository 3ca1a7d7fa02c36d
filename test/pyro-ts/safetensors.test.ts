/** The safetensors reader and writer, against bytes made by the reference implementation and against damage. */
import fc from 'fast-check';
import { FormatError, readSafetensors, type SavedTensor, writeSafetensors } from 'pyro-ts';
import { describe, expect, it } from 'vitest';

/**
 * Made by Python's safetensors 0.8.0:
 * save({'a': float32 [[1.5, -2], [0.25, 3e38]], 'h': float16 [1, -0, 65504, 2**-24, inf], 'i': int32 [-1, 2147483647],
 * 'u': uint8 [7], 'd': float64 0.1}, metadata={'k': 'wörd'})
 */
const REFERENCE = Buffer.from(
  'MAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJrIjoid8O2cmQifSwiZCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpb' +
    'MCw4XX0sImEiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzgsMjRdfSwiaSI6eyJkdHlwZSI6IkkzMiIsInNo' +
    'YXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzI0LDMyXX0sImgiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzVdLCJkYXRhX29mZnNldHMiOlszMiw0' +
    'Ml19LCJ1Ijp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOls0Miw0M119fSAgmpmZmZmZuT8AAMA/AAAAwAAAgD7msWF/' +
    '/////////38APACA/3sBAAB8Bw==',
  'base64',
);

const tensor = (shape: number[], data: SavedTensor['data']): SavedTensor => ({ shape, data });

/** A file of `header` and `data` as they stand, right or wrong. */
function fileOf(header: string, data = new Uint8Array(0), length = Buffer.byteLength(header)): Uint8Array {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length));
  return new Uint8Array(Buffer.concat([start, Buffer.from(header), data]));
}

const arbitraryTensor = fc
  .tuple(
    fc.array(fc.nat(4), { maxLength: 3 }),
    fc.constantFrom(
      Float32Array,
      Float64Array,
      Int32Array,
      Uint32Array,
      Int16Array,
      Uint16Array,
      Int8Array,
      Uint8Array,
    ),
    fc.infiniteStream(fc.float()),
  )
  .map(([shape, Type, values]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return tensor(shape, Type.from([...values.take(count)]));
  });
const arbitraryFile = fc.tuple(
  fc.uniqueArray(
    fc.tuple(
      fc.string({ unit: 'grapheme' }).filter((s) => s !== '__metadata__'),
      arbitraryTensor,
    ),
    {
      selector: ([name]) => name,
      maxLength: 5,
    },
  ),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
);

describe('readSafetensors', () => {
  it('reads what the reference implementation wrote, widening float16', () => {
    const { tensors, metadata } = readSafetensors(REFERENCE);
    expect(metadata).toEqual({ k: 'wörd' });
    expect(tensors.get('a')).toEqual(tensor([2, 2], Float32Array.of(1.5, -2, 0.25, 3e38)));
    expect(tensors.get('h')).toEqual(tensor([5], Float32Array.of(1, -0, 65504, 2 ** -24, Number.POSITIVE_INFINITY)));
    expect(tensors.get('i')).toEqual(tensor([2], Int32Array.of(-1, 2147483647)));
    expect(tensors.get('u')).toEqual(tensor([1], Uint8Array.of(7)));
    expect(tensors.get('d')).toEqual(tensor([], Float64Array.of(0.1)));
  });

  it('widens bfloat16 by its 16 bits', () => {
    const bits = Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x0001);
    const header = '{"b":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}';
    const { data } = readSafetensors(fileOf(header, new Uint8Array(bits.buffer))).tensors.get('b')!;
    expect(data).toEqual(Float32Array.of(1, -3.140625, Number.POSITIVE_INFINITY, 2 ** -133));
  });

  it('reads from a view that starts anywhere in a larger buffer', () => {
    const shifted = new Uint8Array(REFERENCE.length + 3);
    shifted.set(REFERENCE, 3);
    expect(readSafetensors(shifted.subarray(3))).toEqual(readSafetensors(REFERENCE));
  });

  const entry = (fields: string) => fileOf(`{"w":{${fields}}}`, new Uint8Array(8));
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(3), /truncated: 3 bytes/],
    ['a header longer than the file', fileOf('{}', undefined, 100), /truncated.*100 bytes, but only 2/],
    ['an absurd header length', fileOf('{}', undefined, 2 ** 52), /not a safetensors file/],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0), /not a safetensors file/],
    ['text that is not JSON', fileOf('{"w":'), /not JSON/],
    ['a header that is not UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), /not JSON/],
    ['a header that is a list', fileOf('[1,2]'), /not a JSON object/],
    ['metadata that are not strings', fileOf('{"__metadata__":{"a":1}}'), /"__metadata__" has to map names to strings/],
    ['a tensor without a description', fileOf('{"w":3}'), /tensor "w" has no description/],
    ['no dtype', entry('"shape":[2],"data_offsets":[0,8]'), /has no dtype/],
    ['an unknown dtype', entry('"dtype":"Q4","shape":[2],"data_offsets":[0,8]'), /dtype "Q4".*Supported: F64, F32/],
    ['a dtype named like a method', entry('"dtype":"toString","shape":[],"data_offsets":[0,8]'), /not supported/],
    ['a negative size', entry('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), /whole numbers/],
    ['a shape that is too large', entry('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), /\[3\] of F32, but takes 8/],
    ['reversed offsets', entry('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), /takes -8 bytes/],
    ['offsets past the end', entry('"dtype":"F32","shape":[4],"data_offsets":[0,16]'), /truncated: tensor "w" ends 16/],
    ['bytes left over', entry('"dtype":"F32","shape":[1],"data_offsets":[0,4]'), /4 bytes follow the last tensor/],
    ['a hole', entry('"dtype":"F32","shape":[1],"data_offsets":[4,8]'), /bytes that belong to no tensor/],
    [
      'an overlap',
      fileOf(
        '{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}}',
        new Uint8Array(8),
      ),
      /two tensors overlap before tensor "b"/,
    ],
  ])('rejects %s', (_what, bytes, words) => {
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
    expect(() => readSafetensors(bytes, 'weights.safetensors')).toThrow(words);
  });

  it('names the file in its errors', () => {
    expect(() => readSafetensors(new Uint8Array(3), 'runs/a/checkpoint.safetensors')).toThrow(
      /^runs\/a\/checkpoint.safetensors is truncated/,
    );
  });
});

describe('writeSafetensors', () => {
  it('is undone by readSafetensors, for any names, shapes, types and metadata', () => {
    fc.assert(
      fc.property(arbitraryFile, ([entries, metadata]) => {
        const read = readSafetensors(writeSafetensors(new Map(entries), metadata));
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...entries].sort()));
        expect(read.metadata).toEqual({ ...metadata });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('aligns each array to its element size and the data to eight bytes', () => {
    const bytes = writeSafetensors(
      new Map([
        ['byte', tensor([3], Uint8Array.of(1, 2, 3))],
        ['double', tensor([1], Float64Array.of(4))],
      ]),
    );
    const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
    expect(header.double.data_offsets).toEqual([0, 8]);
    expect(header.byte.data_offsets).toEqual([8, 11]);
  });

  it('rejects a shape that does not fit the values, and the reserved name', () => {
    const values = Float32Array.of(1, 2, 3);
    expect(() => writeSafetensors(new Map([['w', tensor([2, 2], values)]]))).toThrow(
      /Tensor "w" has shape \[2, 2\] but 3 values/,
    );
    expect(() => writeSafetensors(new Map([['__metadata__', tensor([3], values)]]))).toThrow(FormatError);
  });
});

describe('damage', () => {
  const whole = writeSafetensors(
    new Map([
      [
        'param/w',
        tensor(
          [3, 4],
          Float32Array.from({ length: 12 }, (_, i) => i / 7),
        ),
      ],
      ['step', tensor([], Int32Array.of(41))],
      ['mask', tensor([5], Uint8Array.of(1, 0, 1, 1, 0))],
    ]),
    { version: '1' },
  );

  it('is an error for every truncation', () => {
    for (let length = 0; length < whole.length; length++)
      expect(() => readSafetensors(whole.subarray(0, length))).toThrow(FormatError);
  });

  it('is a typed error or a file of the same size, never anything else, for any bytes changed', () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    const outcomes = { rejected: 0, read: 0 };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = whole.slice();
        for (const [at, flip] of changes) damaged[at]! ^= flip;
        try {
          const { tensors } = readSafetensors(damaged);
          const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
          expect(bytes).toBe(12 * 4 + 4 + 5);
          outcomes.read++;
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          outcomes.rejected++;
        }
      }),
      { seed: 2, numRuns: 2000 },
    );
    expect(outcomes.rejected).toBeGreaterThan(500);
    expect(outcomes.read).toBeGreaterThan(100);
  });

  it('is an error or a valid file for any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readSafetensors(bytes)).toThrow(FormatError);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
