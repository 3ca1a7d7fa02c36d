/** Preprocessing in a run: chosen from its images, kept in its configuration, and applied again to whatever its model is asked about. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError, RandomStream } from 'pyro-ts';
import {
  classifyImages,
  exportModel,
  imagesFor,
  labelledImages,
  loadModel,
  type PreprocessSetting,
  resumeRun,
  type TrainRequest,
  testImages,
  trainRun,
} from 'pyroved';
import { cards } from 'pyroved-data';
import { encodeNpz, gather, inMemory, modelGraphs, withNoise } from 'pyroved-ts';
import { preprocessValues } from 'pyroved-ts/internal';
import { afterAll, describe, expect, it } from 'vitest';
import { slow } from '../../slow.js';

const root = mkdtempSync(join(tmpdir(), 'preprocess-'));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name);

const [side, count] = [16, 48];
const size = side * side;
const clean = cards({ size: side, labelledPerClass: 12, unlabelledPerClass: 1, validationPerClass: 1 }).labelled;
const stream = new RandomStream('planes');
const onPlanes = Float32Array.from(clean.images);
for (let i = 0; i < count; i++) {
  const [a, b] = [stream.next() - 0.5, stream.next() - 0.5];
  for (let p = 0; p < size; p++) {
    onPlanes[i * size + p] = 3 + onPlanes[i * size + p] + a * ((p % side) / 8 - 1) + b * (Math.floor(p / side) / 8 - 1);
  }
}
const arrayFile = (name: string, images: Float32Array): string => {
  const labels = { shape: [count], data: Float32Array.from(clean.labels as Int32Array) };
  writeFileSync(at(name), encodeNpz({ images: { shape: [count, side, side], data: images }, labels }));
  return at(name);
};
const files = { planes: arrayFile('planes.npz', onPlanes), clean: arrayFile('clean.npz', clean.images) };
const source = (file: string, more: object = {}): TrainRequest['source'] => ({
  ...{ kind: 'array', file, dataset: 'images', labels: 'labels', validationFraction: 0.25, ...more },
});

const plane = { background: 'plane', standardise: 'rms' };
const recognition = { body: 'dense', features: 8, views: 3 } as const;
const model = { hiddenEncoder: [4], hiddenDecoder: [4], recognition };
const train = { epochs: 1, batchSize: 16, recognitionSteps: 3 };
/** A run, or its beginning, which decides the preprocessing. */
async function trained(name: string, request: Partial<TrainRequest> = {}, signal?: AbortSignal) {
  const lines: string[] = [];
  const shared = { folder: at(name), source: source(files.planes), train, kernel: 'wasm', overwrite: true };
  await trainRun(
    { ...shared, ...request, model: { ...model, ...request.model } },
    { say: (line) => lines.push(line), signal },
  );
  const config = JSON.parse(readFileSync(join(at(name), 'config.json'), 'utf8'));
  return { lines: lines.filter((line) => line.startsWith('Preprocessing')), config };
}

describe('a run on images with planes', () => {
  const first = trained('first');

  it('chooses to subtract them, says so, and keeps it with a normal likelihood', async () => {
    const { lines, config } = await first;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^Preprocessing: plane subtracted, divided by the RMS of each image, because the background within an image varies by \d+% of the contrast\.$/,
    );
    expect(config.data.preprocessing).toEqual(plane);
    expect(config.model).toMatchObject({ likelihood: 'gaussian', decoderSigma: 'learned', sigmoidOutput: false });
    expect(readFileSync(join(at('first'), 'report.html'), 'utf8')).toContain('plane subtracted');
  });

  it('applies the same to new images', async () => {
    await first;
    const loaded = await loadModel(at('first'));
    const { low, high } = loaded.normalisation as { low: number; high: number };
    const normalised = onPlanes.map((v) => Math.min(1, Math.max(0, (v - low) / (high - low))));
    const expected = preprocessValues(normalised, { shape: [side, side] }, { background: 'plane', standardise: 'rms' });
    const { set } = await imagesFor(loaded, { array: files.planes, dataset: 'images' });
    const found = inMemory(set).images;
    for (let k = 0; k < found.length; k += 7) expect(found[k]).toBeCloseTo(expected[k], 4);
    const { classes } = (loaded.model as { classify: (s: typeof set) => { classes: Int32Array } }).classify({
      ...{ images: expected, count, shape: [side, side], channels: 1 },
    });
    expect(classifyImages(loaded, set).map(({ classIndex }) => classIndex)).toEqual(Array.from(classes));
  });

  it('applies it to its own test images after noise was added, not before', async () => {
    await first;
    const loaded = await loadModel(at('first'));
    const rms = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const plain = await testImages(loaded);
    const noisy = await testImages(loaded, {}, (set) => withNoise(inMemory(set), 0.3, 1));
    for (let i = 0; i < noisy.count; i++) expect(rms(gather(noisy, [i]))).toBeCloseTo(1, 2);
    expect(gather(noisy, [0])).not.toEqual(gather(plain, [0]));
    await expect(labelledImages(loaded, at('nowhere'))).rejects.toThrow(/Could not read/);
  });

  it('tells users of exported files what to do', async () => {
    await first;
    const loaded = await loadModel(at('first'));
    const [{ metadata }] = await modelGraphs(loaded);
    expect(JSON.parse(metadata?.preprocessing ?? '')).toEqual(plane);
    expect(metadata?.preprocessing_description).toMatch(
      /^plane subtracted, divided by the RMS of each image; separately for each channel/,
    );
    await exportModel(loaded, { to: 'onnx', out: at('onnx') });
  });

  slow('reads the same from disk batch by batch, and resumes with what was chosen', async () => {
    await first;
    const whole = await loadModel(at('first'));
    await trained('streamed', { source: source(files.planes, { inMemory: 0 }) });
    const streamed = await loadModel(at('streamed'));
    expect(streamed.preprocessing).toEqual(plane);
    expect(streamed.model.params.toData()).toEqual(whole.model.params.toData());
    const said: string[] = [];
    const { stopped } = await resumeRun(at('streamed'), {}, { say: (line) => said.push(line) });
    expect([stopped, said.filter((line) => line.startsWith('Preprocessing'))]).toEqual([false, []]);
  });
});

describe('a run on clean images', () => {
  it('keeps their values and the likelihood for them, and says nothing', async () => {
    const { lines, config } = await trained('clean', { source: source(files.clean) }, AbortSignal.abort());
    expect(lines).toEqual([]);
    expect(config.data).not.toHaveProperty('preprocessing');
    expect(config.model.likelihood).toBe('bernoulli');
  });
});

describe('the option preprocess', () => {
  const settings: [PreprocessSetting, object | undefined][] = [
    ['none', undefined],
    [{ background: 'none', standardise: 'none' }, undefined],
    [{ background: 'polynomial' }, { background: 'polynomial', standardise: 'rms' }],
    [{ background: 'none' }, { background: 'none', standardise: 'std' }],
    [{ standardise: 'none' }, { background: 'plane', standardise: 'none' }],
    [
      { background: 'gaussian', standardise: 'std' },
      { background: 'gaussian', standardise: 'std' },
    ],
  ];
  it.each(settings)('is followed: %j', async (preprocess, expected) => {
    const { config, lines } = await trained('option', { preprocess }, AbortSignal.abort());
    expect(config.data.preprocessing).toEqual(expected);
    expect(lines).toHaveLength(expected ? 1 : 0);
  });

  it('leaves the images alone for a likelihood of values in [0, 1] that was asked for, and says so', async () => {
    const { config, lines } = await trained('unit', { model: { likelihood: 'bernoulli' } }, AbortSignal.abort());
    expect(config.data).not.toHaveProperty('preprocessing');
    expect(lines[0]).toMatch(
      /^Preprocessing: none, because the likelihood "bernoulli" requires values in \[0, 1\]\. With "gaussian" it would be: plane/,
    );
  });

  it('is rejected beside such a likelihood, and for unknown names, before anything is read', async () => {
    const wrong: [object, RegExp][] = [
      [
        { preprocess: { background: 'plane' }, model: { likelihood: 'bernoulli' } },
        /outside \[0, 1\].*"bernoulli".*"gaussian"/,
      ],
      [{ preprocess: { background: 'plan' } }, /background must be one of.*got "plan"\. Did you mean "plane"\?/],
      [{ preprocess: 'automatic' }, /preprocess must be one of "auto", "none"; got "automatic"/],
      [{ preprocess: { backgrounds: 'plane' } }, /"backgrounds"/],
    ];
    for (const [request, message] of wrong) {
      const found = trained('wrong', { ...(request as Partial<TrainRequest>), source: source(at('missing.npz')) });
      await expect(found).rejects.toThrow(message);
      await expect(found).rejects.toBeInstanceOf(OptionError);
    }
  });
});
