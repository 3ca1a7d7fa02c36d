/**
 * Memory and speed of `pyroved find` on large files: `node bench/micrographs.mjs [--side 20000] [--frames 125] [--folder FOLDER]`.
 * Writes a 16-bit TIFF of side x side pixels, and an MRC stack of 16-bit images of 4,096 x 4,096 pixels (125 of them are 4.2 GB), of simulated objects;
 * finds their objects in a process of its own, and prints its largest resident memory (Linux), images and megapixels per second. 0 omits a file.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulatedMicrograph } from 'pyroved-data';

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '20000' },
    frames: { type: 'string', default: '125' },
    folder: { type: 'string' },
  },
});
const bin = fileURLToPath(new URL('../packages/pyroved/bin/pyroved.js', import.meta.url));
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'pyroved-large-'));
const FIELD = 1024;

/** A simulated micrograph as 16-bit integers, repeated to fill any size. */
const { image } = simulatedMicrograph({ seed: 1, gradient: 0 });
const field = Uint16Array.from(image.pixels, (v) => Math.round(20_000 * Math.min(1.5, Math.max(0, v + 0.2))));

/** `count` rows of a large image from `top`. */
function rows(top, count, width) {
  const out = new Uint16Array(count * width);
  for (let y = 0; y < count; y++) {
    const row = field.subarray(((top + y) % FIELD) * FIELD, (((top + y) % FIELD) + 1) * FIELD);
    for (let x = 0; x < width; x += FIELD) out.set(row.subarray(0, Math.min(FIELD, width - x)), y * width + x);
  }
  return out;
}

/** A little-endian TIFF with one strip per 64 rows. */
function writeTiff(path, side) {
  const perStrip = 64;
  const strips = Math.ceil(side / perStrip);
  const tags = [
    [256, 4, 1, side],
    [257, 4, 1, side],
    [258, 3, 1, 16],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, strips, 0],
    [277, 3, 1, 1],
    [278, 4, 1, perStrip],
    [279, 4, strips, 0],
  ];
  const lists = 8 + 2 + 12 * tags.length + 4;
  const data = lists + 8 * strips;
  const head = Buffer.alloc(data);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, type, count, value], k) => {
    const at = 10 + 12 * k;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(tag === 273 ? lists : tag === 279 ? lists + 4 * strips : value, at + 8);
  });
  for (let k = 0; k < strips; k++) {
    const count = Math.min(perStrip, side - k * perStrip);
    head.writeUInt32LE(data + 2 * k * perStrip * side, lists + 4 * k);
    head.writeUInt32LE(2 * count * side, lists + 4 * (strips + k));
  }
  const file = openSync(path, 'w');
  writeSync(file, head);
  for (let top = 0; top < side; top += perStrip) writeSync(file, rows(top, Math.min(perStrip, side - top), side));
  closeSync(file);
}

function writeMrc(path, side, frames) {
  const header = Buffer.alloc(1024);
  for (const [i, value] of [side, side, frames, 6].entries()) header.writeInt32LE(value, 4 * i);
  for (const [i, value] of [side, side, frames].entries()) header.writeInt32LE(value, 28 + 4 * i);
  for (const [i, value] of [13 * side, 13 * side, 1].entries()) header.writeFloatLE(value, 40 + 4 * i);
  header.write('MAP ', 208, 'latin1');
  header.writeUInt8(0x44, 212);
  const file = openSync(path, 'w');
  writeSync(file, header);
  const plane = rows(0, side, side);
  for (let k = 0; k < frames; k++) writeSync(file, plane);
  closeSync(file);
}

/** Runs `pyroved find`; seconds, largest resident memory in MB, and its last line. */
async function found(path) {
  const began = performance.now();
  const out = join(folder, `found-${Date.now()}`);
  const child = spawn(process.execPath, [bin, 'find', path, '--out', out], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  let memory = Number.NaN;
  const watch = setInterval(() => {
    try {
      memory = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024 || memory;
    } catch {
      // The process has just ended, or the system has no /proc.
    }
  }, 200);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(text);
  return { seconds: (performance.now() - began) / 1000, memory, last: text.trim().split('\n').at(-1) };
}

async function report(what, path, pixels, images) {
  const { seconds, memory, last } = await found(path);
  console.log(
    `${what}: ${last}\n  largest memory ${memory.toFixed(0)} MB; ${seconds.toFixed(0)} s, ${(pixels / 1e6 / seconds).toFixed(2)} megapixels per second, ` +
      `${(images / seconds).toFixed(3)} images per second`,
  );
}

try {
  const [side, frames] = [Number(values.side), Number(values.frames)];
  if (side > 0) {
    writeTiff(join(folder, 'large.tif'), side);
    await report(`TIFF of ${side} x ${side}`, join(folder, 'large.tif'), side ** 2, 1);
  }
  if (frames > 0) {
    writeMrc(join(folder, 'stack.mrc'), 4096, frames);
    await report(`MRC stack of ${frames} x 4096 x 4096`, join(folder, 'stack.mrc'), frames * 4096 ** 2, frames);
  }
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
