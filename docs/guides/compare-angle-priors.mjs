/**
 * Trains a small rVAE on turned shapes with each angle prior and guide, and counts how often it finds the angles:
 *   node docs/guides/compare-angle-priors.mjs [SEEDS] [PART OF A NAME]
 * prints the tables of docs/guides/angle-priors.md: all choices or those whose name holds the given part; 8 seeds, five minutes.
 */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { RandomStream } from 'pyro-ts';
import { IVAE, imageSet, UnsupervisedTrainer } from 'pyroved-ts';

const seeds = Array.from({ length: Number(process.argv[2] ?? 8) }, (_, i) => i + 1);
const size = 9;

/** An L of four blobs, at (right, up) in units of half the image; the last one is the foot. */
const blobs = [0.6, 0.2, -0.2].map((y) => [0, y, 1]);
const ell = [...blobs, [0.4, -0.2, 1]];
/** A rod with a faint foot: turned by half a turn, it is nearly the same. */
const rod = [...[0.6, 0.2, -0.2, -0.6].map((y) => [0, y, 1]), [0.4, -0.6, 0.3]];

/** `count` pictures of a shape turned by up to `range` radians either way; factors.angle holds the angles. */
function turned(shape, range, count = 160) {
  const rng = new RandomStream('turned');
  const angle = Float32Array.from({ length: count }, () => range * (2 * rng.next() - 1));
  const images = new Float32Array(count * size * size);
  angle.forEach((a, n) => {
    const [c, s] = [Math.cos(a), Math.sin(a)];
    for (let i = 0; i < size * size; i++) {
      const x = (2 * (i % size)) / (size - 1) - 1;
      const y = 1 - (2 * Math.floor(i / size)) / (size - 1);
      const grey = ([u, v, w]) => w * Math.exp(-((x - c * u + s * v) ** 2 + (y - s * u - c * v) ** 2) / 0.06);
      images[n * size * size + i] = Math.min(
        1,
        shape.reduce((sum, blob) => sum + grey(blob), 0),
      );
    }
  });
  return imageSet({ images, shape: [size, size], factors: { angle } });
}

/** Angles that differ from the truth by a constant turn are right: the differences, in degrees, around their mean. */
function errors(found, truth) {
  const away = Array.from(found, (a, i) => a - truth[i]);
  const mean = Math.atan2(
    away.reduce((n, d) => n + Math.sin(d), 0),
    away.reduce((n, d) => n + Math.cos(d), 0),
  );
  return away.map((d) => Math.abs((Math.atan2(Math.sin(d - mean), Math.cos(d - mean)) * 180) / Math.PI));
}

const median = (x) => [...x].sort((a, b) => a - b)[x.length >> 1];

const choices = {
  normal: {},
  'normal, scale 0.6': { anglePrior: { name: 'normal', scale: 0.6 } },
  'von-mises': { anglePrior: 'von-mises' },
  uniform: { anglePrior: 'uniform' },
  'projected-normal': { anglePrior: 'projected-normal' },
  'normal, binned': { angleGuide: 'binned' },
  'von-mises, binned': { anglePrior: 'von-mises', angleGuide: 'binned' },
  'uniform, binned': { anglePrior: 'uniform', angleGuide: 'binned' },
};
const sets = {
  'An L, up to 60 degrees either way': turned(ell, Math.PI / 3),
  'An L, any angle': turned(ell, Math.PI),
  'A rod with a faint foot, any angle': turned(rod, Math.PI),
};

await selectEngine();
const kernel = await selectKernel({ threads: 1 });
for (const [title, images] of Object.entries(sets)) {
  console.log(`\n${title}\n`);
  console.log(
    '| prior and guide | runs that find the angle | median error, degrees | loss, nats | s of CPU |\n|---|---|---|---|---|',
  );
  for (const [name, choice] of Object.entries(choices)) {
    if (!name.includes(process.argv[3] ?? '')) continue;
    const started = process.cpuUsage();
    const runs = [];
    for (const seed of seeds) {
      const widths = { latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [24] };
      const vae = new IVAE({ shape: [size, size], invariances: ['r'], ...widths, ...choice, seed, kernel });
      const trainer = new UnsupervisedTrainer(vae, { images }, { epochs: 40, batchSize: 20, lr: 1e-2, seed });
      const { history } = await trainer.train();
      runs.push({ error: median(errors(vae.encode(images).angle, images.factors.angle)), loss: history.at(-1).loss });
      vae.dispose();
    }
    const { user, system } = process.cpuUsage(started);
    const right = runs.filter(({ error }) => error < 10).length;
    const [error, loss] = [median(runs.map((r) => r.error)), median(runs.map((r) => r.loss))].map((x) => x.toFixed(1));
    const seconds = ((user + system) / 1e6 / seeds.length).toFixed(1);
    console.log(`| ${name} | ${right} of ${seeds.length} | ${error} | ${loss} | ${seconds} |`);
  }
}
kernel.dispose();
