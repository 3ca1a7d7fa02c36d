/**
 * The moving picture of the start page, docs/public/moving.png: what a decoder that was trained on images at any angle
 * draws, as angle and content go around once.
 *   npx pyroved train cards --preset small --angle "180 deg" --axes both --epochs 16 --seed 1 --out runs/moving
 *   node docs/pictures/moving.mjs runs/moving
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { selectEngine } from '@pyro-ts/engine';
import { loadModel } from 'pyroved';

const [frames, milliseconds, zoom, levels] = [60, 80, 3, 40];

await selectEngine();
const { model } = await loadModel(process.argv[2]);
const side = model.options.shape[0];
const classes = [0, 1, 2, 3];
const width = 2 * side * zoom;

/** All classes at one moment of the turn, in two rows of two. */
function frame(moment) {
  const turn = 2 * Math.PI * moment;
  const content = classes.flatMap(() => [0.5 * Math.cos(turn), 0.5 * Math.sin(turn)]);
  const { images } = model.decode(content, { classes, angle: classes.map((k) => (k % 2 === 0 ? turn : -turn)) });
  return Uint8Array.from({ length: width * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width) / zoom, (i % width) / zoom];
    const image = 2 * Math.floor(row / side) + Math.floor(column / side);
    const values = images.subarray(image * side * side, (image + 1) * side * side);
    return Math.round(Math.max(0, Math.min(1, at(values, row % side, column % side))) * (levels - 1));
  });
}

/** The value between pixels, by bilinear interpolation. */
function at(values, row, column) {
  const clip = (n) => Math.max(0, Math.min(side - 1, n));
  const [r, c] = [row - 0.5 + 0.5 / zoom, column - 0.5 + 0.5 / zoom];
  const [top, left] = [Math.floor(r), Math.floor(c)];
  const pixel = (y, x) => values[clip(y) * side + clip(x)];
  const mix = (a, b, share) => a + (b - a) * share;
  const line = (y) => mix(pixel(y, left), pixel(y, left + 1), c - left);
  return mix(line(top), line(top + 1), r - top);
}

/** A chunk of a PNG file: length, name, content, checksum. */
function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

const uint32 = (...values) => Buffer.from(Uint32Array.from(values).buffer).swap32();
const uint16 = (...values) => Buffer.from(Uint16Array.from(values).buffer).swap16();

/** Pixels of 8 bits in compressed rows, each after its filter (none). Few levels, so that they compress well. */
function compressed(pixels) {
  const rows = Buffer.alloc(width * (1 + width));
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      rows[row * (1 + width) + 1 + column] = Math.round((pixels[row * width + column] * 255) / (levels - 1));
    }
  }
  return deflateSync(rows, { level: 9 });
}

/** An animated PNG: https://www.w3.org/TR/png-3/#apng-frame-based-animation. */
const chunks = [
  chunk('IHDR', Buffer.concat([uint32(width, width), Buffer.from([8, 0, 0, 0, 0])])),
  chunk('acTL', uint32(frames, 0)),
];
let sequence = 0;
for (let i = 0; i < frames; i++) {
  const control = [uint32(sequence++, width, width, 0, 0), uint16(milliseconds, 1000), Buffer.from([0, 0])];
  chunks.push(chunk('fcTL', Buffer.concat(control)));
  const data = compressed(frame(i / frames));
  chunks.push(i === 0 ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([uint32(sequence++), data])));
}
chunks.push(chunk('IEND', Buffer.alloc(0)));
const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'public', 'moving.png');
writeFileSync(file, Buffer.concat([signature, ...chunks]));
console.log(file);
