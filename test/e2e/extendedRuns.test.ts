/** A finished run that is extended, and several runs that classify together. */
import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { loadModel, RunFolder } from 'pyroved';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pyroved, quick, remove, succeed, temporaryFolder, writeImages } from './helpers.js';

const root = temporaryFolder();
const at = (path: string) => join(root, path);
const small = [
  ...['--size', '16', '--hidden', '12,12', '--batch-size', '12', '--epochs', '2', '--lr', '3e-3'],
  ...['--recognition-steps', '3', '--no-report'],
];

beforeAll(async () => {
  writeImages(root, { labelled: 5, unlabelled: 12 });
  const images = ['--unlabelled', 'unlabelled', '--labelled', 'labelled'];
  await succeed(['train', ...images, ...small, '--latent-dim', '3', '--out', 'first'], root);
});
afterAll(() => remove(root));

it('starts from the weights of the run, with its model, its images and its other options', async () => {
  const { stderr } = await succeed(
    [
      'train',
      '--from',
      'first',
      '--epochs',
      '1',
      '--lr',
      '1e-9',
      '--recognition-lr',
      '1e-9',
      '--no-report',
      '--out',
      'second',
    ],
    root,
  );
  expect(stderr).toContain('Images: 24 unlabelled');
  const [first, second] = ['first', 'second'].map((name) => RunFolder.open(at(name)));
  expect(second.config.from).toEqual({ run: 'first', epochs: 2, steps: expect.any(Number) });
  expect(second.config.model).toEqual(first.config.model);
  expect(second.config.data).toEqual(first.config.data);
  expect(second.config.train).toMatchObject({ ...first.config.train, epochs: 1, lr: '1e-9', recognitionLr: 1e-9 });
  // Almost no learning rate: the weights are those of the first run.
  const [a, b] = [await loadModel(at('first')), await loadModel(at('second'))];
  for (const name of a.model.params.names) {
    const [before, after] = [a, b].map(({ model }) => model.params.get(name).dataSync());
    expect(Math.max(...before.map((w, i) => Math.abs(after[i] - w)))).toBeLessThan(1e-4);
  }
  a.model.dispose();
  b.model.dispose();
});

it('takes other images, matches their classes by name, and continues without the first run', async () => {
  cpSync(at('labelled/flag'), at('more/flag'), { recursive: true });
  cpSync(at('labelled/ell'), at('more/ell'), { recursive: true });
  const images = ['--labelled', 'more', '--unlabelled', 'unlabelled', '--validation-fraction', '0.4', '--no-report'];
  const { stderr } = await succeed(['train', '--from', 'first', ...images, '--epochs', '1', '--out', 'third'], root);
  expect(stderr).toContain('16 x 16 pixels');
  expect(RunFolder.open(at('third')).config.data).toMatchObject({
    source: { labelled: 'more' },
    classNames: ['ell', 'flag'],
  });
  renameSync(at('first'), at('moved'));
  expect((await succeed(['train', '--resume', 'third', '--no-report'], root)).stderr).toContain('Accuracy on');
  renameSync(at('moved'), at('first'));
});

it.each([
  [
    ['--latent-dim', '2', '--out', 'x'],
    '--latent-dim cannot be combined with --from: the new run uses the model and the preprocessing of first.',
  ],
  [['--epochs', '2'], '--from needs --out'],
  [['--labelled', 'odd', '--out', 'x'], 'The images have a class that the model does not have: cow.'],
])('%j is an error', async (options, message) => {
  cpSync(at('labelled/ell'), at('odd/ell'), { recursive: true });
  cpSync(at('labelled/flag'), at('odd/cow'), { recursive: true });
  const { code, stderr } = await pyroved(['train', '--from', 'first', ...options], root);
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  expect(existsSync(at('x'))).toBe(false);
});

it('classifies with the mean of several runs', async () => {
  const runs = ['first', 'second'];
  const tables = await Promise.all(
    [...runs.map((run) => [run]), runs].map(async (some) => {
      const { stdout } = await succeed(['classify', ...some, '--images', 'unlabelled'], root);
      return parse<Record<string, string>>(stdout, { columns: true });
    }),
  );
  const [first, second, mean] = tables.map((rows) => rows.map((row) => Number(row['p(ell)'])));
  expect(mean).toHaveLength(24);
  const halves = first.map((p, i) => expect.closeTo((p + second[i]) / 2, 3) as number);
  expect(mean).toEqual(halves);
});

it('a split by file says so in its notes and its configuration', async () => {
  const images = ['--labelled', 'labelled', '--unlabelled', 'unlabelled', '--split-by', 'file'];
  await succeed(['train', ...images, ...quick, '--epochs', '1', '--out', 'split'], root);
  expect(RunFolder.open(at('split')).config.data).toMatchObject({ source: { splitBy: 'file' } });
  expect(readFileSync(at('split/report.html'), 'utf8')).toContain('of 10 sources (split by file)');
});
