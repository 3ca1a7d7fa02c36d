/** Which model and which training a run gets: by default, by the paper's recipe, by options that imply one, and from the configuration of an old run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError } from 'pyro-ts';
import {
  encodingCsv,
  loadModel,
  type ModelSettings,
  type RecipeName,
  RunFolder,
  resumeRun,
  type Source,
  type TrainRequest,
  type TrainSettings,
  trainRun,
} from 'pyroved';
import { cards } from 'pyroved-data';
import { modelFromConfig, RecognitionSSIVAE, SemiSupervisedTrainer, SSIVAE, scheduleOf } from 'pyroved-ts';
import { klSchedule } from 'pyroved-ts/internal';
import { afterAll, describe, expect, it, test } from 'vitest';
import { weights } from '../../pyroved-ts/train/small.js';

const root = mkdtempSync(join(tmpdir(), 'recipe-'));
afterAll(() => rmSync(root, { recursive: true }));
let runs = 0;
const newFolder = () => join(root, `run-${++runs}`);

const counts = { labelledPerClass: 2, unlabelledPerClass: 12, validationPerClass: 2 };
const sourceOf = (more: object = {}): Source => ({ kind: 'cards', seed: 1, size: 12, ...counts, ...more }) as Source;
const widths = { hiddenEncoder: [6], hiddenDecoder: [6], hiddenClassifier: [6] };

/** The configuration of a run that is stopped before its first step. */
async function configOf(
  model: ModelSettings = {},
  train: TrainSettings = {},
  { recipe, more = {} }: { recipe?: RecipeName; more?: object } = {},
) {
  const folder = newFolder();
  const request: TrainRequest = { folder, source: sourceOf(more), model, train, kernel: 'reference' };
  await trainRun({ ...request, ...(recipe && { recipe }) }, { signal: AbortSignal.abort() });
  return RunFolder.open(folder).config;
}

it('the KL term weighs 10 at first and 1 from a third of the epochs on, and 1 in a run of one or two epochs', () => {
  const weights = (epochs: number) =>
    Array.from({ length: epochs }, (_, e) => scheduleOf(klSchedule, { option: 'kl', epochs })(e));
  expect(weights(6).map((w) => Number(w.toFixed(6)))).toEqual([10, 5.5, 1, 1, 1, 1]);
  expect(weights(2)).toEqual([1, 1]);
});

describe('by default', () => {
  it('a model with labels recognises class and pose, and trains for about 1,600 steps', async () => {
    const { model, train } = await configOf();
    expect(model).toMatchObject({ kind: 'ssiVAE', recognition: {}, numClasses: 4, invariances: ['r', 't'] });
    expect(train).toEqual({ epochs: 200, batchSize: 64, klWeight: klSchedule, compile: 'auto' });
  });

  it.each([
    ['1 image a step', { batchSize: 1 }, {}, 33],
    ['many images', { batchSize: 1 }, { unlabelledPerClass: 240 }, 4],
    ['few images', {}, { unlabelledPerClass: 3 }, 200],
  ])('epochs follow from the number of steps in each: %s', async (_, train, more, epochs) => {
    expect((await configOf({}, train, { more })).train).toMatchObject({ epochs });
    expect((await configOf({}, { ...train, epochs: 7 }, { more })).train).toMatchObject({ epochs: 7 });
  });

  it('large images are decoded at 288 pixels a step, unless a number is given', async () => {
    expect((await configOf({}, {}, { more: { size: 20 } })).model).toMatchObject({ pixels: 288 });
    expect((await configOf({ pixels: 90 }, {}, { more: { size: 20 } })).model).toMatchObject({ pixels: 90 });
    expect((await configOf()).model).not.toHaveProperty('pixels');
    expect((await configOf({ recognition: false }, {}, { more: { size: 20 } })).model).not.toHaveProperty('pixels');
  });

  it.each<[string, ModelSettings]>([
    ['false', { recognition: false }],
    ['an angle guide', { angleGuide: 'unimodal' }],
    ['bins', { angleGuide: 'binned', angleBins: 3 }],
    ['no pose to recognise', { invariances: [] }],
    ['scale alone', { invariances: ['s'] }],
  ])('a model is without recognition where an option implies it: %s', async (_, settings) => {
    const { model, train } = await configOf(settings);
    expect(model).not.toHaveProperty('recognition');
    expect(train).toEqual({
      ...{ epochs: 100, batchSize: 64, klWeight: 'min(1 + epoch/29, 2)', auxLossMultiplier: 30 },
      compile: 'auto',
    });
  });

  it('a configuration with recognition makes the same model again', async () => {
    const recognition = {
      ...{
        body: 'dense' as const,
        features: 5,
        views: 6,
        viewSize: 10,
        tolerance: 0.1,
        labelledPoses: 'drawn' as const,
      },
      ranges: { angle: 1, shift: 0.1, scale: [0.9, 1.1], shear: 0.1, mirror: true },
    } as const;
    const { model } = await configOf({ recognition, ...widths });
    const [made, again] = [modelFromConfig(model as never), modelFromConfig(JSON.parse(JSON.stringify(model)))];
    expect(made).toBeInstanceOf(RecognitionSSIVAE);
    expect((made as RecognitionSSIVAE).recognition).toMatchObject(recognition);
    expect((again as RecognitionSSIVAE).recognition).toEqual((made as RecognitionSSIVAE).recognition);
    expect(weights(again)).toEqual(weights(made));
    made.dispose();
    again.dispose();
  });
});

describe('options of the other model are rejected', () => {
  it.each<[ModelSettings, TrainSettings, RegExp]>([
    [{}, { auxLossMultiplier: 3 }, /^auxLossMultiplier is an option of models without recognition\. Omit it, or/],
    [{}, { auxStep: 'joint' }, /^auxStep is an option of models without recognition/],
    [{}, { schedule: 'spread' }, /^schedule is an option of models without recognition/],
    [{}, { warmUp: 2 }, /^warmUp is an option of models without recognition/],
    [{ recognition: false }, { recognitionSteps: 3 }, /^recognitionSteps is an option of recognition, which this/],
    [{ recognition: false }, { recognitionLr: 0.1 }, /^recognitionLr is an option of recognition/],
    [{ recognition: false }, { posedBatch: 3 }, /^posedBatch is an option of recognition/],
    [{ recognition: {}, angleGuide: 'binned' }, {}, /angleGuide is an option of the model without recognition/],
    [{ recognition: { ranges: { angle: -1 } } }, {}, /half-range of the angle must be/],
    [{}, { recognitionSteps: -1 }, /recognitionSteps must be an integer of at least 0/],
  ])('%j with %j', async (model, train, message) => {
    await expect(configOf(model, train)).rejects.toThrow(OptionError);
    await expect(configOf(model, train)).rejects.toThrow(message);
  });
});

describe("the paper's recipe", () => {
  it("is the original's protocol", async () => {
    const { model, train } = await configOf({}, {}, { recipe: 'paper', more: { size: 20 } });
    expect(model).toEqual({
      ...{ kind: 'ssiVAE', shape: [20, 20], channels: 1, seed: 1, numClasses: 4, invariances: ['r', 't'] },
      ...{ anglePrior: 'normal', angleGuide: 'unimodal', likelihood: 'bernoulli' },
    });
    expect(train).toEqual({
      ...{ epochs: 100, batchSize: 64, lr: 5e-4, klWeight: 'min(1 + epoch/29, 2)' },
      ...{ auxLossMultiplier: 30, auxStep: 'pyroved', schedule: 'pyroved', compile: false },
    });
  });

  it('gives way to options', async () => {
    const { model, train } = await configOf({ latentDim: 1 }, { epochs: 3, lr: 1e-3 }, { recipe: 'paper' });
    expect([model, train]).toMatchObject([{ latentDim: 1 }, { epochs: 3, lr: 1e-3, auxStep: 'pyroved' }]);
  });

  it('gives the losses and the weights of the same options, one by one, and of its trainer', async () => {
    const request = { source: sourceOf(), kernel: 'reference', report: false };
    const shared = { epochs: 2, batchSize: 12 };
    const ours = await trainRun({ ...request, folder: newFolder(), recipe: 'paper', model: widths, train: shared });
    const explicit = await trainRun({
      ...{ ...request, folder: newFolder() },
      model: { ...widths, recognition: false },
      train: { ...shared, lr: 5e-4, auxStep: 'pyroved', schedule: 'pyroved', auxLossMultiplier: 30 },
    });
    const losses = ({ history }: typeof ours) => history.map(({ loss, labelledLoss }) => [loss, labelledLoss]);
    expect(losses(ours)).toEqual(losses(explicit));
    expect(tensorsOf(ours.folder.path)).toEqual(tensorsOf(explicit.folder.path));

    const { labelled, unlabelled } = cards({ size: 12, ...counts, seed: 1 });
    const model = new SSIVAE({ shape: [12, 12], numClasses: 4, invariances: ['r', 't'], ...widths });
    const trainer = new SemiSupervisedTrainer(
      model,
      { labelled, unlabelled },
      {
        ...{ ...shared, lr: 5e-4, klWeight: 'min(1 + epoch/29, 2)', auxLossMultiplier: 30 },
        ...{ auxStep: 'pyroved', schedule: 'pyroved' },
      },
    );
    const { history } = await trainer.train();
    expect(history.map(({ loss, labelledLoss }) => [loss, labelledLoss])).toEqual(losses(ours));
    model.dispose();
  });

  it('is not mistaken for another', async () => {
    await expect(configOf({}, {}, { recipe: 'papr' as RecipeName })).rejects.toThrow(
      'Unknown recipe "papr". Did you mean "paper"?',
    );
    expect((await configOf({}, {}, { recipe: 'default' })).model).toMatchObject({ recognition: {} });
  });
});

const tensorsOf = (folder: string) =>
  [...RunFolder.open(folder).loadCheckpoint().checkpoint.tensors].map(([name, { data }]) => [name, Array.from(data)]);

test('a run with a latent shear is configured, kept and loaded, and its tables name the shear', async () => {
  const invariances = ['r', 't', 's', 'h'] as const;
  const folder = newFolder();
  await trainRun({
    ...{ folder, source: sourceOf(), kernel: 'reference', report: false },
    model: {
      ...{ invariances, shearPrior: 0.2, hiddenEncoder: [6], hiddenDecoder: [6] },
      recognition: { body: 'dense', features: 4, views: 2 },
    },
    train: { epochs: 1, batchSize: 24, recognitionSteps: 2, recognitionBatch: 4, posedBatch: 4 },
  });
  expect(RunFolder.open(folder).config.model).toMatchObject({ invariances, shearPrior: 0.2 });
  const trained = await loadModel(folder);
  const { labelled } = cards({ size: 12, ...counts, seed: 1 });
  const [header, first] = encodingCsv(trained, labelled).split('\n');
  expect(header.split(',').slice(-5)).toEqual(['shift_1', 'shift_2', 'scale', 'shear_1', 'shear_2']);
  const { shear = [] } = trained.model.encode(labelled);
  expect(first.split(',').slice(-2).map(Number)).toEqual([
    ...[expect.closeTo(shear[0], 4), expect.closeTo(shear[1], 4)],
  ]);
  trained.model.dispose();
});

test('a run of before there was recognition loads and resumes', async () => {
  const config = {
    ...{ format: 'pyroved-run', version: 1, createdAt: '2026-01-05T10:00:00.000Z', seed: 1 },
    model: {
      ...{ kind: 'ssiVAE', latentDim: 2, activation: 'tanh', likelihood: 'bernoulli', ...widths },
      ...{ invariances: ['r', 't'], shape: [12, 12], channels: 1, seed: 1, numClasses: 4 },
    },
    train: { epochs: 2, batchSize: 12, klWeight: 'min(1 + epoch/29, 2)', auxLossMultiplier: 30 },
    ...{ engine: 'cpu', kernel: 'reference', precision: 'float32', versions: { 'pyroved-ts': '0.1.0' } },
  };
  const folder = newFolder();
  await trainRun({
    ...{ folder, source: sourceOf(), model: { ...widths, recognition: false }, kernel: 'reference' },
    ...{ train: { epochs: 2, batchSize: 12 }, report: false },
  });
  const whole = tensorsOf(folder);
  const old = newFolder();
  const stop = new AbortController();
  await trainRun(
    {
      ...{ folder: old, source: sourceOf(), model: { ...widths, recognition: false }, kernel: 'reference' },
      train: { epochs: 2, batchSize: 12 },
    },
    { signal: stop.signal, onStep: ({ step }) => step === 6 && stop.abort() },
  );
  const { engine, data } = JSON.parse(readFileSync(join(old, 'config.json'), 'utf8'));
  writeFileSync(join(old, 'config.json'), JSON.stringify({ ...config, engine, data }));
  const { stopped } = await resumeRun(old, {}, {}, { report: false });
  expect(stopped).toBe(false);
  expect(tensorsOf(old)).toEqual(whole);
  const { model } = await loadModel(old);
  expect(model).toBeInstanceOf(SSIVAE);
  expect(model).not.toBeInstanceOf(RecognitionSSIVAE);
  model.dispose();
});
