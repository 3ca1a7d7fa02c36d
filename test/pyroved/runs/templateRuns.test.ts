/** A run with templates: what its configuration holds, that it trains to its end, and what it answers when it is loaded. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError } from 'pyro-ts';
import {
  classificationCsv,
  classifyImages,
  comparePriors,
  evaluateModel,
  loadModel,
  type ModelSettings,
  RunFolder,
  resumeRun,
  type Source,
  type TrainingSets,
  type TrainSettings,
  testImages,
  trainRun,
} from 'pyroved';
import { cards } from 'pyroved-data';
import { PyrovedError, ssrVAE, TemplateSSIVAE, type TrainingImages } from 'pyroved-ts';
import { templateDefaults } from 'pyroved-ts/internal';
import { afterAll, describe, expect, it, test } from 'vitest';
import { foundSettings, looksForClasses } from '../../../packages/pyroved/dist/runs/foundClasses.js';
import { weights } from '../../pyroved-ts/train/small.js';
import { slow } from '../../slow.js';

const root = mkdtempSync(join(tmpdir(), 'templates-'));
afterAll(() => rmSync(root, { recursive: true }));
const counts = { labelledPerClass: 2, unlabelledPerClass: 6, validationPerClass: 2 };
const source = { kind: 'cards', seed: 1, size: 10, ...counts } as Source;
const recognition = { body: 'dense', features: 4, views: 3 } as const;
const requestOf = (folder: string, model: ModelSettings, train: TrainSettings = {}) => ({
  ...{ folder: join(root, folder), source, train, kernel: 'wasm' },
  model: { decoder: 'template' as const, recognition, ...model },
});

test('the configuration holds the decoder, and defaults of its own where nothing is said', async () => {
  await trainRun(requestOf('config', { templates: { grid: 3 } }), { signal: AbortSignal.abort() });
  const { model, train } = RunFolder.open(join(root, 'config')).config;
  expect(model).toMatchObject({ kind: 'ssiVAE', decoder: 'template', templates: { grid: 3 }, recognition });
  expect(model).not.toHaveProperty('likelihood');
  expect(model).not.toHaveProperty('pixels');
  expect(train).toEqual({ ...templateDefaults, compile: 'auto' });
});

test('a run trains, is loaded with the same weights, and says class, angle, evidence and outliers', async () => {
  const few = { epochs: 2, recognitionSteps: 3, templateSteps: 4, batchSize: 6, posedBatch: 4 };
  const { summary } = await trainRun(requestOf('run', { latentDim: 2 }, few));
  expect(summary?.accuracy).toBeGreaterThanOrEqual(0);
  expect(summary?.evidence).toMatchObject({ weight: expect.any(Number), mean: expect.any(Number) });
  expect(summary).not.toHaveProperty('bounds');
  expect(readFileSync(join(root, 'run', 'report.html'), 'utf8')).toContain('Templates of the classes');
  const priors = summary?.evidence?.anglePriors ?? [];
  expect(priors.map(({ prior }) => prior)).toEqual(['uniform', 'normal', 'projected-normal', 'von-mises']);
  expect([priors[0].difference, priors[0].standardError, priors[2].difference]).toEqual([0, 0, 0]);
  expect(priors[0].evidence).toBe(summary?.evidence?.mean);
  expect(readFileSync(join(root, 'run', 'report.html'), 'utf8')).toContain('Angle priors');
  const trained = await loadModel(join(root, 'run'));
  const again = await loadModel(join(root, 'run'));
  expect(trained.model).toBeInstanceOf(TemplateSSIVAE);
  expect(weights(again.model)).toEqual(weights(trained.model));
  const { validation } = cards({ ...counts, seed: 2, size: 10 });
  const rows = classifyImages(trained, validation, 0.8, { answer: 'evidence', falseAlarms: 1 });
  expect(rows).toHaveLength(8);
  // The highest of the training images' scores.
  const most = (trained.model as TemplateSSIVAE).outlierThreshold(1);
  for (const { outlierScore = Number.NaN, outlier, angleDegrees } of rows) {
    expect(outlier).toBe(outlierScore < most);
    expect(angleDegrees).toBeTypeOf('number');
  }
  expect(classificationCsv(rows, trained.classNames).split('\n')[0]).toContain(
    'angle_deg,evidence,outlier_score,outlier,p(',
  );
  expect(classifyImages(trained, validation).every((row) => row.evidence !== undefined)).toBe(true);
  for (const { model } of [trained, again]) model.dispose();
});

test('thresholds are quantiles of the scores of training images', () => {
  const model = new TemplateSSIVAE({
    ...{ shape: [8, 8], numClasses: 2, invariances: ['r', 't'], decoder: 'template', recognition },
  });
  const count = 1001;
  const evidence = Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 ? -1e4 : ((i >> 1) * 5) % count));
  const rest = { theta: new Float64Array(0), spread: new Float64Array(0), template: new Int32Array(2 * count) };
  model.gate = { weight: 1, temperature: 1 };
  model.setTypicalImages({ count, evidence, recognised: new Float32Array(2 * count), ...rest });
  // The gate is open: the score is the log of the share of training images of lower evidence.
  for (const rate of [0.05, 0.5, 1]) expect(Math.exp(model.outlierThreshold(rate))).toBeCloseTo(rate, 2);
  expect(() => model.outlierThreshold(1.5)).toThrow(OptionError);
  model.dispose();
});

test('what has no templates has no evidence, and other kinds of models no templates', async () => {
  await expect(trainRun(requestOf('wrong', { kind: 'ssRegIVAE' }))).rejects.toThrow(
    /requires a model with labelled classes/,
  );
  const plain = requestOf('plain', { decoder: undefined } as ModelSettings, { templateSteps: 5 });
  await expect(trainRun(plain)).rejects.toThrow(/templateSteps is an option of templates/);
  const trained = await loadModel(join(root, 'run'));
  const { validation } = cards({ ...counts, seed: 2, size: 10 });
  expect(() => classifyImages(trained, validation, 0.8, { anser: 'evidence' } as object)).toThrow(/"answer"/);
  trained.model.dispose();
  const network = { ...trained, model: ssrVAE({ shape: [10, 10], numClasses: 4, recognition }) };
  expect(() => classifyImages(network, validation, 0.8, { answer: 'evidence' })).toThrow(PyrovedError);
  network.model.dispose();
});

test('priors of the angle are compared by evidence, each with a template model of its own', async () => {
  const { folder, ...request } = requestOf('priors', { latentDim: 2 });
  const train = { epochs: 1, recognitionSteps: 3, templateSteps: 2, batchSize: 6, posedBatch: 4 };
  const { comparison } = await comparePriors({ ...request, folder, train, priors: ['uniform', 'normal'], seeds: [1] });
  expect(comparison?.runs.map(({ prior }) => prior)).toEqual(['uniform', 'normal']);
  for (const run of comparison?.runs ?? []) {
    expect(run.meanEvidence).toBeTypeOf('number');
    expect(run).not.toHaveProperty('elbo');
  }
  expect(comparison?.tests.map(({ measure }) => measure)).toContain('meanEvidence');
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('evidence (nats per image)');
});

describe('without labels', () => {
  const few = { epochs: 2, recognitionSteps: 3, templateSteps: 4, batchSize: 6, posedBatch: 4 };
  const hasKind = (model: ModelSettings, labels: boolean): boolean =>
    looksForClasses(model, labels ? { labelled: { labels: new Int32Array(1) } as unknown as TrainingImages } : {});

  it('classes are looked for where no labels are used: as many as are asked for, or one', () => {
    const decoder = 'template';
    expect(hasKind({ decoder }, true)).toBe(false);
    expect(hasKind({ decoder }, false)).toBe(true);
    expect(hasKind({ decoder, numClasses: 3 }, true)).toBe(true);
    expect(hasKind({ decoder, kind: 'iVAE' }, true)).toBe(true);
    expect(hasKind({ numClasses: 3 }, false)).toBe(false);
    const names = (classNames: readonly string[]) => ({ classNames }) as TrainingSets;
    const found = (model: ModelSettings, classNames: readonly string[] = []) =>
      foundSettings({ decoder, ...model }, names(classNames));
    expect(found({ numClasses: 3, latentDim: 2 })).toEqual({
      foundClasses: 3,
      model: { decoder, kind: 'ssiVAE', latentDim: 2 },
    });
    expect(found({}).foundClasses).toBe(1);
    expect(found({ kind: 'iVAE' }, ['a', 'b']).foundClasses).toBe(1);
    expect(found({ kind: 'jiVAE' }, ['a', 'b']).foundClasses).toBe(2);
    expect(() => found({ kind: 'jiVAE' })).toThrow(OptionError);
  });

  slow(
    'a run finds its classes, is evaluated after matching, resumes with the same numbers, and classifies',
    async () => {
      const model = { numClasses: 2, latentDim: 2 };
      const { summary } = await trainRun(requestOf('found', model, few));
      const { config } = RunFolder.open(join(root, 'found'));
      expect(config.data).toMatchObject({ foundClasses: 2, classNames: ['class 1', 'class 2'] });
      expect(config.model).toMatchObject({ kind: 'ssiVAE', numClasses: 2, decoder: 'template' });
      expect(summary).toMatchObject({ testImages: 8, matchedAccuracy: expect.any(Number) });
      expect(summary).not.toHaveProperty('accuracy');
      expect(summary).not.toHaveProperty('suspiciousLabels');
      expect(summary?.confusion?.map((row) => row.reduce((a, b) => a + b, 0))).toEqual([2, 2, 2, 2]);
      const report = readFileSync(join(root, 'found', 'report.html'), 'utf8');
      expect(report).toContain('deformable templates of 2 classes found without labels');
      const stop = new AbortController();
      const request = requestOf('stopped', model, few);
      await trainRun(request, { signal: stop.signal, onEpoch: () => stop.abort() });
      await resumeRun(request.folder, { kernel: 'wasm' }, {}, { report: false });
      const [whole, resumed] = await Promise.all(['found', 'stopped'].map((name) => loadModel(join(root, name))));
      expect(weights(resumed.model)).toEqual(weights(whole.model));
      const images = await testImages(whole);
      expect(evaluateModel(whole, images)).toMatchObject({ on: 'found classes', accuracy: summary?.matchedAccuracy });
      expect(classifyImages(whole, images)).toHaveLength(8);
      for (const { model: own } of [whole, resumed]) own.dispose();
    },
  );

  it('one picture stands for all images of a model without classes', async () => {
    const { summary } = await trainRun(requestOf('one', { kind: 'iVAE', latentDim: 2 }, { ...few, epochs: 1 }));
    expect(summary?.classNames).toEqual(['class 1']);
    expect(readFileSync(join(root, 'one', 'report.html'), 'utf8')).toContain('deformable template');
  });
});
