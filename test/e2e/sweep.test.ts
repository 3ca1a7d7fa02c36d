/** Sweeps: the same result for any number of workers, killed or stopped, and clear messages for what cannot be trained. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from 'pyroved';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { processTest, slow } from '../slow.js';
import { childrenOf, pyroved, remove, start, succeed, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const json = (...path: string[]) => JSON.parse(readFileSync(at(...path), 'utf8'));

const spec = `
source: peaks
options: { recognition: 'off', size: 16, unlabelled-per-class: 30, labelled-per-class: 5, validation-per-class: 10, epochs: 3, batch-size: 15 }
vary: { lr: "logrange(10^-3, 10^-2, 2)" }
seeds: 2
`;

beforeAll(async () => {
  writeFileSync(at('sweep.yaml'), spec);
  await succeed(['sweep', 'sweep.yaml', '--workers', '1', '--out', 'one'], root);
});
afterAll(() => remove(root));

describe('the result', () => {
  it('has every combination with every seed, each with a run of its own', () => {
    const { trials, configurations, metric } = json('one', 'results.json');
    expect(trials.map(({ seed }: { seed: number }) => seed)).toEqual([1, 1, 2, 2]);
    expect(readdirSync(at('one', 'trials'))).toHaveLength(4);
    const lrs = configurations.map(({ values }: { values: { lr: string } }) => values.lr).sort();
    expect(lrs).toEqual(['0.001', '0.01']);
    const means = configurations.map(({ mean }: { mean: number }) => mean);
    expect(means).toEqual([...means].sort((a, b) => (metric === 'loss' ? a - b : b - a)));
    for (const { id, configuration, figures } of trials) {
      const { values } = json('one', 'study.json').plan.configurations[configuration];
      expect(json('one', 'trials', id, 'config.json').train.lr).toBe(values.lr);
      expect(figures.loss).toBe(json('one', 'trials', id, 'summary.json').loss);
    }
    expect(readFileSync(at('one', 'report.html'), 'utf8')).toContain('<h2>Configurations</h2>');
  });

  processTest('is the same with three workers, one of which is killed, and with a stop between', async () => {
    const first = start(['sweep', 'sweep.yaml', '--workers', '3', '--out', 'three'], root);
    await first.until('3 workers');
    await vi.waitUntil(() => childrenOf(first.child.pid).length > 0, { timeout: 30_000 });
    process.kill(childrenOf(first.child.pid)[0], 'SIGKILL');
    await first.until('the trial is continued');
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    await succeed(['sweep', '--resume', 'three', '--workers', '2'], root);
    expect(json('three', 'results.json')).toEqual(json('one', 'results.json'));
    expect(readFileSync(at('three', 'results.csv'), 'utf8')).toBe(readFileSync(at('one', 'results.csv'), 'utf8'));
  });
});

slow('halving trains the best to the end and the others until they are dropped', async () => {
  await succeed(
    [
      ...['sweep', 'sweep.yaml', '--vary', 'latent-dim=2,1', '--seeds', '1'],
      ...['--search', 'halving', '--factor', '2', '--out', 'halved'],
    ],
    root,
  );
  const { trials, metric } = json('halved', 'results.json');
  const runs = trials.map(({ id, epoch }: { id: string; epoch?: number }) => ({
    epoch,
    metrics: RunFolder.open(at('halved', 'trials', id)).metrics.read(),
  }));
  expect(runs.map((run: { metrics: object[] }) => run.metrics.length).sort()).toEqual([1, 1, 2, 3]);
  for (const { epoch, metrics } of runs) expect(metrics).toHaveLength(epoch ?? 3);
  expect(metric).toBe('accuracy');
  const after = (epoch: number) =>
    runs.map(({ metrics }: { metrics: { accuracy: number }[] }) => metrics[epoch - 1]?.accuracy);
  const isDropped = runs.map(({ epoch }: { epoch?: number }) => epoch === 1);
  const accuracies = after(1);
  const worstKept = Math.min(...accuracies.filter((_: number, i: number) => !isDropped[i]));
  for (const dropped of accuracies.filter((_: number, i: number) => isDropped[i]))
    expect(dropped).toBeLessThanOrEqual(worstKept);
});

processTest(
  'a trial that fails does not stop the others, has a log, and is tried again when the sweep is resumed',
  async () => {
    const short = ['--recognition', 'off', '--epochs', '1', '--unlabelled-per-class', '30', '--size', '16'];
    const first = await pyroved(
      ['sweep', 'peaks', ...short, '--workers', '1', '--vary', 'invariances=t,r', '--out', 'failing'],
      root,
    );
    expect(first.code).toBe(1);
    const { trials, configurations } = json('failing', 'results.json');
    expect(trials.map(({ state }: { state: string }) => state)).toEqual(['finished', 'failed']);
    expect(configurations[1]).toMatchObject({ values: { invariances: 'r' }, state: 'failed' });
    expect(trials[1].message).toContain('can only be invariant to translation');
    expect(readFileSync(at('failing', 'logs', `${trials[1].id}.log`), 'utf8')).toContain(trials[1].message);
    const again = await pyroved(['sweep', '--resume', 'failing'], root);
    expect(again.stderr).toContain(`failed: ${trials[1].message}`);
    expect(json('failing', 'results.json')).toEqual({ ...json('failing', 'results.json'), trials, configurations });
  },
);

it.each([
  [['sweep', 'peaks'], 'A sweep varies options, e.g. --vary latent-dim=1,2,5.'],
  [
    ['sweep', 'peaks', '--vary', 'latent-dims=1,2'],
    'A training has no option "latent-dims". Did you mean "latent-dim"?',
  ],
  [['sweep', 'peaks', '--vary', 'latent-dim=1,x'], 'latent-dim = "x": Must be an integer of at least 0.'],
  [['sweep', 'peaks', '--vary', 'latent-dim'], 'expected NAME=VALUES'],
  [['sweep', 'peaks', '--vary', 'latent-dim=1,01', '--out', 'same'], 'Two configurations of the sweep are the same'],
  [['sweep', 'peaks', '--vary', 'lr=1,2', '--factor', '2'], '--factor and --first-epochs require --search halving.'],
  [['sweep', 'missing.yaml'], 'Could not read missing.yaml'],
  [['sweep', 'peaks', '--vary', 'lr=range(1, 2)'], 'a grid needs the number of values'],
])('%s is rejected with a message', async (args, message) => {
  const { code, stderr } = await pyroved(args, root);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

it.each([
  ['vary: [1]', '"vary" must be entries'],
  ['varie: {lr: [1]}', 'Did you mean "vary"?'],
  ['{a: [}', 'Could not read'],
  ['vary: {lr: {low: 1}}', '"lr" must be a text, a number'],
  ['search: best', '"search" must be one of grid, random, halving'],
  ['vary: &a {lr: *a}', 'Could not read'],
  ['- 1', 'must contain entries'],
])('a specification with %s is rejected', async (text, message) => {
  writeFileSync(at('bad.yaml'), text);
  const { code, stderr } = await pyroved(['sweep', 'bad.yaml'], root);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});
