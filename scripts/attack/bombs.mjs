/** Small files that claim, or unpack to, far more than they are: each is read by a process of its own, whose memory and time are measured. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { encodeNpy } from 'pyroved-ts';

export const name = 'bombs';
export const title = 'Files under 10 MB that claim or unpack to gigabytes';
export const units = () => files.length;
export const bars = ['tooLarge', 'tooSlow', 'crashes'];
const MOST_MEGABYTES = 500;
/** Of processor time, which other programs on the machine do not change. */
const MOST_SECONDS = 10;
/** For a process to end, however busy the machine is. */
const MOST_WAITED = 300;

const reader = fileURLToPath(new URL('reader.mjs', import.meta.url));

export async function open() {
  const root = join(tmpdir(), `pyro-attack-bombs-${process.pid}`);
  mkdirSync(root, { recursive: true });
  let baseline;
  return {
    unit(index) {
      const { file, content } = files[index];
      const path = join(root, file);
      writeFileSync(path, content());
      baseline ??= measured('nothing', path).megabytes;
      const { megabytes, seconds, crash } = measured(file.slice(file.lastIndexOf('.') + 1), path);
      rmSync(path);
      const above = megabytes - baseline;
      const failures = [];
      if (crash) failures.push(`${file}: ${crash}`);
      if (above > MOST_MEGABYTES) failures.push(`${file} takes ${Math.round(above)} MB`);
      if (seconds > MOST_SECONDS) failures.push(`${file} takes ${seconds.toFixed(1)} s`);
      const figures = {
        files: 1,
        tooLarge: above > MOST_MEGABYTES ? 1 : 0,
        tooSlow: seconds > MOST_SECONDS ? 1 : 0,
        crashes: crash ? 1 : 0,
      };
      return {
        figures,
        failures,
        notes: process.env.PYRO_ATTACK_VERBOSE ? [`${file}: ${Math.round(above)} MB, ${seconds.toFixed(1)} s`] : [],
      };
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

function measured(kind, path) {
  const { stdout, stderr, signal, error } = spawnSync(process.execPath, [reader, kind, path], {
    encoding: 'utf8',
    timeout: MOST_WAITED * 1000,
  });
  const last = stdout.trim().split('\n').at(-1);
  if (signal || error || !last)
    return { megabytes: 0, seconds: error ? MOST_WAITED : 0, crash: error?.message ?? signal ?? stderr.slice(-300) };
  const found = JSON.parse(last);
  return found.outcome.startsWith('UNTYPED') ? { ...found, crash: found.outcome } : found;
}

const u32be = (n) => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32be(data.length), body, u32be(crc32(body))]);
};
const png = (width, height, depth, colour, ...chunks) =>
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.concat([u32be(width), u32be(height), Buffer.from([depth, colour, 0, 0, 0])])),
    ...chunks,
    chunk('IEND', Buffer.alloc(0)),
  ]);
/** A gigabyte of zeros is a megabyte once it is deflated; three of them, one after the other in one stream. */
const zeros = (bytes, pack = deflateSync) => pack(Buffer.alloc(bytes), { level: 9 });

/** A zip archive whose entries lie where `place` says. */
function zip(entries) {
  const parts = [];
  let at = 0;
  const places = new Map();
  for (const { data } of entries) {
    if (places.has(data)) continue;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    places.set(data, at);
    parts.push(local, data);
    at += local.length + data.length;
  }
  const directory = entries.map(({ name, data, size, crc }) => {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(places.get(data), 42);
    return Buffer.concat([entry, Buffer.from(name)]);
  });
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, all, end]);
}

function npz(count) {
  const npy = Buffer.concat([Buffer.from(encodeNpy(new Float32Array(0), [2 ** 25])), Buffer.alloc(2 ** 27)]);
  const [data, size, crc] = [deflateRawSync(npy, { level: 9 }), npy.length, crc32(npy)];
  return zip(Array.from({ length: count }, (_, i) => ({ name: `a${i}.npy`, data, size, crc })));
}

function safetensors(count, bytes) {
  const entry = { dtype: 'U8', shape: [bytes], data_offsets: [0, bytes] };
  const header = Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, entry]))),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes)]);
}

/** A baseline or progressive JPEG whose frame claims any size; its coded data are a few bytes. */
function jpeg(side, marker) {
  const table = (kind, counts, values) => {
    const body = Buffer.from([kind, ...counts, ...values]);
    return Buffer.concat([Buffer.from([0xff, 0xc4, 0, body.length + 2]), body]);
  };
  const one = [1, ...Array(15).fill(0)];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1)]),
    Buffer.from([
      0xff,
      marker,
      0,
      17,
      8,
      side >> 8,
      side & 255,
      side >> 8,
      side & 255,
      3,
      1,
      0x11,
      0,
      2,
      0x11,
      0,
      3,
      0x11,
      0,
    ]),
    table(0, one, [0]),
    table(0x10, one, [0]),
    Buffer.from([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
    Buffer.alloc(400),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function tiff(width, height, compression, strips, bits = 8) {
  const entries = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, [bits]],
    [259, 3, [compression]],
    [262, 3, [1]],
    [273, 4, strips.map((_, i) => 8 + strips.slice(0, i).reduce((n, s) => n + s.length, 0))],
    [277, 3, [1]],
    [278, 4, [Math.ceil(height / strips.length)]],
    [279, 4, strips.map((s) => s.length)],
  ];
  const data = Buffer.concat(strips);
  const at = 8 + data.length;
  const head = Buffer.alloc(8);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(at, 4);
  const listAt = at + 2 + 12 * entries.length + 4;
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length, 0);
  const lists = [];
  let listEnd = listAt;
  for (const [k, [tag, type, values]] of entries.entries()) {
    const place = 2 + 12 * k;
    directory.writeUInt16LE(tag, place);
    directory.writeUInt16LE(type, place + 2);
    directory.writeUInt32LE(values.length, place + 4);
    directory.writeUInt32LE(values.length === 1 ? values[0] : listEnd, place + 8);
    if (values.length === 1) continue;
    const list = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries()) list.writeUInt32LE(value, 4 * i);
    lists.push(list);
    listEnd += list.length;
  }
  return Buffer.concat([head, data, directory, ...lists]);
}

/** A scheme of one line: mathjs, and a configuration. */
const files = [
  { file: 'overlap.safetensors', content: () => safetensors(700, 5_000_000) },
  { file: 'overlap.npz', content: () => npz(20) },
  { file: 'large.npz', content: () => npz(1) },
  { file: 'idat.png', content: () => png(16, 16, 8, 0, chunk('IDAT', zeros(2 ** 31 - 2 ** 20))) },
  {
    file: 'iccp.png',
    content: () =>
      png(
        16,
        16,
        8,
        0,
        chunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), zeros(2 ** 31 - 2 ** 20)])),
        chunk('IDAT', deflateSync(Buffer.from(Array.from({ length: 16 * 17 }, (_, i) => (i % 17 ? i & 255 : 0))))),
      ),
  },
  { file: 'bits.png', content: () => png(20_000, 20_000, 1, 0, chunk('IDAT', zeros(2501 * 20_000))) },
  { file: 'wide.png', content: () => png(9000, 9000, 16, 6, chunk('IDAT', zeros(72_001 * 9000))) },
  { file: 'claim.jpg', content: () => jpeg(19_900, 0xc0) },
  { file: 'progressive.jpg', content: () => jpeg(19_900, 0xc2) },
  { file: 'deflate.tif', content: () => tiff(20_000, 20_000, 8, Array(4).fill(zeros(100_000_000))) },
  { file: 'strip.tif', content: () => tiff(64, 64, 8, [zeros(2 ** 31 - 2 ** 20)]) },
  {
    file: 'claim.bmp',
    content: () => {
      const b = Buffer.alloc(1000);
      b.write('BM');
      b.writeUInt32LE(54, 10);
      b.writeUInt32LE(40, 14);
      b.writeUInt32LE(30_000, 18);
      b.writeUInt32LE(30_000, 22);
      b.writeUInt16LE(24, 28);
      return b;
    },
  },
  {
    file: 'columns.npy',
    content: () => {
      const b = Buffer.from(encodeNpy(new Float32Array(4), [4]));
      return Buffer.concat([
        Buffer.from(b.toString('latin1').replace("'shape': (4,), }", "'shape': (9e9,),}"), 'latin1'),
      ]);
    },
  },
  {
    file: 'model.json',
    content: () => JSON.stringify({ kind: 'iVAE', shape: [28, 28], hiddenEncoder: [30_000_000, 128], latentDim: 2 }),
  },
  { file: 'latent.json', content: () => JSON.stringify({ kind: 'iVAE', shape: [28, 28], latentDim: 50_000_000 }) },
  { file: 'shape.json', content: () => JSON.stringify({ kind: 'iVAE', shape: [200_000, 200_000], latentDim: 2 }) },
  {
    file: 'classes.json',
    content: () => JSON.stringify({ kind: 'ssiVAE', shape: [28, 28], numClasses: 100_000_000, latentDim: 2 }),
  },
  ...[
    'sum(1:1e8)',
    '"a" * 1e9',
    'format(1/3, {notation: "fixed", precision: 1e9})',
    'zeros(20000, 20000)',
    'factorial(1e9)',
    `${'1 + '.repeat(100_000)}1`,
    '('.repeat(100_000),
    'config({number: "BigNumber"})',
    '10^10^10^10',
    'ones(1e4,1e4)*ones(1e4,1e4)',
    'f(x) = f(x)+f(x); f(1)',
    'bignumber(2)^1e9',
    'combinations(1e9, 5e8)',
  ].map((text, i) => ({ file: `expression${i}.txt`, content: () => text })),
];
