/** Writes example data for regression.md: rods.npy, images of 600 nanorods at any angle, and lengths.csv, where the lengths of 120 of them are known. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nanorods } from 'pyroved-data';
import { encodeNpy } from 'pyroved-ts';

const folder = process.argv[2] ?? 'rods';
const { images } = nanorods({ size: 24, train: 600, test: 1, seed: 1 }).train;
const { length } = images.factors;
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'rods.npy'), encodeNpy(images.images, [images.count, 24, 24]));
const rows = Array.from(length, (value, i) => `${i},${i < 120 ? value.toFixed(2) : ''}`);
writeFileSync(join(folder, 'lengths.csv'), `rod,length\n${rows.join('\n')}\n`);
