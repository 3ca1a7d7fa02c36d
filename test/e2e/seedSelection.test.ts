/** Several seeds in turn: the choice by loss, the race, and going on after Ctrl-C or a kill with the same numbers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder, trainSeeds } from 'pyroved';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all } from '../slow.js';
import { pyroved, quick, remove, start, succeed, temporaryFolder, writeImages } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const own = ['--unlabelled', 'unlabelled', '--labelled', 'labelled', ...quick];
const train = ['train', ...own, '--epochs', '4', '--seeds', '3', '--select-after', '2'];

/** What a study of seeds came to, without times. */
function outcomeOf(folder: string) {
  const { seconds: _, seeds, ...summary } = RunFolder.open(at(folder)).readSummary();
  const metrics = (run: string) =>
    RunFolder.open(at(folder, run))
      .metrics.read()
      .map(({ seconds: __, ...record }) => record);
  return { seeds, summary, metrics: ['seed-1', 'seed-2', 'seed-3', '.'].map(metrics) };
}

beforeAll(async () => {
  writeImages(root, { labelled: 8, unlabelled: 30 });
  await succeed([...train, '--out', 'whole'], root);
});
afterAll(() => remove(root));

describe('a race', () => {
  it('trains all seeds for a while and the best alone to the end, chosen by the loss', () => {
    const { seeds, summary, metrics } = outcomeOf('whole');
    const records = seeds as { seed: number; epoch: number; loss: number }[];
    expect(records.map(({ seed, epoch }) => [seed, epoch])).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    expect(metrics.slice(0, 3).map((of) => of[1].loss)).toEqual(records.map(({ loss }) => loss));
    const best = records.reduce((least, record) => (record.loss < least.loss ? record : least));
    expect(summary.seed).toBe(best.seed);
    expect(metrics.map(({ length }) => length)).toEqual(
      [1, 2, 3].map((seed) => (seed === best.seed ? 4 : 2)).concat(4),
    );
    expect(metrics[3]).toEqual(metrics[best.seed - 1]);
  });

  it('leaves the chosen run as the result, with the seeds in its report', async () => {
    const report = readFileSync(at('whole/report.html'), 'utf8');
    expect(report).toContain('<h2>Seeds</h2>');
    expect(report.match(/<td>seed \d<\/td>/g)).toHaveLength(3);
    expect(report.match(/<td>selected<\/td>/g)).toHaveLength(1);
    const { stdout } = await succeed(['evaluate', 'whole'], root);
    const { accuracy } = RunFolder.open(at('whole')).readSummary();
    expect(stdout).toContain(`accuracy ${(accuracy as number).toFixed(4)} `);
  });

  it('gives the numbers that each seed gives alone', async () => {
    await succeed(['train', ...own, '--epochs', '4', '--seed', '1', '--no-report', '--out', 'alone'], root);
    const alone = RunFolder.open(at('alone')).metrics.read();
    const { metrics } = outcomeOf('whole');
    expect(alone.slice(0, 2).map(({ loss }) => loss)).toEqual(metrics[0].slice(0, 2).map(({ loss }) => loss));
  });

  it.skipIf(!all || process.platform === 'win32')('goes on after Ctrl-C, and after kills at any moment', async () => {
    const first = start([...train, '--out', 'cut'], root);
    await first.until('Seed 2 (2 of 3)');
    first.child.kill('SIGINT');
    const { code, stderr } = await first.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Stopped\. To continue: pyroved train --resume cut\n$/);
    for (const words of ['Seed 2 (2 of 3)', 'Seed 3 (3 of 3)', 'has the lowest loss']) {
      const next = start(['train', '--resume', 'cut'], root);
      await next.until(words);
      next.child.kill('SIGKILL');
      await next.ended;
    }
    await succeed(['train', '--resume', 'cut'], root);
    expect(outcomeOf('cut')).toEqual(outcomeOf('whole'));
    expect(existsSync(at('cut/run.lock'))).toBe(false);
  });

  it('does not let two work at it at once', async () => {
    const first = start([...train, '--overwrite', '--out', 'twice'], root);
    await first.until('Seed 1 (1 of 3)');
    const { code, stderr } = await pyroved(['train', '--resume', 'twice'], root);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^pyroved: Process \d+ has been using twice since/)]);
    first.child.kill('SIGKILL');
    await first.ended;
  });
});

it('without a race every seed is trained to its end', async () => {
  const { seeds, chosen, folder } = await trainSeeds({
    folder: at('all'),
    source: { kind: 'images', unlabelled: at('unlabelled'), labelled: at('labelled'), size: 16 },
    model: { recognition: false, hiddenEncoder: [8], hiddenDecoder: [8], hiddenClassifier: [8] },
    train: { epochs: 2, batchSize: 40 },
    seeds: [4, 9],
  });
  expect(seeds.map(({ seed, epoch }) => [seed, epoch])).toEqual([
    [4, 2],
    [9, 2],
  ]);
  const losses = seeds.map(({ loss }) => loss);
  expect(chosen).toBe(losses[0] < losses[1] ? 4 : 9);
  expect(folder?.path).toBe(at('all'));
  expect(existsSync(at('all/seed-9/summary.json'))).toBe(true);
});
