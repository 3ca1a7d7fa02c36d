/** A run that is stopped or killed and resumed equals one that never was: metrics and parameters, bit for bit. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RandomStream } from 'pyro-ts';
import { evaluateModel, loadModel, loadSets, RunFolder, resumeRun, type Source, trainRun } from 'pyroved';
import type { ClassifierReport, ImageSet } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, processTest, slow } from '../slow.js';
import { pyroved, quick, remove, start, succeed, temporaryFolder, writeImages } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const epochs = 3;
const steps = 21;
const images = ['--unlabelled', 'unlabelled', '--labelled', 'labelled'];
const train = ['train', ...images, ...quick, '--epochs', String(epochs), '--no-report'];
/** The words after which the first step of a training comes. */
const BEGINS = ' each: about';

/** All that decides what a run is, but for the time that it took. */
function numbersOf(folder: string) {
  const run = RunFolder.open(at(folder));
  const { tensors, state } = run.loadCheckpoint().checkpoint;
  const { history, ...rest } = state as { history: Record<string, unknown>[] };
  const timeless = (records: readonly Record<string, unknown>[]) => records.map(({ seconds: _, ...record }) => record);
  const { seconds: _, ...summary } = run.readSummary();
  const { sums: __, ...position } = rest as Record<string, unknown>;
  const hashes = [...tensors].map(([name, { data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return {
    tensors: Object.fromEntries(hashes),
    position,
    history: timeless(history),
    metrics: timeless(run.metrics.read()),
    summary,
  };
}

beforeAll(async () => {
  writeImages(root, { labelled: 10, unlabelled: 60 });
  await succeed([...train, '--out', 'whole'], root);
});
afterAll(() => remove(root));

it('the uninterrupted run is complete, and another seed gives other numbers', async () => {
  const { metrics, position, summary } = numbersOf('whole');
  expect(metrics.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 7],
    [2, 14],
    [3, 21],
  ]);
  expect(position).toMatchObject({ epoch: epochs, step: steps, batch: 0 });
  await succeed([...train, '--seed', '2', '--out', 'other'], root);
  expect(numbersOf('other').summary.loss).not.toBe(summary.loss);
});

describe('through the command line', () => {
  // Windows ends a process at once, whatever the signal.
  (process.platform === 'win32' ? it.skip : processTest)(
    'Ctrl-C keeps the state, says how to go on and exits with 130',
    async () => {
      const stopped = start([...train, '--out', 'stopped'], root);
      await stopped.until(BEGINS);
      stopped.child.kill('SIGINT');
      const { code, stderr } = await stopped.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('Saving and stopping. Press Ctrl-C again to exit immediately.');
      expect(stderr).toMatch(/Stopped\. To continue: pyroved train --resume stopped\n$/);
      const { step } = RunFolder.open(at('stopped')).loadCheckpoint().checkpoint.state;
      expect(step).toBeLessThan(steps);
      const resumed = await succeed(['train', '--resume', 'stopped', '--no-report'], root);
      expect(resumed.stderr).toContain(`Resuming after step ${step} `);
      expect(numbersOf('stopped')).toEqual(numbersOf('whole'));
    },
  );

  processTest('kill -9 at random moments loses no more than the epoch', async () => {
    const moments = new RandomStream(`kill at ${process.pid}`);
    let begin = [...train, '--out', 'killed'];
    let kills = 0;
    while (kills < (all ? 3 : 1)) {
      const run = start(begin, root);
      await run.until(BEGINS);
      await new Promise((resolve) => setTimeout(resolve, 250 * moments.next()));
      run.child.kill('SIGKILL');
      const { code } = await run.ended;
      begin = ['train', '--resume', 'killed', '--no-report'];
      // It may have been faster than the kill.
      if (code === 0) break;
      kills++;
    }
    await succeed(['train', '--resume', 'killed', '--no-report'], root);
    expect(existsSync(at('killed/report.html'))).toBe(false);
    expect(numbersOf('killed')).toEqual(numbersOf('whole'));
  });

  processTest('a complete run is left as it is, and its report drawn', async () => {
    const before = numbersOf('killed');
    const { stderr } = await succeed(['train', '--resume', 'killed'], root);
    expect(existsSync(at('killed/report.html'))).toBe(true);
    expect(stderr).toContain(`Resuming after step ${steps} (${epochs} of ${epochs} epochs finished).`);
    expect(stderr).not.toContain(BEGINS);
    expect(numbersOf('killed')).toEqual(before);
  });

  processTest('continues with damaged metrics, which are made again from the checkpoint', async () => {
    const before = numbersOf('killed');
    writeFileSync(at('killed/metrics.jsonl'), '{"epoch":1}\n{"epo\n\0\0\n');
    await succeed(['train', '--resume', 'killed'], root);
    expect(numbersOf('killed')).toEqual(before);
  });

  it('takes no other options, for the run has its own', async () => {
    const { code, stderr } = await pyroved(['train', '--resume', 'whole', '--epochs', '9', '--lr', '1'], root);
    expect(code).toBe(1);
    expect(stderr).toContain('Omit --epochs, --lr.');
  });
});

describe('through the library', () => {
  const source: Source = { kind: 'images', unlabelled: at('unlabelled'), labelled: at('labelled'), size: 16 };
  const sizes = { hiddenEncoder: [24, 24], hiddenDecoder: [24, 24], hiddenClassifier: [24, 24] };
  const request = {
    source,
    model: { ...sizes, recognition: { body: 'dense', features: 8, views: 3 } },
    train: { epochs, batchSize: 20, lr: 3e-3, recognitionSteps: 3 },
    report: false,
  } as const;
  /** For what does not depend on the model. */
  const plain = {
    ...request,
    model: { ...sizes, recognition: false },
    train: { epochs, batchSize: 20, lr: 3e-3 },
  } as const;
  const resume = (name: string) => resumeRun(at(name), {}, {}, { report: false });
  beforeAll(() => trainRun({ ...plain, folder: at('plain') }));

  it('stopped within an epoch, at a step that is known', async () => {
    await trainRun({ ...request, folder: at('library') });
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 12 && controller.abort();
    const first = await trainRun({ ...request, folder: at('within') }, { signal: controller.signal, onStep });
    expect([first.stopped, first.summary]).toEqual([true, undefined]);
    const { state } = RunFolder.open(at('within')).loadCheckpoint().checkpoint;
    expect([state.epoch, state.batch, state.step]).toEqual([1, 3, 12]);
    const { stopped } = await resume('within');
    expect(stopped).toBe(false);
    expect(numbersOf('within')).toEqual(numbersOf('library'));
  });

  slow('stopped within the steps that learn class and pose alone', async () => {
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 2 && controller.abort();
    await trainRun({ ...request, folder: at('recognising') }, { signal: controller.signal, onStep });
    const { state } = RunFolder.open(at('recognising')).loadCheckpoint().checkpoint;
    expect([state.epoch, state.batch, state.step]).toEqual([0, 2, 2]);
    await resume('recognising');
    expect(numbersOf('recognising')).toEqual(numbersOf('library'));
  });

  it("a run of the paper's recipe, whose configuration has no recognition", async () => {
    const paper = { source, model: sizes, recipe: 'paper', train: { epochs, batchSize: 20 }, report: false } as const;
    await trainRun({ ...paper, folder: at('paper') });
    expect(RunFolder.open(at('paper')).config.model).not.toHaveProperty('recognition');
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 12 && controller.abort();
    await trainRun({ ...paper, folder: at('paper-cut') }, { signal: controller.signal, onStep });
    await resume('paper-cut');
    expect(numbersOf('paper-cut')).toEqual(numbersOf('paper'));
  });

  slow(
    'with averaged weights, clipped gradients and early stopping; the model that is loaded is the average',
    async () => {
      const train = {
        ...plain.train,
        epochs: 9,
        lr: 'epoch < 3 ? 3e-3 : 0',
        klWeight: 1,
        clipNorm: 5,
        averageWeights: { from: 2, decay: 0.8 },
        earlyStopping: { patience: 2, on: 'accuracy' as const },
      };
      const whole = await trainRun({ ...plain, train, folder: at('averaged') });
      expect(whole.history.length).toBeLessThan(9);
      const stop = new AbortController();
      const onStep = ({ step }: { step: number }) => step === 16 && stop.abort();
      await trainRun({ ...plain, train, folder: at('cut') }, { signal: stop.signal, onStep });
      await resume('cut');
      expect(numbersOf('cut')).toEqual(numbersOf('averaged'));
      expect(RunFolder.open(at('cut')).config.train).toMatchObject(train);
      const trained = await loadModel(at('cut'));
      const { test } = await loadSets(source);
      const { accuracy } = evaluateModel(trained, test as ImageSet) as ClassifierReport;
      expect(accuracy).toBe(whole.summary?.uprightAccuracy);
      const { tensors } = trained.run.loadCheckpoint().checkpoint;
      const [name] = trained.model.params.names;
      expect(tensors.get(`weights/${name}`)?.data).not.toEqual(tensors.get(`param/${name}`)?.data);
    },
  );

  it('an estimate of time and memory changes none of the numbers, and is of the right order', async () => {
    let steps = 0;
    let estimated = 0;
    const began = performance.now();
    const run = await trainRun(
      { ...plain, folder: at('estimated') },
      {
        onEstimate: (estimate) => {
          ({ steps } = estimate);
          estimated = estimate.secondsPerStep * estimate.steps;
          expect(estimate.bytes).toBeGreaterThan(5e7);
          expect(estimate.seconds).toBeGreaterThanOrEqual(estimated);
        },
      },
    );
    expect(steps).toBe(21);
    expect(estimated).toBeLessThan((performance.now() - began) / 1000 + 5);
    expect(estimated).toBeGreaterThan((run.summary?.seconds as number) / 10);
    expect(numbersOf('estimated')).toEqual(numbersOf('plain'));
  });

  it('killed before its first checkpoint, it begins anew', async () => {
    await trainRun({ ...plain, folder: at('early') });
    for (const file of ['checkpoint.safetensors', 'checkpoint.prev.safetensors']) rmSync(at('early', file));
    const said: string[] = [];
    await resumeRun(at('early'), {}, { say: (line) => said.push(line) }, { report: false });
    expect(said).toContain('The run was stopped before its first checkpoint: starting from the beginning.');
    expect(numbersOf('early')).toEqual(numbersOf('plain'));
  });
});
