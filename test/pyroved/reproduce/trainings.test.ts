/** The plan of the reproduction, and its trainings with a stand-in for the trainer: runs are shared, kept and continued. */
import fs from 'node:fs';
import path from 'node:path';
import { RunFolder } from 'pyroved';
import { figuresNamed, Plan, runId, runsOf, type Trainers, trainAll } from 'pyroved/internal';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommandLine } from '../../../packages/pyroved/dist/cli/commandLine.js';
import { slow } from '../../slow.js';
import { checkpointOf, settings, temporaryFolder } from '../storage/helpers.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const plan = new Plan({ size: 'savings' });

it('shares runs between figures, ours first', () => {
  const [some, all] = [runsOf(figuresNamed(['4']), plan), runsOf(figuresNamed([]), plan)];
  expect(some.map(({ name }) => name)).toEqual(['ours-main', 'ours-noisy', 'paper-main', 'paper-noisy']);
  const ids = all.map(runId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of some.map(runId)) expect(ids).toContain(id);
  const firstOfPaper = all.findIndex(({ column }) => column === 'paper');
  expect(all.slice(firstOfPaper).every(({ column }) => column === 'paper')).toBe(true);
  // The normal prior of the priors is the run of figure 3a.
  expect(runId(plan.withPrior('paper', 'normal', 60, 1))).toBe(runId(plan.atAngle('paper', 60, 1)));
  expect(() => figuresNamed(['4g'])).toThrow('There is no figure "4g". Did you mean "4');
});

it('identifies a run by its configuration, and templates by their content', () => {
  const at = (name: string): string => path.join(folder, name);
  fs.writeFileSync(at('a.json'), '1');
  fs.writeFileSync(at('b.json'), '1');
  fs.writeFileSync(at('c.json'), '2');
  const id = (templates?: string) =>
    runId(new Plan({ size: 'savings', ...(templates !== undefined && { templates }) }).main('ours'));
  expect(id(at('a.json'))).toBe(id(at('b.json')));
  expect(new Set([id(at('a.json')), id(at('c.json')), id()]).size).toBe(3);
  const exact = new Plan({ size: 'full' });
  expect(runId(exact.main('paper'))).not.toBe(runId(plan.main('paper')));
  expect(runId(exact.atAngle('paper', 30, 2))).toBe(runId(plan.atAngle('paper', 30, 2)));
});

/** Trainers that write what a training leaves behind; `stopAt` counts the runs until one is stopped within. */
function standIn(stopAt = Number.POSITIVE_INFINITY): Trainers & { readonly log: string[] } {
  const log: string[] = [];
  const advance = (run: RunFolder, word: string) => {
    log.push(`${word} ${path.basename(run.path).replace(/-[0-9a-f]{8}$/, '')}`);
    const stopped = log.length === stopAt;
    run.metrics.append({ epoch: 1, loss: 3, accuracy: 0.5, seconds: 2 });
    run.saveCheckpoint(checkpointOf(1));
    if (!stopped) run.writeSummary({ accuracy: 0.5 });
    return { folder: run, history: [], stopped };
  };
  return {
    log,
    train: async (request) => advance(RunFolder.create(request.folder, settings), 'train'),
    resume: async (at) => advance(RunFolder.open(at), 'resume'),
    estimate: async ({ specs }) => new Map(specs.map((spec) => [runId(spec), 60])),
  };
}

it('keeps finished runs and continues the one that was stopped', async () => {
  const specs = runsOf(figuresNamed(['4']), plan);
  const said: string[] = [];
  const hooks = { say: (line: string) => said.push(line) };
  const request = { folder, specs, machine: {} };
  const first = standIn(2);
  expect(await trainAll(request, hooks, first)).toBe(false);
  expect(first.log).toEqual(['train ours-main', 'train ours-noisy']);
  const second = standIn();
  expect(await trainAll(request, hooks, second)).toBe(true);
  expect(second.log).toEqual(['resume ours-noisy', 'train paper-main', 'train paper-noisy']);
  const third = standIn();
  expect(await trainAll(request, hooks, third)).toBe(true);
  expect(third.log).toEqual([]);
  expect(said.filter((line) => line.endsWith('of training.'))).toEqual([
    'About 4 min 0 s of training.',
    'About 3 min 0 s of training.',
  ]);
  expect(said).toContain('4 runs, 4 of them finished.');
});

slow('makes every figure from the command line', async () => {
  const args = ['reproduce', '--quick', '--threads', '2', '--out', folder];
  expect(await runCommandLine(args)).toBe(0);
  const page = fs.readFileSync(path.join(folder, 'figures.md'), 'utf8');
  for (const heading of ['Figure 2', 'Figure 3a', 'Figure 4a', 'Figure 4f', 'Figures 6a to 6f', 'Videos S1 and S2'])
    expect(page).toContain(`## ${heading}`);
  for (const [, file] of page.matchAll(/\]\((pictures\/[^)]+)\)/g))
    expect(fs.existsSync(path.join(folder, file)), file).toBe(true);
  const before = fs.statSync(path.join(folder, 'report.html')).mtimeMs;
  expect(await runCommandLine([...args, '--no-train'])).toBe(0);
  expect(fs.statSync(path.join(folder, 'report.html')).mtimeMs).toBeGreaterThan(before);
});
