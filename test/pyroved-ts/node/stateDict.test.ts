/** PyTorch's weight files: every type and layout, and one clear error for whatever is no state dictionary. Nothing in a file is executed. */
import fs from 'node:fs';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { ImportError } from 'pyroved-ts';
import { readStateDict } from 'pyroved-ts/node';
import { describe, expect, it } from 'vitest';
import { bytesOf, expected } from './weights.js';

describe('numbers', () => {
  it.each(['float32', 'float64', 'float16', 'bfloat16'])('%s', (name) => {
    const dict = readStateDict(bytesOf(name));
    expect([...dict.keys()]).toEqual(['weight', 'bias']);
    expect(dict.get('weight')).toEqual({ shape: [3, 4], data: Float32Array.from(expected.plain.weight.flat()) });
    expect(dict.get('bias')).toEqual({ shape: [3], data: Float32Array.from(expected.plain.bias) });
  });

  it('int64', () => {
    expect(readStateDict(bytesOf('int64')).get('bias')?.data).toEqual(
      Float32Array.from(expected.plain.bias, (v) => 8 * v),
    );
  });

  it('strides, offsets and a shared storage', () => {
    const dict = readStateDict(bytesOf('shared'));
    const { turned, strided, first, repeated } = expected.shared;
    expect(dict.get('turned')).toEqual({ shape: [4, 3], data: Float32Array.from(turned.flat()) });
    expect(dict.get('strided')?.data).toEqual(Float32Array.from(strided));
    expect(dict.get('first')?.data).toEqual(Float32Array.from(first));
    expect(dict.get('scalar')).toEqual({ shape: [], data: Float32Array.of(7) });
    expect(dict.get('repeated')).toEqual({ shape: [2, 3], data: Float32Array.from(repeated.flat()) });
    expect(dict.get('empty')).toEqual({ shape: [0], data: new Float32Array() });
  });
});

describe('rejected', () => {
  it.each([
    [
      'legacy',
      /^legacy\.pt cannot be read: it is in the format before PyTorch 1\.6 .* save it again with torch\.save\.$/,
    ],
    ['compiled', /^compiled\.pt is a compiled \(TorchScript\) model\. Save its weights/],
    [
      'wholeModel',
      /it asks for pyroved\.nets\.fc\.fcEncoderNet, .* Save the weights alone: torch\.save\(model\.state_dict\(\), file\)\.$/,
    ],
    ['nested', /^nested\.pt: "epoch" is a number, not a tensor\. Save the weights alone/],
    ['attack', /it asks for posix\.system, and nothing but tensors in a dictionary is loaded/],
  ])('%s', (name, words) => {
    expect(() => readStateDict(bytesOf(name), `${name}.pt`)).toThrow(ImportError);
    expect(() => readStateDict(bytesOf(name), `${name}.pt`)).toThrow(words);
    expect(fs.existsSync('pwned')).toBe(false);
  });

  it('an empty file, another file, another archive', () => {
    expect(() => readStateDict(new Uint8Array(), 'a.pt')).toThrow('a.pt is empty (0 bytes).');
    expect(() => readStateDict(Buffer.from('hello'), 'a.pt')).toThrow(
      'a.pt cannot be read: it is not a file that torch.save writes.',
    );
    expect(() => readStateDict(zipSync({ 'a/b.txt': Buffer.from('x') }), 'a.pt')).toThrow('it has no data.pkl');
  });
});

/** An archive around a pickle. */
const around = (pickle: Uint8Array): Uint8Array => zipSync({ 'a/data.pkl': pickle, 'a/data/0': new Uint8Array(8) });
const pickleOf = (text: string): Uint8Array => around(Uint8Array.from(text, (c) => c.charCodeAt(0)));
const tensor = (storage: string, offset: string, shape: string, strides: string): string =>
  `\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\n${storage}\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQ${offset}${shape}${strides}\x89)tRs.`;

describe('pickles that Python would run', () => {
  it('the pickle of the cases below is right where nothing is wrong in it', () => {
    const dict = readStateDict(pickleOf(tensor('FloatStorage', 'K\0', 'K\x02\x85', 'K\x01\x85')));
    expect(dict.get('w')).toEqual({ shape: [2], data: Float32Array.of(0, 0) });
  });

  it.each([
    ['eval', 'c__builtin__\neval\n(X\x05\0\0\x001 + 1tR.'],
    ['a global by the newer instruction', '\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R.'],
    ['a name that only begins as an allowed one', 'ctorch._utils\n_rebuild_tensor_v2.__globals__\n.'],
    ['an allowed module with another function', 'ctorch._utils\n_rebuild_parameter\n.'],
    ['a storage with dots in its name', 'ctorch\nos.systemStorage\n.'],
    ['a class that is called as a function', 'ctorch\nFloatStorage\n)R.'],
    ['a dictionary made of arguments', 'ccollections\nOrderedDict\n](K\x01K\x02e\x85R.'],
    ['INST', '(ios\nsystem\n.'],
    ['OBJ', '(cos\nsystem\no.'],
    ['NEWOBJ', 'ccollections\nOrderedDict\n)\x81.'],
    ['EXT1', '\x82\x01.'],
    ['the state of a tensor', `${tensor('FloatStorage', 'K\0', 'K\x02\x85', 'K\x01\x85').slice(0, -2)}}b.`],
    ['a tensor beyond its storage', tensor('FloatStorage', 'K\x01', 'K\x02\x85', 'K\x01\x85')],
    ['a negative offset', tensor('FloatStorage', 'J\xff\xff\xff\xff', 'K\x02\x85', 'K\x01\x85')],
    ['a negative stride', tensor('FloatStorage', 'K\x01', 'K\x02\x85', 'J\xff\xff\xff\xff\x85')],
    ['more shape than strides', tensor('FloatStorage', 'K\0', 'K\x02K\x01\x86', 'K\x01\x85')],
    [
      'a tensor of 2^62 numbers by a stride of 0',
      tensor('FloatStorage', 'K\0', 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86', 'K\0K\0\x86'),
    ],
    ['a type of numbers that is not read', tensor('ComplexFloatStorage', 'K\0', 'K\x02\x85', 'K\x01\x85')],
    ['numbers as names', '}K\x01K\x02s.'],
    ['a list', ']K\x01a.'],
    ['a list of lists, 100,000 deep', `${']'.repeat(100_000)}${'a'.repeat(99_999)}.`],
    ['such a list as a name', `X\x01\0\0\0a${']'.repeat(100_000)}${'a'.repeat(99_999)}\x93.`],
    ['a list of 300,000 items', `](${'K\x01'.repeat(300_000)}e.`],
    ['an endless stack', '('.repeat(100_000)],
    ['nothing', ''],
  ])('%s', (_, pickle) => {
    expect(() => readStateDict(pickleOf(pickle), 'a.pt')).toThrow(ImportError);
    expect(() => readStateDict(pickleOf(pickle), 'a.pt')).toThrow(/^a\.pt /);
  });

  it('a name like "__proto__" is a name', () => {
    const pickle = tensor('FloatStorage', 'K\0', 'K\x02\x85', 'K\x01\x85').replace(
      'X\x01\0\0\0w',
      'X\x09\0\0\0__proto__',
    );
    expect([...readStateDict(pickleOf(pickle)).keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).shape).toBeUndefined();
  });
});

describe('damaged files give one clear error', () => {
  const whole = bytesOf('ivae');
  const outcomeOf = (bytes: Uint8Array): string => {
    try {
      readStateDict(bytes, 'a.pt');
      return 'read';
    } catch (error) {
      expect(error).toBeInstanceOf(ImportError);
      expect((error as Error).message).toMatch(/^a\.pt [^\n]*[.)]$/);
      return 'rejected';
    }
  };

  it('cut short anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(outcomeOf(whole.subarray(0, length))).toBe('rejected');
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('with one changed byte: rejected, or the change lies in what is not used', () => {
    const before = readStateDict(whole);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = whole.slice();
        bytes[at] ^= change;
        if (outcomeOf(bytes) === 'read') expect(readStateDict(bytes)).toEqual(before);
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('with a changed pickle in a sound archive', () => {
    const pickle = Uint8Array.from(tensor('FloatStorage', 'K\0', 'K\x02\x85', 'K\x01\x85'), (c) => c.charCodeAt(0));
    const edit = fc.tuple(fc.nat(pickle.length - 1), fc.nat(2), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = [...pickle];
        for (const [at, kind, value] of edits) bytes.splice(at, kind === 2 ? 1 : kind, value);
        outcomeOf(around(Uint8Array.from(bytes)));
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it('of nothing but noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        outcomeOf(noise);
        outcomeOf(around(noise));
        outcomeOf(Uint8Array.from([0x50, 0x4b, 3, 4, ...noise]));
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});
