/** Comparisons of priors and cross-validations: what they report, and that a kill changes no number. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClassValidation,
  type Comparison,
  comparePriors,
  crossValidate,
  type QuantityValidation,
  RunFolder,
  resumeComparison,
  type Source,
  trainRun,
} from 'pyroved';
import { nanorods } from 'pyroved-data';
import { encodeNpy } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processTest, slow } from '../slow.js';
import { pyroved, remove, start, succeed, temporaryFolder, write, writeImages } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
beforeAll(() => writeImages(root, { labelled: 6, unlabelled: 20 }));
afterAll(() => remove(root));

const read = (...path: string[]) => JSON.parse(readFileSync(at(...path), 'utf8')) as unknown;
const lines = (text: string) => text.trimEnd().split('\n');

/** Resolves as soon as there is a file. */
async function fileThat(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The last checkpoint: every tensor, and where training stands, but for times. */
function stateOf(run: RunFolder) {
  const { tensors, state } = run.loadCheckpoint().checkpoint;
  const timeless = JSON.parse(JSON.stringify(state), (name, value: unknown) =>
    name === 'seconds' ? 0 : value,
  ) as object;
  return { tensors: new Map([...tensors].sort(([a], [b]) => a.localeCompare(b))), state: timeless };
}

describe('compare-priors', () => {
  const cards =
    'compare-priors cards --size 12 --labelled-per-class 4 --unlabelled-per-class 12 --validation-per-class 5';
  const quick =
    '--hidden 8,8 --batch-size 12 --epochs 2 --priors normal,uniform,normal+binned --angle-bins 3 --seeds 2';
  const compare = `${cards} ${quick}`.split(' ');
  /** The results without times. */
  const outcomeOf = (folder: string) => {
    const { runs, summary, tests, ...rest } = read(folder, 'results.json') as Comparison;
    return {
      ...rest,
      runs: runs.map(({ seconds: _, ...run }) => run),
      summary: summary.map(({ seconds: _, ...row }) => row),
      tests: tests.filter(({ measure }) => measure !== 'seconds'),
    };
  };

  it('trains every prior with every seed, and writes table, figures and report', async () => {
    const { stdout, stderr } = await succeed([...compare, '--out', 'whole'], root);
    const { runs, summary, tests, priors } = read('whole', 'results.json') as Comparison;
    expect(runs.map(({ prior, seed }) => `${prior} ${seed}`)).toEqual(
      [1, 2].flatMap((seed) => ['normal', 'uniform', 'normal+binned'].map((prior) => `${prior} ${seed}`)),
    );
    for (const { prior, seed, accuracy, angles, elbo } of runs) {
      const run = RunFolder.open(at('whole', prior, `seed-${seed}`));
      const [name, guide] = prior.split('+');
      expect(run.config.model).toMatchObject({ anglePrior: name, ...(guide && { angleGuide: guide }), seed });
      expect(run.readSummary()).toMatchObject({ accuracy, elbo });
      expect(angles?.count).toBe(20);
      expect(elbo).toBeLessThan(0);
    }
    const mean = (values: (number | undefined)[]) =>
      values.reduce<number>((sum, v) => sum + (v ?? 0), 0) / values.length;
    for (const row of summary) {
      const own = runs.filter(({ prior }) => prior === row.prior);
      expect(row.elbo?.mean).toBeCloseTo(mean(own.map(({ elbo }) => elbo)), 10);
      expect(row.angleError?.mean).toBeCloseTo(mean(own.map(({ angleError }) => angleError)), 10);
    }
    expect(new Set(tests.map(({ prior, reference }) => `${prior}/${reference}`))).toEqual(
      new Set(['uniform/normal', 'normal+binned/normal']),
    );
    expect(lines(readFileSync(at('whole/results.csv'), 'utf8'))).toHaveLength(7);
    expect(lines(stdout)[1]).toMatch(/^normal +\d+\.\d% ± /);
    expect(stderr).toContain('Seed 2 (2 of 2): normal, uniform, normal+binned, one epoch each in turn\n');
    const ends = [...stderr.matchAll(/^(.*), seed (\d): step (\d+)\/\3 \(100%\)/gm)].map(
      ([, prior, seed]) => `${prior} ${seed}`,
    );
    expect(ends).toEqual(runs.map(({ prior, seed }) => `${prior} ${seed}`));
    const report = readFileSync(at('whole/report.html'), 'utf8');
    for (const prior of priors) expect(report).toContain(`<td>${prior}</td>`);
    expect(report).not.toMatch(/undefined|NaN|https?:\/\/(?!www\.w3\.org)/);
  });

  slow('finds small angle errors where the model has learnt the angle', async () => {
    const ranges = { angle: 60, labelledAngle: 2, shear: 0, scale: [1, 1] as const, translation: 0 };
    const counts = { labelledPerClass: 20, unlabelledPerClass: 60, validationPerClass: 20 };
    const widths = { hiddenEncoder: [48, 48], hiddenDecoder: [48, 48], hiddenClassifier: [48, 48] };
    const { comparison } = await comparePriors({
      folder: at('learnt'),
      source: { kind: 'cards', seed: 1, size: 12, axes: 'vertical', ...ranges, ...counts },
      model: { recognition: false, invariances: ['r'], latentDim: 1, ...widths },
      train: { epochs: 18, batchSize: 20, lr: 5e-3, klWeight: 1, compile: true },
      priors: ['normal', 'projected-normal'],
      seeds: [2],
      threads: 1,
    });
    expect(comparison?.symmetry).toEqual({ diamonds: 2 });
    const [{ accuracy, angles, calibrationError }] = comparison?.runs ?? [];
    expect(accuracy).toBeGreaterThan(0.9);
    // One that always says "upright" would be off by 30 degrees.
    expect(angles?.medianDegrees).toBeLessThan(12);
    expect(angles?.concentration).toBeGreaterThan(0.8);
    expect(calibrationError).toBeLessThan(0.2);
    expect(comparison?.tests.every(({ tTest }) => Number.isNaN(tTest))).toBe(true);
  });

  slow('goes on after Ctrl-C and after kills with the same numbers', async () => {
    const first = start([...compare, '--out', 'killed'], root);
    await fileThat(at('killed/uniform/seed-1/checkpoint.safetensors'));
    first.child.kill('SIGKILL');
    await first.ended;
    const next = start(['compare-priors', '--resume', 'killed'], root);
    await next.until('Seed 2 (2 of 2)');
    await fileThat(at('killed/normal/seed-2/checkpoint.safetensors'));
    if (process.platform !== 'win32') {
      next.child.kill('SIGINT');
      const { code, stderr } = await next.ended;
      expect(code).toBe(130);
      expect(stderr).toMatch(/Stopped\. To continue: pyroved compare-priors --resume killed\n$/);
    }
    const { stderr } = await succeed(['compare-priors', '--resume', 'killed'], root);
    expect(stderr.match(/ each: about/g)).toHaveLength(1);
    expect(outcomeOf('killed')).toEqual(outcomeOf('whole'));
  });

  it('trains side by side, epoch by epoch, with the numbers of runs alone, also after a stop', async () => {
    const shared = {
      source: { kind: 'images', labelled: at('labelled'), unlabelled: at('unlabelled'), size: 12 },
      model: { recognition: false, hiddenEncoder: [8, 8], hiddenDecoder: [8, 8], hiddenClassifier: [8, 8] },
      train: { epochs: 4, batchSize: 12, averageWeights: { from: 2 } },
      threads: 1,
    } as const;
    const priors = ['normal', 'von-mises', 'uniform'] as const;
    const seed = 3;
    const stopped = new AbortController();
    const turns: string[] = [];
    const forRun = (name: string) => ({
      onEpoch: ({ epoch }: { epoch: number }) => {
        turns.push(`${name}: ${epoch}`);
      },
      onStep: ({ epoch, batch }: { epoch: number; batch: number }) => {
        // The middle of the second prior's third epoch: the first is at its end, the last has yet to begin it.
        if (name.startsWith('von-mises') && epoch === 3 && batch === 2) stopped.abort();
      },
    });
    const folder = at('race');
    const request = { ...shared, folder, priors, seeds: [seed] };
    const begun = await comparePriors(request, { signal: stopped.signal, forRun });
    expect(begun).toMatchObject({ stopped: true, runs: [] });
    const upTo = (...epochs: number[]) =>
      epochs.flatMap((epoch) => priors.map((prior) => `${prior}, seed ${seed}: ${epoch}`));
    expect(turns).toEqual([...upTo(1, 2), `normal, seed ${seed}: 3`]);
    const { comparison } = await resumeComparison(folder, {}, { forRun });
    expect(turns.slice(7)).toEqual([`normal, seed ${seed}: 4`, ...upTo(3).slice(1), ...upTo(4).slice(1)]);
    for (const anglePrior of priors) {
      const alone = await trainRun({
        ...shared,
        folder: at('alone', anglePrior),
        model: { ...shared.model, anglePrior },
        seed,
        report: false,
      });
      const beside = RunFolder.open(at('race', anglePrior, `seed-${seed}`));
      expect(stateOf(beside)).toEqual(stateOf(alone.folder));
      const run = comparison?.runs.find(({ prior }) => prior === anglePrior);
      expect(run?.accuracy).toBe(alone.summary?.accuracy);
      // The time of a run is that of its own steps, whatever came between them.
      const { seconds, epochs } = beside.readSummary() as { seconds: number; epochs: number };
      const own = beside.metrics.read().map((record) => Number(record.seconds));
      expect([own.length, epochs]).toEqual([4, 4]);
      expect(seconds).toBeCloseTo(
        own.reduce((sum, time) => sum + time, 0),
        9,
      );
    }
  });

  it('stops the others where one fails, and continues from their states', async () => {
    const request = {
      folder: at('failed'),
      source: { kind: 'images', labelled: at('labelled'), unlabelled: at('unlabelled'), size: 12 },
      model: { recognition: { body: 'dense', features: 8, views: 3 }, hiddenEncoder: [8, 8], hiddenDecoder: [8, 8] },
      train: { epochs: 3, batchSize: 12, recognitionSteps: 3 },
      priors: ['normal', 'von-mises', 'uniform'],
      seeds: [1],
      threads: 1,
    } as const;
    const failing = (name: string) => ({
      onEpoch: ({ epoch }: { epoch: number }) => {
        if (name.startsWith('von-mises') && epoch === 2) throw new Error('the disk is full');
      },
    });
    await expect(comparePriors(request, { forRun: failing })).rejects.toThrow('the disk is full');
    const epochs = request.priors.map((prior) => {
      const { state } = RunFolder.open(at('failed', prior, 'seed-1')).loadCheckpoint().checkpoint;
      return (state as { epoch: number }).epoch;
    });
    expect(epochs).toEqual([2, 1, 1]);
    const { comparison } = await resumeComparison(request.folder);
    expect(comparison?.runs.map((run) => run.epochs)).toEqual([3, 3, 3]);
  });

  it.concurrent.each<[string[], string]>([
    [['cards', '--priors', 'normal'], 'A comparison requires at least two priors, e.g. normal and von-mises.'],
    [['cards', '--priors', 'normal,flat'], 'Unknown angle prior "flat".'],
    [['cards', '--priors', 'normal,normal+bined'], 'Unknown angle guide "bined". Did you mean "binned"?'],
    [['cards', '--priors', 'normal,normal'], 'priors must be distinct; "normal" occurs twice.'],
    [['cards', '--angle-prior', 'normal'], "unknown option '--angle-prior'"],
    [['cards', '--invariances', 't'], 'Angle priors require a model with the invariance "r".'],
    [['peaks'], 'Signals have no angle.'],
    [['cards', '--symmetry', 'diamonds'], 'Give class=order, as in "diamonds=2".'],
    [['nowhere'], 'pyroved: Unknown source of images "nowhere".'],
    [['--resume', 'nowhere'], 'pyroved: nowhere is not a study: it has no study.json.'],
    [['--resume', 'whole', '--epochs', '3'], 'Omit --epochs.'],
  ])('%j is rejected', async (args, words) => {
    const { code, stderr } = await pyroved(['compare-priors', ...args], root);
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  });
});

describe('cross-validate', () => {
  const options = '--size 16 --hidden 16,16 --batch-size 12 --epochs 2 --lr 3e-3 --recognition off --folds 3'.split(
    ' ',
  );

  it('tests every labelled image once, by a model that did not see it', async () => {
    const { stdout } = await succeed(['cross-validate', '.', ...options, '--out', 'folds'], root);
    const { folds, images, accuracy, confusion, spread } = read('folds', 'results.json') as ClassValidation;
    expect([folds.map((fold) => fold.images), images]).toEqual([[4, 4, 4], 12]);
    expect(confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([6, 6]);
    expect(accuracy).toBeCloseTo((confusion[0][0] + confusion[1][1]) / 12, 10);
    expect(spread.mean).toBeCloseTo(folds.reduce((sum, fold) => sum + fold.accuracy, 0) / 3, 10);
    expect(lines(stdout)[0]).toMatch(/^accuracy \d\.\d{4} on 12 images \(95% interval /);
    expect(readFileSync(at('folds/report.html'), 'utf8')).toContain('Cross-validation with 3 folds');
    // Each fold is a run whose test images are that fold.
    const evaluation = await succeed(['evaluate', 'folds/fold-2'], root);
    expect(evaluation.stdout).toContain(`accuracy ${folds[1].accuracy.toFixed(4)} on 4 images`);
  });

  processTest('goes on after a kill with the same numbers', async () => {
    const first = start(['cross-validate', '.', ...options, '--out', 'cut'], root);
    await first.until('Fold 2 of 3');
    first.child.kill('SIGKILL');
    await first.ended;
    await succeed(['cross-validate', '--resume', 'cut'], root);
    expect(read('cut', 'results.json')).toEqual(read('folds', 'results.json'));
    const { code, stderr } = await pyroved(['compare-priors', '--resume', 'cut'], root);
    expect([code, stderr]).toEqual([1, 'pyroved: cut contains a study of folds, not of priors.\n']);
  });

  it('tells the errors of predicted quantities', async () => {
    const { images } = nanorods({ size: 16, train: 24, test: 1 }).train;
    const known = Array.from(images.factors?.length ?? []).slice(0, 18);
    write(at('rods.npy'), encodeNpy(images.images, [24, 16, 16]));
    const row = (i: number) => `${i},${i < 18 ? known[i] : ''}`;
    write(at('lengths.csv'), `n,length\n${Array.from({ length: 24 }, (_, i) => row(i)).join('\n')}\n`);
    const data = ['--array', 'rods.npy', '--factors', 'lengths.csv', '--targets', 'length', '--folds', '3'];
    const model = ['--hidden', '8', '--invariances', 'r', '--latent-dim', '1', '--epochs', '2', '--batch-size', '6'];
    const { stdout, stderr } = await succeed(['cross-validate', ...data, ...model, '--out', 'quantities'], root);
    const result = read('quantities', 'results.json') as QuantityValidation;
    expect([result.on, result.images, result.folds.map((fold) => fold.images)]).toEqual(['targets', 18, [6, 6, 6]]);
    // All errors over the spread of all known lengths, of which each is in one fold.
    const mean = known.reduce((sum, v) => sum + v, 0) / 18;
    const variance = known.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 18;
    const [{ name, r2, rootMeanSquaredError, meanAbsoluteError, spread }] = result.targets;
    const own = result.folds.map(({ targets: [target] }) => target);
    const squares = own.reduce((sum, fold) => sum + fold.meanSquaredError / 3, 0);
    expect(name).toBe('length');
    expect(rootMeanSquaredError).toBeCloseTo(Math.sqrt(squares), 10);
    expect(r2).toBeCloseTo(1 - squares / variance, 6);
    expect(meanAbsoluteError).toBeCloseTo(
      own.reduce((sum, fold) => sum + fold.meanAbsoluteError / 3, 0),
      10,
    );
    expect(spread.r2.mean).toBeCloseTo(
      own.reduce((sum, fold) => sum + (fold.r2 ?? 0) / 3, 0),
      10,
    );
    expect(stdout).toMatch(
      /^length: R2 -?[\d.e+]+, root mean squared error [\d.]+, mean absolute error [\d.]+ on 18 images\n {2}mean of 3 folds: R2 /,
    );
    expect(stderr).toMatch(/Fold 2: length R2 -?[\d.]+, RMSE [\d.]+ on 6 images\./);
    expect(readFileSync(at('quantities/report.html'), 'utf8')).toContain('length by fold');
    // A fold is a run whose test images are those that its model has not seen.
    await succeed(['evaluate', 'quantities/fold-2', '--json', 'fold.json'], root);
    const { targets } = read('fold.json') as { targets: { meanSquaredError: number }[] };
    expect(targets[0].meanSquaredError).toBeCloseTo(own[1].meanSquaredError, 6);
    await succeed(['cross-validate', '--resume', 'quantities'], root);
    expect(read('quantities', 'results.json')).toEqual(result);
  });

  it('needs labels, and no more folds than there are of them', async () => {
    const request = { folder: at('never'), train: { epochs: 1 }, kernel: 'reference' };
    const source = (given: object): Source => ({ kind: 'images', size: 16, ...given }) as Source;
    await expect(crossValidate({ ...request, source: source({ unlabelled: at('unlabelled') }) })).rejects.toThrow(
      'Cross-validation requires labelled images.',
    );
    const labelled = source({ labelled: at('labelled') });
    await expect(crossValidate({ ...request, source: labelled, folds: 13 })).rejects.toThrow(
      'folds must be an integer between 2 and 12, the number of labelled images; got 13.',
    );
    await expect(crossValidate({ ...request, source: labelled, model: { kind: 'iVAE' } })).rejects.toThrow(
      'The iVAE is not trained on labels and cannot be cross-validated.',
    );
    expect(existsSync(at('never'))).toBe(false);
  });
});
