/**
 * How well outlier scores tell objects of unknown shapes: `node bench/micrographOutliers.mjs --folder FOLDER [--seeds 1,2,3,4,5]`. FOLDER is that of
 * `node bench/reference/micrographs.mjs --folder FOLDER`, whose runs know rods, triangles and drops. For each of them, 81 squares, discs, L-shapes and crosses
 * on a noisy background are the outliers, and the objects of its fresh micrograph are not; the area under the ROC curve of the outlier score is printed beside
 * that of the largest class probability.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { encode } from 'fast-png';
import { RandomStream } from 'pyro-ts';
import { classifyImages, imagesFor, loadModel } from 'pyroved';

const { values } = parseArgs({
  options: { folder: { type: 'string' }, seeds: { type: 'string', default: '1,2,3,4,5' } },
});
if (values.folder === undefined) throw new Error('--folder is required: that of bench/reference/micrographs.mjs.');
const SIDE = 640;
const PER_ROW = 9;

const box = (u, v, halfWidth, halfHeight) => Math.max(Math.abs(u) - halfWidth, Math.abs(v) - halfHeight);
/** Negative inside. */
const shapes = [
  (u, v) => box(u, v, 11, 11),
  (u, v) => Math.hypot(u, v) - 12,
  (u, v) => Math.min(box(u + 6, v, 5, 13), box(u - 1, v - 8, 11, 5)),
  (u, v) => Math.min(box(u, v, 4.5, 14), box(u, v, 14, 4.5)),
];

function unknownObjects(seed) {
  const stream = new RandomStream(seed).fork('unknown objects');
  const pixels = new Float32Array(SIDE * SIDE);
  for (let n = 0; n < PER_ROW ** 2; n++) {
    const [x, y] = [n % PER_ROW, Math.floor(n / PER_ROW)].map((k) => 40 + 68 * k + 4 * (stream.next() - 0.5));
    const [angle, contrast] = [2 * Math.PI * stream.next(), 0.3 * (0.85 + 0.3 * stream.next())];
    for (let row = Math.round(y) - 22; row <= y + 22; row++) {
      for (let column = Math.round(x) - 22; column <= x + 22; column++) {
        const [dx, dy] = [column - x, row - y];
        const [u, v] = [dx * Math.cos(angle) - dy * Math.sin(angle), dx * Math.sin(angle) + dy * Math.cos(angle)];
        const inside = Math.min(1, 0.5 - shapes[n % shapes.length](u, v));
        if (inside > 0) pixels[row * SIDE + column] = contrast * inside;
      }
    }
  }
  const data = Uint16Array.from(
    pixels,
    (v, i) => 30_000 * (0.5 + v + 0.1 * ((i % SIDE) / SIDE) + 0.05 * stream.nextNormal()),
  );
  return encode({ width: SIDE, height: SIDE, channels: 1, depth: 16, data });
}

/** The fraction of pairs in which the outlier has the lower value. */
function area(outliers, others) {
  const wins = outliers.flatMap((o) => others.map((e) => (o < e ? 1 : o === e ? 0.5 : 0)));
  return wins.reduce((a, b) => a + b, 0) / wins.length;
}

await selectEngine();
const kernel = await selectKernel();
for (const seed of values.seeds.split(',')) {
  const at = (name) => join(values.folder, `seed-${seed}`, name);
  writeFileSync(at('unknown.png'), unknownObjects(Number(seed)));
  const trained = await loadModel(at('run'), kernel);
  const classified = async (micrographs) => classifyImages(trained, (await imagesFor(trained, { micrographs })).set);
  const [outliers, others] = [await classified(at('unknown.png')), await classified(at('fresh'))];
  const areaOf = (value) => area(outliers.map(value), others.map(value)).toFixed(3);
  const probability = areaOf(({ probabilities, classIndex }) => probabilities[classIndex]);
  console.log(
    `seed ${seed}: ${outliers.length} unknown objects, ${others.length} others; outlier score ${areaOf(({ outlierScore }) => outlierScore)}, largest probability ${probability}`,
  );
  trained.model.dispose();
}
