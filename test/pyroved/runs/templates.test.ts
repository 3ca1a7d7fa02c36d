/** A run with templates: what its configuration holds, that it trains to its end, and what it answers when it is loaded. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError } from 'pyro-ts';
import {
  classificationCsv,
  classifyImages,
  loadModel,
  type ModelSettings,
  RunFolder,
  type Source,
  type TrainSettings,
  trainRun,
} from 'pyroved';
import { cards } from 'pyroved-data';
import { PyrovedError, ssrVAE, TemplateSSIVAE, templateDefaults } from 'pyroved-ts';
import { afterAll, expect, test } from 'vitest';
import { weights } from '../../pyroved-ts/train/small.js';

const root = mkdtempSync(join(tmpdir(), 'templates-'));
afterAll(() => rmSync(root, { recursive: true }));
const counts = { labelledPerClass: 2, unlabelledPerClass: 6, validationPerClass: 2 };
const source = { kind: 'cards', seed: 1, size: 10, ...counts } as Source;
const recognition = { body: 'dense', features: 4, views: 3 } as const;
const requestOf = (folder: string, model: ModelSettings, train: TrainSettings = {}) => ({
  ...{ folder: join(root, folder), source, train, kernel: 'reference' },
  model: { decoder: 'template' as const, recognition, ...model },
});

test('the configuration holds the decoder, and defaults of its own where nothing is said', async () => {
  await trainRun(requestOf('config', { templates: { grid: 3 } }), { signal: AbortSignal.abort() });
  const { model, train } = RunFolder.open(join(root, 'config')).config;
  expect(model).toMatchObject({ kind: 'ssiVAE', decoder: 'template', templates: { grid: 3 }, recognition });
  expect(model).not.toHaveProperty('likelihood');
  expect(model).not.toHaveProperty('pixels');
  expect(train).toEqual(templateDefaults);
});

test('a run trains, is loaded with the same weights, and says class, angle, evidence and outliers', async () => {
  const few = { epochs: 2, recognitionSteps: 3, templateSteps: 4, batchSize: 6, posedBatch: 4 };
  const { summary } = await trainRun(requestOf('run', { latentDim: 2 }, few));
  expect(summary?.accuracy).toBeGreaterThanOrEqual(0);
  expect(summary?.evidence).toMatchObject({ weight: expect.any(Number), mean: expect.any(Number) });
  expect(summary).not.toHaveProperty('bounds');
  expect(readFileSync(join(root, 'run', 'report.html'), 'utf8')).toContain('The pictures of the classes');
  const trained = await loadModel(join(root, 'run'));
  const again = await loadModel(join(root, 'run'));
  expect(trained.model).toBeInstanceOf(TemplateSSIVAE);
  expect(weights(again.model)).toEqual(weights(trained.model));
  const { validation } = cards({ ...counts, seed: 2, size: 10 });
  const rows = classifyImages(trained, validation, 0.8, { answer: 'evidence', falseAlarms: 1 });
  expect(rows).toHaveLength(8);
  // The highest of the training images' evidence.
  const most = (trained.model as TemplateSSIVAE).outlierThreshold(1);
  for (const { evidence = Number.NaN, outlier, angleDegrees } of rows) {
    expect(outlier).toBe(evidence < most);
    expect(angleDegrees).toBeTypeOf('number');
  }
  expect(classificationCsv(rows, trained.classNames).split('\n')[0]).toContain('angle_deg,evidence,outlier,p(');
  expect(classifyImages(trained, validation).every((row) => row.evidence !== undefined)).toBe(true);
  for (const { model } of [trained, again]) model.dispose();
});

test('thresholds are quantiles of the training evidence', () => {
  const model = new TemplateSSIVAE({
    ...{ shape: [8, 8], numClasses: 2, invariances: ['r', 't'], decoder: 'template', recognition },
  });
  model.setTrainingEvidence(Array.from({ length: 1001 }, (_, i) => (i * 5) % 1001));
  expect([0, 0.05, 0.5, 1].map((rate) => Math.round(model.outlierThreshold(rate)))).toEqual([0, 50, 500, 1000]);
  expect(() => model.outlierThreshold(1.5)).toThrow(OptionError);
  model.dispose();
});

test('what has no templates has no evidence, and other kinds of models no templates', async () => {
  await expect(trainRun(requestOf('wrong', { kind: 'iVAE' }))).rejects.toThrow(/belongs to a model of classes/);
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
