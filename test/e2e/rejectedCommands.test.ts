/** Errors name the cause and suggest a fix, and never show a stack trace. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSets, type Source, trainRun } from 'pyroved';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, processTest } from '../slow.js';
import {
  type Outcome,
  picture,
  png,
  pyroved,
  remove,
  start,
  temporaryFolder,
  tiff,
  write,
  writeImages,
} from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
beforeAll(() => writeImages(root, { labelled: 3, unlabelled: 8 }));
afterAll(() => remove(root));

/** Runs a command that has to fail: one line on the error stream, nothing on the other. */
async function rejected(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await pyroved(args, root);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).not.toMatch(/\n {4}at |unexpected error/);
  return stderr;
}

describe('the command line', () => {
  it('without a command shows the help', async () => {
    const { code, stderr } = await pyroved([], root);
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: pyroved [options] [command]');
    expect(stderr).toContain('pyroved train --unlabelled micrographs --labelled examples --out runs/first');
  });

  it.concurrent.each<[string[], string]>([
    [['clasify'], "error: unknown command 'clasify'\n(Did you mean classify?)"],
    [['train', '--epoch', '3'], "error: unknown option '--epoch'\n(Did you mean --epochs?)"],
    [['train', 'cards', '--epochs', 'many'], "argument 'many' is invalid. Must be an integer of at least 0."],
    [['train', 'cards', '--epochs', '0'], "'--epochs <n>' argument '0' is invalid. Must be an integer of at least 1."],
    [['train', 'cards', '--hidden', 'x'], "'--hidden <widths>' argument 'x' is invalid."],
    [['train', 'cards', '--hidden', '8,0'], "'--hidden <widths>' argument '8,0' is invalid."],
    [['train', 'cards', '--lr', '-1'], 'pyroved: --lr must be a number of at least 0; got -1 at epoch 0.\n'],
    [
      ['train', 'cards', '--kl-weight', 'garbage'],
      'pyroved: --kl-weight: "garbage" cannot be evaluated (Undefined symbol garbage).',
    ],
    [
      ['train', 'cards', '--kl-weight', '1 - epoch/50'],
      'pyroved: --kl-weight must be a number of at least 0; got -0.02',
    ],
    [['train', 'cards', '--batch-size', '1.5'], "'--batch-size <n>' argument '1.5' is invalid."],
    [['train', 'cards', '--clip-norm', '0'], 'Must be a number greater than 0.'],
    [['train', 'cards', '--validation-fraction', '1'], 'Must be a fraction of at least 0 and less than 1.'],
    [
      ['train', 'cards', '--epochs', '5', '--average-from', '6'],
      '--average-from must be an epoch between 1 and 5, the number of epochs; got 6.',
    ],
    [['train', 'cards', '--stop-on', 'accuracy'], 'pyroved: --stop-on accuracy requires --patience.'],
    [['train', 'cards', '--select-after', '2'], 'pyroved: --select-after requires --seeds.'],
    [['train', 'cards', '--seeds', '0'], 'Must be an integer of at least 1.'],
    [['train', 'cards', '--seeds', '3,3'], 'pyroved: seeds must be distinct; 3 occurs twice.'],
    [
      ['train', 'cards', '--epochs', '100', '--seeds', '2', '--select-after', '101'],
      'selectAfter must be an integer between 1 and 100, the number of epochs; got 101.',
    ],
    [['train', 'cards', '--angle-prior', 'flat'], 'Allowed choices are normal, projected-normal'],
    [['train', 'cards', '--invariances', 'x'], 'Expected some of r, t, s and h, e.g. "r,t", or none.'],
    [['train'], 'pyroved: No images to train on. Use your own images (--unlabelled FOLDER with --labelled FOLDER'],
    [['train', 'card'], 'pyroved: Unknown source of images "card". Did you mean "cards"?'],
    [['train', 'unlabelled'], 'For your own images, use --unlabelled unlabelled, or --labelled unlabelled if it has'],
    [['train', 'cards', '--labelled', 'labelled'], 'use either "cards" or --unlabelled or --labelled.'],
    [
      ['train', 'digits', '--shear', '3'],
      'pyroved: --shear cannot be combined with "digits": --shear applies to "cards", "glyphs".',
    ],
    [['train', 'cards', '--angle', '60 px'], 'pyroved: angle: "60 px" is not understood. Expected an angle such as'],
    [['train', '--micrographs', 'unlabelled', '--patch-size', '4'], 'Must be an integer of at least 8.'],
    [['train', '--resume', 'nothing'], 'pyroved: nothing is not a run: the folder does not exist.'],
    [['classify', 'nothing', '--images', 'unlabelled'], 'pyroved: nothing is not a run: the folder does not exist.'],
    [['classify', 'unlabelled', '--images', 'unlabelled'], 'unlabelled is not a run: it has no config.json.'],
    [['classify', '--images', 'unlabelled'], "error: missing required argument 'run'"],
  ])('%j', async (args, words) => {
    expect(await rejected(...args)).toContain(words);
  });
});

const commands = ['train', 'classify', ...(all ? ['demo', 'evaluate', 'encode', 'manifold'] : [])];
processTest.concurrent.each(commands)(
  '%s rejects a kernel that PYRO_KERNEL asks for and that does not exist, before it says anything',
  async (command) => {
    const makes: Readonly<Record<string, readonly string[]>> = {
      train: ['cards', '--out', 'never'],
      demo: ['--out', 'never'],
    };
    const args = [command, ...(makes[command] ?? ['nothing'])];
    const { code, stdout, stderr } = await start(args, root, { PYRO_KERNEL: 'bogus' }).ended;
    expect([code, stdout, existsSync(at('never'))]).toEqual([1, '', false]);
    expect(stderr).toContain('pyroved: The kernel "bogus" does not exist.');
  },
);

const images = (given: Partial<Source>): Source => ({ kind: 'images', size: 16, ...given }) as Source;
const folder = (name: string, files: Readonly<Record<string, Uint8Array | string>>): string => {
  for (const [file, content] of Object.entries(files)) write(at(name, file), content);
  return at(name);
};
const ell = png(picture('ell', 0));
const flag = png(picture('flag', 5));
const nan = tiff(picture('ell', 0).map((v, i) => (i === 7 ? Number.NaN : v)));

describe('images that cannot be trained on', () => {
  it('all equal', async () => {
    const unlabelled = folder('equal', { 'a.png': ell, 'b.png': ell, 'c.png': ell });
    await expect(loadSets(images({ unlabelled }))).rejects.toThrow(
      'All 3 images are identical: there is nothing to learn.',
    );
  });

  it('none that can be read', async () => {
    const unlabelled = folder('useless', { 'a.png': 'x', 'b.tif': nan });
    await expect(loadSets(images({ unlabelled }))).rejects.toThrow(
      /"[^"]*useless" has no image that can be used:\n {2}a\.png: not an image .*\n {2}b\.tif: 1 pixel value\(s\) are NaN or infinite/,
    );
  });

  it('one class only', async () => {
    const labelled = folder('one', { 'spades/a.png': ell, 'spades/b.png': flag });
    await expect(loadSets(images({ labelled }))).rejects.toThrow(
      'All labelled images are of one class ("spades"): a classifier needs at least two.',
    );
  });

  it('a class whose only image has NaN pixels', async () => {
    const labelled = folder('poor', { 'a/1.png': ell, 'a/2.png': flag, 'b/1.tif': nan });
    await expect(loadSets(images({ labelled }))).rejects.toThrow(
      /No readable labelled image of "b"\. Each class needs at least one\. Files that cannot be used:\n {2}b\/1\.tif: 1 pixel value/,
    );
  });

  it('a class with one image is trained on, and the report says that none was held out', async () => {
    const labelled = folder('single', { 'a/1.png': ell, 'b/1.png': flag, 'b/2.png': png(picture('flag', 2)) });
    const { notes, labelled: kept, test } = await loadSets(images({ labelled }));
    expect(notes).toEqual(['Class "a" has a single labelled image: it is used for training, and none for validation.']);
    expect([kept?.count, test?.count]).toEqual([2, 1]);
  });

  it('a label table that names files that are not there', async () => {
    write(at('labels.csv'), 'file,label\nell1.png,ell\nflag1.png,flag\ngone.png,flag\n');
    const source = images({ unlabelled: at('unlabelled'), labels: at('labels.csv') });
    await expect(loadSets(source)).rejects.toThrow(
      /names 1 file\(s\) that do not exist in .*:\n {2}gone\.png: no such file \(line 4\)/,
    );
  });
});

describe('run folders', () => {
  const request = {
    source: images({ unlabelled: at('unlabelled'), labelled: at('labelled') }),
    model: { hiddenEncoder: [8], hiddenDecoder: [8], recognition: { body: 'dense' as const } },
    train: { epochs: 1, recognitionSteps: 3 },
    kernel: 'reference',
    report: false,
  };

  it('an existing one is kept, and replaced with --overwrite', async () => {
    await trainRun({ ...request, folder: at('twice') });
    await expect(trainRun({ ...request, folder: at('twice') })).rejects.toThrow(
      /twice already contains a run\. Resume it, replace it \(overwrite\), or choose another folder\./,
    );
    const { stopped } = await trainRun({ ...request, folder: at('twice'), overwrite: true });
    expect(stopped).toBe(false);
  });

  it('a folder with other files is left alone, even where it is to be overwritten', async () => {
    const folder = at('labelled');
    await expect(trainRun({ ...request, folder, overwrite: true })).rejects.toThrow(
      /labelled contains files that are not part of a run \(ell, flag\)\. Choose a new or empty folder\./,
    );
    expect(readdirSync(folder).sort()).toEqual(['ell', 'flag']);
  });

  it('a place that cannot be written is rejected before anything is done', async () => {
    const said: string[] = [];
    write(at('mine.txt'), 'mine');
    const folder = at('mine.txt', 'run');
    const run = trainRun({ ...request, folder }, { say: (line) => said.push(line) });
    await expect(run).rejects.toThrow(
      /Could not create the run folder .*mine\.txt.run: .*mine\.txt is a file\. Choose another path\./,
    );
    expect(said).toEqual([]);
  });

  it('a loss that is not finite stops the run, naming step, site and the last good checkpoint', async () => {
    const folder = at('infinite');
    const train = { epochs: 3, lr: 'epoch < 1 ? 1e-3 : 1e30', recognitionSteps: 3 };
    await expect(trainRun({ ...request, folder, train })).rejects.toThrow(
      /^Training stopped at step \d+ \(epoch 2\): .*"(z|x|y)".* The parameters are unchanged\. The last checkpoint is from epoch 1 \(.*infinite.checkpoint\.safetensors\)\.$/s,
    );
    expect(existsSync(join(folder, 'checkpoint.safetensors'))).toBe(true);
  });

  it('the command line says it in one sentence and fails', async () => {
    mkdirSync(at('busy'));
    write(at('busy/mine.txt'), 'mine');
    const args = ['train', '--unlabelled', 'unlabelled', '--out', 'busy'];
    const outcome: Outcome = await pyroved(args, root);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toBe(
      'pyroved: busy contains files that are not part of a run (mine.txt). Choose a new or empty folder.\n',
    );
  });
});
