/** Every other source of images, from the command line to a classified table: arrays, signals, micrographs, simulated data, no labels. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { decode } from 'fast-png';
import { parquetReadObjects } from 'hyparquet';
import { RandomStream } from 'pyro-ts';
import { RunFolder, trainRun } from 'pyroved';
import { loadMicrographs, nanoparticles, shiftedPeaks } from 'pyroved-data';
import { type Disentanglement, encodeNpy, encodeNpz, type Normalisation } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { picture, png, pyroved, remove, side, succeed, temporaryFolder, write, writeImages } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
afterAll(() => remove(root));

const rows = (csv: string): Record<string, string>[] => parse(csv, { columns: true });
/** Of any kind of model, and of one with classes. */
const plain = ['--hidden', '16,16', '--epochs', '2', '--batch-size', '16'];
const withClasses = [...plain, '--recognition', 'off'];
const summaryOf = (run: string) => RunFolder.open(at(run)).readSummary();
const configOf = (run: string) => RunFolder.open(at(run)).config;

it('an .npz file of images with labels, and a .npy file to classify', async () => {
  const rng = new RandomStream('array');
  const count = 40;
  const images = Float32Array.from({ length: count * side * side });
  const labels = new Float32Array(count).fill(-1);
  for (let i = 0; i < count; i++) {
    images.set(picture(i % 2 ? 'flag' : 'ell', 120 * (rng.next() - 0.5)), i * side * side);
    if (i < 20) labels[i] = i % 2;
  }
  const shape = [count, side, side];
  write(at('set.npz'), encodeNpz({ images: { shape, data: images }, labels: { shape: [count], data: labels } }));
  write(at('new.npy'), encodeNpy(images, shape));
  const ambiguous = await pyroved(['train', '--array', 'set.npz', '--out', 'array'], root);
  expect([ambiguous.code, ambiguous.stderr]).toEqual([
    1,
    expect.stringContaining('name one as dataset: images [40, 24, 24], labels [40]'),
  ]);
  const given = ['--array', 'set.npz', '--dataset', 'images', '--labels', 'labels', '--size', '16'];
  const { stderr } = await succeed(['train', ...given, ...withClasses, '--out', 'array'], root);
  expect(stderr).toContain('Images: 20 unlabelled, 16 labelled, 4 validation; 16 x 16 pixels.');
  const { low, high } = configOf('array').data.normalisation as unknown as Normalisation;
  const [from, to] = [low, high].map((value) => Number(value.toPrecision(3)));
  expect(stderr).toContain(`Pixel values: [${from}, ${to}] scaled to [0, 1]`);
  expect(readFileSync(at('array/report.html'), 'utf8')).toContain(`[${from}, ${to}] scaled to [0, 1]`);
  const { stdout } = await succeed(['classify', 'array', '--array', 'new.npy'], root);
  expect(rows(stdout)).toHaveLength(count);
  expect(rows(stdout)[0]).toMatchObject({
    file: 'new.npy[0]',
    class: expect.stringMatching(/^[01]$/),
    angle_deg: expect.stringMatching(/^-?\d+\.\d$/),
  });
});

it('an array that is read from disk batch by batch trains to the same numbers as one in memory', async () => {
  const { labelled, unlabelled } = nanoparticles({
    size: 16,
    counts: [14, 14],
    labelledPerClass: 4,
    validationPerClass: 1,
  });
  const images = Float32Array.from([...labelled.images, ...unlabelled.images]);
  const labels = Int32Array.from({ length: 28 }, (_, i) => labelled.labels?.[i] ?? -1);
  write(at('all.npy'), encodeNpy(images, [28, 16, 16]));
  write(at('classes.npy'), encodeNpy(labels, [28]));
  const train = async (folder: string, inMemory: number) => {
    const source = { kind: 'array', file: at('all.npy'), labels: at('classes.npy'), inMemory } as const;
    const model = { recognition: false, hiddenEncoder: [8], hiddenDecoder: [8], hiddenClassifier: [8] } as const;
    const said: string[] = [];
    const hooks = { say: (line: string) => said.push(line) };
    const { summary } = await trainRun(
      { folder: at(folder), source, model, train: { epochs: 2, batchSize: 8 } },
      hooks,
    );
    return { summary: { ...summary, seconds: 0 }, said: said.filter((line) => line.includes('from disk')) };
  };
  const [held, streamed] = [await train('held', 1e9), await train('streamed', 0)];
  expect(streamed.summary).toEqual(held.summary);
  expect([held.said.length, streamed.said.length]).toEqual([0, 1]);
});

it('signals are invariant to translation by default', async () => {
  const { unlabelled } = shiftedPeaks({ unlabelledPerClass: 20, length: 32 });
  write(at('signals.npy'), encodeNpy(unlabelled.images, [unlabelled.count, 32]));
  const { stderr } = await succeed(['train', '--array', 'signals.npy', ...plain, '--out', 'signals'], root);
  expect(stderr).toContain('Signals: 60 unlabelled; 32 values.');
  expect(summaryOf('signals')).toMatchObject({ model: 'iVAE', invariances: ['t'] });
  const encoded = rows((await succeed(['encode', 'signals', '--array', 'signals.npy'], root)).stdout);
  expect(Object.keys(encoded[0])).toEqual(['file', 'z1', 'z1_sd', 'z2', 'z2_sd', 'shift_1']);
  const classified = await pyroved(['classify', 'signals', '--array', 'signals.npy'], root);
  expect([classified.code, classified.stderr]).toEqual([
    1,
    expect.stringContaining('(iVAE) has no classes. Train a model with labels'),
  ]);
  const wrong = await pyroved(['train', '--array', 'signals.npy', '--invariances', 'r', '--out', 'wrong'], root);
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    expect.stringMatching(/pyroved: Signals .* can only be invariant to translation, "t"; got "r"\.\n$/),
  ]);
});

it('without labels it looks at what varies: no accuracy, no classes, but a report', async () => {
  writeImages(root, { labelled: 0, unlabelled: 20 });
  const { stderr } = await succeed(
    ['train', '--unlabelled', 'unlabelled', '--size', '16', ...plain, '--out', 'look'],
    root,
  );
  expect(stderr).not.toContain('Accuracy');
  expect(summaryOf('look')).toMatchObject({ model: 'iVAE', classNames: [], invariances: ['r', 't'] });
  const report = readFileSync(at('look/report.html'), 'utf8');
  expect(report).toContain('npx pyroved encode look');
  expect(report).not.toContain('pyroved classify');
  const evaluation = await pyroved(['evaluate', 'look'], root);
  expect([evaluation.code, evaluation.stderr]).toEqual([1, expect.stringContaining('Train a model with labels')]);
});

it('where factors are known, a model without classes is evaluated by what its latents tell of them', async () => {
  const few = ['--size', '32', '--unlabelled-per-class', '8', '--validation-per-class', '6'];
  await succeed(['train', 'peaks', ...few, ...plain, '--model', 'iVAE', '--out', 'free'], root);
  const { disentanglement } = summaryOf('free') as unknown as { disentanglement: Disentanglement };
  expect(disentanglement).toMatchObject({ variables: ['z1', 'z2', 'shift'], images: 18 });
  expect(disentanglement.factors.map(({ factor }) => factor)).toEqual(['shift', 'width', 'height', 'class']);
  const report = readFileSync(at('free/report.html'), 'utf8');
  expect(report).toContain('Disentanglement');
  // It has no labelled images to use in one way or another.
  expect(report).not.toContain('aux step');
  const { stdout } = await succeed(['evaluate', 'free', '--json', 'free.json'], root);
  expect(stdout).toContain(`separated attribute predictability ${disentanglement.separation.toFixed(4)}\n`);
  expect(stdout).toMatch(/\nfactor +z1 +z2 +shift +all +difference\nshift +\d+\.\d%/);
  expect(JSON.parse(readFileSync(at('free.json'), 'utf8')).disentanglement).toEqual(disentanglement);
});

it('a micrograph is cut into patches at places from a table, or where objects are found', async () => {
  const patch = 32;
  const wide = 8 * patch;
  const pixels = new Float32Array(wide * wide).fill(0.1);
  const places = Array.from({ length: 16 }, (_, i) => ({
    x: patch + 2 * patch * (i % 4),
    y: patch + 2 * patch * (i >> 2),
  }));
  places.forEach(({ x, y }, k) => {
    const object = picture(k % 2 ? 'flag' : 'ell', 20 * k);
    for (let i = 0; i < side * side; i++) {
      const to = (y - side / 2 + Math.floor(i / side)) * wide + x - side / 2 + (i % side);
      pixels[to] = Math.max(pixels[to], 0.9 * object[i]);
    }
  });
  write(at('large.png'), png(pixels));
  const table = places.map(({ x, y }, k) => `${x},${y},${k < 12 ? ['ell', 'flag'][k % 2] : ''}`);
  write(at('centres.csv'), ['x,y,label', ...table].join('\n'));
  const given = ['--micrographs', 'large.png', '--patch-size', String(patch), '--size', '16'];
  const { stderr } = await succeed(
    ['train', ...given, '--objects', 'centres.csv', ...withClasses, '--out', 'placed'],
    root,
  );
  expect(stderr).toContain('Images: 4 unlabelled, 10 labelled, 2 validation; 16 x 16 pixels.');
  const found = rows((await succeed(['classify', 'placed', '--micrographs', 'large.png'], root)).stdout);
  expect(found).toHaveLength(16);
  for (const { x, y } of places)
    expect(Math.min(...found.map((row) => Math.hypot(Number(row.x) - x, Number(row.y) - y)))).toBeLessThan(patch / 5);
});

it('objects of micrographs are classified into one table, with counts, regions and pictures', async () => {
  const size = ['--pixel-size', '2 nm'];
  const { stderr } = await succeed(
    ['classify', 'placed', '--micrographs', 'large.png', ...size, '--latents', '--out', 'classified'],
    root,
  );
  expect(stderr).toMatch(/large\.png: 16 objects: \d+ ell \(\d+ to \d+\), \d+ flag \(\d+ to \d+\); \d+ unsure/);
  const table = rows(readFileSync(at('classified', 'objects.csv'), 'utf8'));
  expect(table).toHaveLength(16);
  for (const row of table) {
    expect(Number(row.x_nm)).toBeCloseTo(2 * (Number(row.x) + 0.5), 0);
    expect(Number(row['p(ell)']) + Number(row['p(flag)'])).toBeCloseTo(1, 3);
    expect(Number(row.probability)).toBeCloseTo(Number(row[`p(${row.class})`]), 3);
    expect([row.z1, row.z1_sd, row.angle_deg].every((cell) => cell !== '' && Number.isFinite(Number(cell)))).toBe(true);
  }
  const { total, micrographs } = JSON.parse(readFileSync(at('classified', 'counts.json'), 'utf8'));
  expect(micrographs).toHaveLength(1);
  expect(micrographs[0]).toMatchObject({ objects: 16, areaUnit: 'nm2', area: 4 * 256 ** 2 });
  for (const { class: name, classified, count, density } of total.classes) {
    expect(classified).toBe(table.filter((row) => row.class === name).length);
    expect(count.low).toBeLessThanOrEqual(count.high);
    expect(density.mean).toBeCloseTo(count.mean / (4 * 256 ** 2), 4);
  }
  // The regions are where the objects are, in QuPath's coordinates, and can be read back as labels.
  const { features } = JSON.parse(readFileSync(at('classified', 'regions', 'large.png.geojson'), 'utf8'));
  expect(features).toHaveLength(16);
  for (const [k, { geometry, properties }] of features.entries()) {
    const [[left, top], , [right, bottom]] = geometry.coordinates[0];
    expect((left + right) / 2).toBeCloseTo(Number(table[k].x) + 0.5, 0);
    expect((top + bottom) / 2).toBeCloseTo(Number(table[k].y) + 0.5, 0);
    expect(properties.classification.name).toBe(table[k].class);
  }
  const marks = await loadMicrographs(at('large.png'), { patch: 32, labels: at('classified', 'regions') });
  expect(marks.problems).toEqual([]);
  expect(Array.from(marks.set.labels ?? [], (y) => marks.set.classNames?.[y])).toEqual(table.map((row) => row.class));
  expect(decode(readFileSync(at('classified', 'pictures', 'large.png.png'))).width).toBeGreaterThanOrEqual(256);
  const again = ['classify', 'placed', '--micrographs', 'large.png', '--out', 'classified'];
  expect((await pyroved(again, root)).stderr).toContain('objects.csv exists');
  // Given objects, with a parquet table; options of micrographs without micrographs.
  await succeed(
    ['classify', 'placed', '--micrographs', 'large.png', '--objects', 'centres.csv', '--out', 'given.parquet'],
    root,
  );
  expect(await parquetReadObjects({ file: Uint8Array.from(readFileSync(at('given.parquet'))).buffer })).toHaveLength(
    16,
  );
  const stray = await pyroved(['classify', 'placed', '--images', 'x', '--pixel-size', '1 nm'], root);
  expect(stray.stderr).toContain('--pixel-size requires --micrographs');
});

it('patches are straightened at their own resolution, and shown on contact sheets', async () => {
  const given = ['--micrographs', 'large.png'];
  await succeed(['straighten', 'placed', ...given, '--out', 'upright'], root);
  const files = readdirSync(at('upright'));
  expect(files).toHaveLength(16);
  // The model sees 16 pixels, and patches have 32.
  expect(decode(readFileSync(at('upright', files[0])))).toMatchObject({ width: 32, height: 32 });
  const { stdout } = await succeed(['gallery', 'placed', ...given, '--count', '5', '--out', 'sheets'], root);
  expect(stdout.trim().split('\n').at(-1)).toBe('sheets/gallery.html');
  expect(existsSync(at('sheets', 'uncertain.png'))).toBe(true);
  const page = readFileSync(at('sheets', 'gallery.html'), 'utf8');
  const shown = rows((await succeed(['classify', 'placed', ...given], root)).stdout);
  const least = shown.reduce((a, b) => (Number(a.probability) < Number(b.probability) ? a : b));
  const [, uncertain] = page.split('Least certain first (5 of 16)');
  expect(/<figcaption>large\.png@(\d+),(\d+): (\w+) /.exec(uncertain)?.[3]).toBe(least.class);
  expect(uncertain.match(/<figure>/g)).toHaveLength(5);
  const [, untypical] = page.split('Least typical first (5 of 16)');
  const scores = shown.map((row) => Number(row.outlier_score));
  expect(/outlier score (-?[\d.]+)</.exec(untypical)?.[1]).toBe((Math.min(...scores) + 0).toFixed(2));
  for (const { outlier, outlier_score } of shown)
    expect(outlier).toBe(Number(outlier_score) < Math.log(0.05) ? 'yes' : 'no');
});

describe('generated images', () => {
  it.each([
    [
      ['cards', '--size', '16', '--unlabelled-per-class', '8', '--angle', '90 deg', '--axes', 'both'],
      'Images: 32 unlabelled, 16 labelled, 12 validation; 16 x 16 pixels.',
    ],
    [['particles', '--size', '16'], 'Images: 461 unlabelled, 16 labelled, 12 validation; 16 x 16 pixels.'],
    [
      ['digits', '--size', '16', '--unlabelled-per-class', '8'],
      'Images: 80 unlabelled, 40 labelled, 30 validation; 16 x 16 pixels.',
    ],
    [
      ['glyphs', '--glyphs', 'A,R,arrow', '--unlabelled-per-class', '8', '--noise', '0.1', '--background', '0.3'],
      'Images: 24 unlabelled, 12 labelled, 9 validation; 40 x 40 pixels.',
    ],
    [
      ['peaks', '--size', '32', '--unlabelled-per-class', '8'],
      'Signals: 24 unlabelled, 12 labelled, 9 validation; 32 values.',
    ],
  ])('%j', async ([word, ...options], words) => {
    const few = [
      ...['--labelled-per-class', '4', '--validation-per-class', '3', '--hidden', '8,8', '--epochs', '1'],
      ...['--recognition', 'off'],
    ];
    const { stderr } = await succeed(['train', word, ...options, ...few, '--out', word], root);
    expect(stderr).toContain(words);
    expect(configOf(word).data.source).toMatchObject({ kind: word, seed: 1, labelledPerClass: 4 });
    const { stdout } = await succeed(['evaluate', word, '--noise', '0.1', '--validation-per-class', '2'], root);
    expect(stdout).toMatch(/^accuracy \d\.\d{4} on \d+ images\n/);
  });

  it('are evaluated as in training, or turned further than in training', async () => {
    const evaluation = await succeed(['evaluate', 'cards'], root);
    expect(evaluation.stdout).toContain(`accuracy ${Number(summaryOf('cards').accuracy).toFixed(4)} on 12 images`);
    const turned = await succeed(['evaluate', 'cards', '--angle', '180 deg', '--seed', '5'], root);
    expect(turned.stdout).toMatch(/^accuracy \d\.\d{4} on 12 images\n/);
    const rejected = await pyroved(['evaluate', 'particles', '--angle', '3'], root);
    expect(rejected.stderr).toContain(
      'The particles of this run have no angle to change. Known: seed, validationPerClass, background, contrast, blur, clutter.',
    );
  });
});
