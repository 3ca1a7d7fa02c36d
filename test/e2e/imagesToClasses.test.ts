/** A folder of images from start to classify, through the command line, and the same as library calls. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SelectedKernel, selectKernel } from '@pyro-ts/spatial-decoder';
import { parse } from 'csv-parse/sync';
import {
  classificationCsv,
  classifyImages,
  encodingCsv,
  evaluateModel,
  imagesFor,
  loadModel,
  RunFolder,
  type TrainedModel,
} from 'pyroved';
import { figuresOf } from 'pyroved/internal';
import { shareInterval } from 'pyroved-ts/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Outcome,
  picture,
  png,
  pyroved,
  remove,
  succeed,
  temporaryFolder,
  tiff,
  write,
  writeImages,
} from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
let trained: Outcome;

/** What cannot be used, and what must be said of it. */
const odd = {
  'broken.png': 'damaged or unsupported PNG',
  'empty.png': 'the file is empty (0 bytes)',
  'even.png': 'all its pixels have the same value',
  'large.png': '240 x 240 pixels, a size very different from the other images',
  'nan.tif': '2 pixel value(s) are NaN or infinite',
  'notes.txt': 'not an image (PNG, JPEG, TIFF and BMP are read)',
};

beforeAll(async () => {
  writeImages(root);
  const whole = png(picture('ell', 0));
  const nan = picture('ell', 0);
  nan.fill(Number.NaN, 3, 5);
  write(at('unlabelled/broken.png'), whole.subarray(0, whole.length / 2));
  write(at('unlabelled/empty.png'), '');
  write(at('unlabelled/even.png'), png(new Float32Array(576).fill(0.5)));
  write(at('unlabelled/large.png'), png(Float32Array.from({ length: 240 * 240 }, (_, i) => (i % 2 ? 0 : 0.9))));
  write(at('unlabelled/nan.tif'), tiff(nan));
  write(at('unlabelled/notes.txt'), 'not an image');
  for (const shape of ['ell', 'flag'] as const)
    for (const degrees of [-45, -30, 0, 30, 45])
      write(at(`turned/${shape}_${degrees}.png`), png(picture(shape, degrees)));
  const images = [
    '--unlabelled',
    'unlabelled',
    '--labelled',
    'labelled',
    '--size',
    '20',
    '--validation-fraction',
    '0.4',
  ];
  const sizes = [
    '--hidden',
    '40,40',
    '--batch-size',
    '12',
    '--lr',
    '4e-3',
    '--epochs',
    '6',
    '--recognition-steps',
    '240',
    '--body',
    'dense',
  ];
  trained = await succeed(['train', ...images, ...sizes, '--out', 'run'], root);
});
afterAll(() => remove(root));

const table = (csv: string): Record<string, string>[] => parse(csv, { columns: true });

describe('train', () => {
  it('names every file that it skipped, in one list, with the reason', () => {
    const [, list] = trained.stderr.split('6 skipped:\n');
    const lines = list.split('\n').slice(0, 6);
    for (const [file, why] of Object.entries(odd))
      expect(lines.filter((line) => line.startsWith(`  ${file}: ${why}`))).toHaveLength(1);
  });

  it('says beforehand what there is to train on and how long it will take, and at the end how good it is', () => {
    expect(trained.stdout).toBe('');
    expect(trained.stderr).toContain('Images: 120 unlabelled, 12 labelled, 8 validation; 20 x 20 pixels.');
    expect(trained.stderr).toMatch(/\n300 steps, \d+ ms each: about .+, \d+ MB\.\n/);
    expect(trained.stderr).toMatch(
      /\nAccuracy on 8 images that training did not see, at random poses \(rotation up to \d+°, shift up to \d+% of the width; 20 copies of each\): \d+\.\d% \(95% interval \d+\.\d% to \d+\.\d%\)\n/,
    );
    expect(trained.stderr).toMatch(
      /\nFor comparison: upright 100\.0%,.* chance 50\.0%, expected calibration error 0\.\d+\.\n/,
    );
    expect(trained.stderr).toMatch(/Report: run\/report\.html\n$/);
  });

  it('leaves a run folder with everything in it', () => {
    expect(readdirSync(at('run')).sort()).toEqual(
      [
        'config.json',
        'metrics.jsonl',
        'checkpoint.safetensors',
        'checkpoint.prev.safetensors',
        'summary.json',
        'report.html',
        'pictures',
      ].sort(),
    );
    const summary = RunFolder.open(at('run')).readSummary();
    expect(summary).toMatchObject({ model: 'ssiVAE', testImages: 8, epochs: 6, steps: 300, seed: 1 });
    // The validation images lie upright; the accuracy is that of copies at drawn poses, of which each image counts once.
    expect(summary).toMatchObject({
      uprightAccuracy: 1,
      chance: 0.5,
      validation: { images: 8, copies: 20, poses: 'drawn' },
    });
    expect(summary.accuracy).toBeGreaterThan(0.8);
    expect(summary.accuracyInterval).toEqual(shareInterval(Number(summary.accuracy), 8));
    const report = readFileSync(at('run/report.html'), 'utf8');
    for (const said of [
      '100.0%',
      'nan.tif: 2 pixel value(s)',
      'straightened by its inferred pose',
      'npx pyroved classify run --images',
    ])
      expect(report).toContain(said);
    for (const kind of [
      'manifold-1-ell.png',
      'manifold-2-flag.png',
      'reconstructions.png',
      'samples.png',
      'confusion.svg',
      'latents.svg',
      'angles.svg',
      'loss.svg',
      'accuracy.svg',
    ])
      expect(readdirSync(at('run/pictures'))).toContain(kind);
  });

  it('rejects odd files where asked to, and then makes no run', async () => {
    const { code, stderr } = await pyroved(
      ['train', '--unlabelled', 'unlabelled', '--on-bad-file', 'fail', '--out', 'strict'],
      root,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('6 of 126 files cannot be used:');
    for (const file of Object.keys(odd)) expect(stderr).toContain(`  ${file}: `);
    expect(readdirSync(root)).not.toContain('strict');
  });
});

describe('classify', () => {
  let csv: Outcome;
  beforeAll(async () => {
    csv = await succeed(['classify', 'run', '--images', 'turned'], root);
  });

  it('gives each image its class', () => {
    const rows = table(csv.stdout);
    expect(rows).toHaveLength(10);
    for (const row of rows) {
      expect(row.file.split('_')[0]).toBe(row.class);
      expect(row.unsure).toBe('no');
      expect(Number(row['p(ell)']) + Number(row['p(flag)'])).toBeCloseTo(1, 3);
      expect(row.probability).toBe(row[`p(${row.class})`]);
    }
    // So short a training reconstructs some of them worse than the validation images: those count as outliers.
    const outliers = rows.filter((row) => row.outlier === 'yes').length;
    expect(csv.stderr).toContain(`10 classified: 5 ell, 5 flag; 0 unsure (below 0.8); ${outliers} outliers.`);
  });

  it('gives the angle in degrees counter-clockwise as seen, 0 for the pose of the labelled images', () => {
    const angles = new Map(table(csv.stdout).map((row) => [row.file, Number(row.angle_deg)]));
    for (const shape of ['ell', 'flag']) {
      const straight = angles.get(`${shape}_0.png`) as number;
      expect(Math.abs(straight)).toBeLessThan(5);
      for (const degrees of [-45, -30, 30, 45]) {
        const moved = (angles.get(`${shape}_${degrees}.png`) as number) - straight;
        expect(moved, `${shape} turned by ${degrees}`).toBeGreaterThan(degrees - 12);
        expect(moved, `${shape} turned by ${degrees}`).toBeLessThan(degrees + 12);
      }
    }
  });

  it('uses the grey range of the training images, whatever the new ones are', async () => {
    write(at('dim/ell_30.png'), png(picture('ell', 30)));
    write(at('dim/dim.png'), png(picture('ell', 30), 8, 0.4));
    const model = await loadModel(at('run'));
    const { low, high } = model.normalisation as { low: number; high: number };
    expect([low, high]).toEqual([0, expect.closeTo(1, 1)]);
    const { set } = await imagesFor(model, at('dim'));
    const [dim, bright] = [set, set].map((s, i) => ('images' in s ? s.images.subarray(400 * i, 400 * (i + 1)) : []));
    expect(Math.max(...dim)).toBeCloseTo((0.4 * 0.98 - low) / (high - low), 1);
    expect(Math.max(...bright)).toBeGreaterThan(0.9);
    const alone = table((await succeed(['classify', 'run', '--images', 'dim'], root)).stdout);
    const among = table(csv.stdout);
    expect(alone.find((row) => row.file === 'ell_30.png')).toEqual(among.find((row) => row.file === 'ell_30.png'));
    model.model.dispose();
  });

  it('marks images below the threshold, writes to the named file, and rejects a threshold that is none', async () => {
    const { stdout } = await succeed(
      ['classify', 'run', '--images', 'turned', '--threshold', '1', '--out', 'c.csv'],
      root,
    );
    expect(stdout).toBe('');
    const rows = table(readFileSync(at('c.csv'), 'utf8'));
    expect(rows.map((row) => row.unsure)).toEqual(rows.map(() => 'yes'));
    const rejected = await pyroved(['classify', 'run', '--images', 'turned', '--threshold', '80'], root);
    expect([rejected.code, rejected.stderr]).toEqual([
      1,
      'pyroved: --threshold must be a probability between 0 and 1; got 80.\n',
    ]);
  });
});

describe('the same as library calls', () => {
  let model: TrainedModel;
  let kernel: SelectedKernel;
  beforeAll(async () => {
    // As the command line does: other kernels differ in the last digits.
    kernel = await selectKernel();
    model = await loadModel(at('run'), kernel);
  });
  afterAll(() => {
    model.model.dispose();
    kernel.dispose();
  });

  it('classify and encode', async () => {
    const { set } = await imagesFor(model, at('turned'));
    const [classified, encoded] = await Promise.all(
      ['classify', 'encode'].map((command) => succeed([command, 'run', '--images', 'turned'], root)),
    );
    expect(classificationCsv(classifyImages(model, set), model.classNames)).toBe(classified.stdout);
    expect(encodingCsv(model, set)).toBe(encoded.stdout);
    const [header] = encoded.stdout.split('\n');
    expect(header).toBe('file,class,z1,z1_sd,z2,z2_sd,angle_deg,shift_1,shift_2');
  });

  it('evaluate, which changes nothing', async () => {
    const weights = () => model.model.params.names.map((name) => [name, [...model.model.params.get(name).dataSync()]]);
    const before = weights();
    const checkpoint = readFileSync(at('run/checkpoint.safetensors'));
    const { stdout } = await succeed(['evaluate', 'run', '--labelled', 'labelled', '--json', 'e.json'], root);
    const { set } = await imagesFor(model, at('labelled'));
    const labels = Int32Array.from(set.names ?? [], (name) => model.classNames.indexOf(name.split('/')[0]));
    const { accuracy, confusion } = figuresOf(evaluateModel(model, { ...set, labels }));
    expect(stdout.split('\n')[0]).toBe(`accuracy ${accuracy?.toFixed(4)} on 20 images`);
    expect(JSON.parse(readFileSync(at('e.json'), 'utf8'))).toMatchObject({ accuracy, confusion, images: 20 });
    expect(weights()).toEqual(before);
    expect(readFileSync(at('run/checkpoint.safetensors')).equals(checkpoint)).toBe(true);
  });
});

it('draws manifolds into the named folder, one for each class or for the one that is named', async () => {
  const { stdout } = await succeed(['manifold', 'run', '--class', 'flag', '--grid', '3', '--out', 'drawn'], root);
  expect(stdout).toBe('drawn/manifold-2-flag.svg\n');
  expect(readFileSync(at('drawn/manifold-2-flag.svg'), 'utf8')).toContain('<svg');
});

it('falls back to the checkpoint before where the newest is damaged, and says so', async () => {
  const file = at('run/checkpoint.safetensors');
  const bytes = readFileSync(file);
  write(file, bytes.subarray(0, bytes.length - 100));
  const { stdout, stderr } = await succeed(['classify', 'run', '--images', 'turned'], root);
  expect(stderr).toContain('Using the previous one, checkpoint.prev.safetensors.');
  expect(table(stdout)).toHaveLength(10);
  write(file, bytes);
});
