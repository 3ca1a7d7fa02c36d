/**
 * Small pictures of three shapes as PNG files, to follow docs/guides/your-own-images.md without your own images:
 *   node docs/guides/example-images.mjs FOLDER
 * writes FOLDER/unlabelled (turned by up to 60 degrees, and two files that are no use), FOLDER/labelled (one folder per class, nearly upright),
 * FOLDER/checked (as unlabelled, in one folder per class) and FOLDER/turned (each shape turned by known angles, as the files' names tell).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { RandomStream } from 'pyro-ts';

const folder = process.argv[2];
if (folder === undefined) {
  console.error('Usage: node docs/guides/example-images.mjs FOLDER');
  process.exit(1);
}

/** Places of blobs as (right, up), in units of half the image. */
const pole = [-0.6, -0.3, 0, 0.3, 0.6].map((y) => [0, y]);
const shapes = {
  boot: [...pole, [0.3, -0.6], [0.5, -0.6]],
  cross: [...pole, [-0.35, 0.2], [0.35, 0.2]],
  flag: [...pole, [0.3, 0.6], [0.5, 0.45], [0.3, 0.25]],
};
const side = 40;
const rng = new RandomStream('example images');
const within = (low, high) => low + (high - low) * rng.next();

/** A shape turned counter-clockwise by `degrees`, its blobs as wide as `width` says, with a little noise: a PNG of 8 bits. */
function picture(blobs, degrees, width) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const centres = blobs.map(([x, y]) => [cos * x - sin * y, sin * x + cos * y]);
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(2 * (i % side)) / (side - 1) - 1, 1 - (2 * Math.floor(i / side)) / (side - 1)];
    const light = centres.reduce((sum, [a, b]) => sum + Math.exp(-((x - a) ** 2 + (y - b) ** 2) / width ** 2), 0);
    return Math.round(255 * Math.max(0, Math.min(1, 0.05 + 0.9 * Math.min(1, light) + 0.02 * rng.nextNormal())));
  });
  return encode({ width: side, height: side, channels: 1, depth: 8, data });
}

function write(content, ...path) {
  const file = join(folder, ...path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

let count = 0;
for (const [name, blobs] of Object.entries(shapes)) {
  const random = (range) => picture(blobs, within(-range, range), within(0.15, 0.25));
  for (let i = 1; i <= 25; i++) write(random(5), 'labelled', name, `${name}${i}.png`);
  for (let i = 1; i <= 200; i++) write(random(60), 'unlabelled', `image${++count}.png`);
  for (let i = 1; i <= 40; i++) write(random(60), 'checked', name, `${name}${i}.png`);
  for (const angle of [-45, 0, 30]) write(picture(blobs, angle, 0.2), 'turned', `${name}_${angle}.png`);
}
write(picture(shapes.flag, 0, 0.2).subarray(0, 200), 'unlabelled', 'interrupted.png');
write('24 Nov, second scan', 'unlabelled', 'notes.txt');
