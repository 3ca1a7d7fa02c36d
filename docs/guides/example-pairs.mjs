/** Writes example pairs for the guide: images of gold nanorods and their spectra as a detector counts them, and 200 new images. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nanorods } from 'pyroved-data';
import { encodeNpy } from 'pyroved-ts';

const folder = process.argv[2] ?? 'rods';
const { train, test } = nanorods({ seed: 1, train: 2500, test: 200 });
const counts = (spectra) => ({ ...spectra, images: spectra.images.map((v) => 200 + 5000 * v) });
const sets = {
  images: train.images,
  spectra: counts(train.spectra),
  'new-images': test.images,
  'new-spectra': counts(test.spectra),
};

mkdirSync(folder, { recursive: true });
for (const [name, { images, count, shape }] of Object.entries(sets)) {
  writeFileSync(join(folder, `${name}.npy`), encodeNpy(images, [count, ...shape]));
}
console.log(`${train.images.count} pairs and ${test.images.count} new images are in ${folder}/.`);
