/** The original's weights, as its own `save_weights` wrote them, give the original's outputs. */
import fs from 'node:fs';
import path from 'node:path';
import { classifyImages, importRun, loadModel, testImages } from 'pyroved';
import { type ImageSet, ImportError, imageSet, type Model, SSIVAE } from 'pyroved-ts';
import { importPyroved, type PyrovedOptions } from 'pyroved-ts/node';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../parity/helpers.js';
import { temporaryFolder } from '../../pyroved/storage/helpers.js';
import { distance } from '../export/models.js';
import { bytesOf, type Expected, expected, pathOf } from './weights.js';

const flat = (rows: unknown): number[] => (Array.isArray(rows) ? rows.flatMap(flat) : [Number(rows)]);

const cases: Readonly<Record<string, PyrovedOptions>> = {
  ivae: {},
  ivae_rts: { shape: [5, 7], activation: 'leakyRelu' },
  ivae_r_gaussian: { likelihood: 'gaussian', sigmoidOutput: false },
  ivae_signal: {},
  ivae_told: {},
  jivae: {},
  ssivae: {},
  ssreg: { kind: 'ssRegIVAE', factors: ['length', 'width'] },
};

/** encode and decode as the original's test did. */
function answers(model: Model, set: ImageSet, { z, pose, classes, targets }: Expected) {
  const content = flat(z);
  const condition = { ...(classes && { classes }), ...(targets && { targets: flat(targets) }) };
  switch (model.kind) {
    case 'iVAE':
      return { encoding: model.encode(set, condition), images: model.decode(content, { ...condition, ...pose }) };
    case 'jiVAE':
      return { encoding: model.encode(set), images: model.decode(content, { classes: classes!, ...pose }) };
    case 'ssiVAE':
      return { encoding: model.encode(set, classes), images: model.decode(content, { classes: classes!, ...pose }) };
    case 'ssRegIVAE':
      return {
        encoding: model.encode(set, flat(targets)),
        images: model.decode(content, { targets: flat(targets), ...pose }),
      };
  }
}

describe.each(Object.entries(cases))('%s', (name, options) => {
  const wanted = expected[name];
  const { model, notes } = importPyroved(bytesOf(name), options, `${name}.pt`);
  const set = imageSet({ images: Float32Array.from(flat(wanted.x)), shape: wanted.shape });

  it('encodes and decodes as the original', () => {
    const { encoding, images } = answers(model, set, wanted);
    const { content, contentScale, angle, shift, scale } = encoding;
    const [locs, scales] = [wanted.loc, wanted.scale].map((rows) => rows.map((row) => row.slice(wanted.coord)));
    expect(distance(content, flat(locs))).toBeLessThan(1e-5);
    expect(distance(contentScale, flat(scales))).toBeLessThan(1e-5);
    let at = 0;
    if (angle)
      expect(
        distance(
          angle,
          wanted.loc.map((row) => row[0]),
        ),
      ).toBeLessThan(1e-5);
    at += angle ? 1 : 0;
    const axes = wanted.shape.length;
    if (shift)
      expect(
        distance(
          shift,
          wanted.loc.flatMap((row) => row.slice(at, at + axes).map((v) => 0.1 * v)),
        ),
      ).toBeLessThan(1e-5);
    at += shift ? axes : 0;
    if (scale)
      expect(
        distance(
          scale,
          wanted.loc.map((row) => 1 + 0.1 * row[at]),
        ),
      ).toBeLessThan(1e-5);
    at += scale ? 1 : 0;
    expect(at).toBe(wanted.coord);
    expect(distance(images.images, flat(wanted.image))).toBeLessThan(1e-5);
  });

  it('classifies or predicts as the original', () => {
    if (model.kind === 'ssiVAE' || model.kind === 'jiVAE') {
      expect(distance(model.classify(set).probabilities, flat(wanted.probabilities))).toBeLessThan(1e-5);
    } else if (model.kind === 'ssRegIVAE') {
      expect(distance(model.predict(set), flat(wanted.predicted))).toBeLessThan(1e-5);
      expect(model.targets.names).toEqual(['length', 'width']);
    } else {
      expect(wanted.probabilities).toBeUndefined();
    }
  });

  it('says what the weights leave open', () => {
    const said = notes.join('; ');
    expect(said).toContain(
      `activation ${options.activation ?? 'tanh'}; likelihood ${options.likelihood ?? 'bernoulli'}`,
    );
    expect(said.includes('t and s would take as many')).toBe(['ivae_told', 'jivae', 'ssivae'].includes(name));
    expect(said.includes('a ssRegIVAE has the same weights')).toBe(name === 'ssivae');
    expect(said.includes('from the number of inputs')).toBe(options.shape === undefined);
  });
});

it('the weights of a reference figure', () => {
  const { x, cases: figures } = fixture<{ x: number[][]; cases: Record<string, { fwd: { alpha: number[][] } }> }>(
    'pyrovedSsivae',
  );
  const { model } = importPyroved(bytesOf('reference'));
  if (!(model instanceof SSIVAE)) throw new Error('it is no ssiVAE');
  expect(model.options.invariances).toEqual(['r', 't', 's']);
  const { probabilities } = model.classify(imageSet({ images: Float32Array.from(flat(x)), shape: [6, 6] }));
  expect(distance(probabilities, flat(figures.rts.fwd.alpha))).toBeLessThan(1e-5);
});

describe('rejected', () => {
  it.each([
    ['ivae_rts', {}, /^ivae_rts\.pt is for data of 35 values\. Give their shape, e\.g\. 32,48 for images\.$/],
    ['ivae_rts', { shape: [6, 6] }, /is for data of 35 values\. Shape 6 x 6 does not fit\./],
    ['ivae', { kind: 'jiVAE' as const }, /^ivae\.pt holds the weights of iVAE, not of jiVAE\.$/],
    ['ssivae', { invariances: ['r'] as const }, /has 3 latents of the pose, but the invariances "r" take 1\./],
    ['ssivae', { invariances: ['r', 'h'] as const }, /pyroVED's models have no invariance "h", only r, t and s\./],
    [
      'float32',
      {},
      /^float32\.pt holds no weights of a pyroVED model that is known: it lacks "encoder_z\.fc_layers\.0\.weight"\. It holds: weight, bias\.$/,
    ],
  ])('%s %o', (name, options, words) => {
    expect(() => importPyroved(bytesOf(name), options, `${name}.pt`)).toThrow(ImportError);
    expect(() => importPyroved(bytesOf(name), options, `${name}.pt`)).toThrow(words);
  });

  it('an option that does not exist', () => {
    expect(() => importPyroved(bytesOf('ivae'), { invariance: ['r'] } as PyrovedOptions)).toThrow(
      /Did you mean "invariances"/,
    );
    expect(() => importPyroved(bytesOf('ivae'), { kind: 'iVAEE' as 'iVAE' })).toThrow(/Did you mean "iVAE"/);
  });
});

describe('as a run', () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'run');

  it('can be loaded and used like one that was trained here', async () => {
    const { notes } = importRun(pathOf('ssivae'), out, {
      classNames: ['a', 'b', 'c'],
      normalisation: { low: 0, high: 255 },
    });
    expect(notes).toHaveLength(5);
    const trained = await loadModel(out);
    expect(trained.normalisation).toEqual({ low: 0, high: 255 });
    const set = imageSet({ images: Float32Array.from(flat(expected.ssivae.x)), shape: [6, 6] });
    const found = classifyImages(trained, set);
    const { probabilities = [] } = expected.ssivae;
    expect(found.map(({ classIndex }) => classIndex)).toEqual(
      probabilities.map((row) => row.indexOf(Math.max(...row))),
    );
    await expect(testImages(trained)).rejects.toThrow(/was imported from .*ssivae\.pt, so its run has no images/);
    await expect(testImages(trained, { angle: 3 })).rejects.toThrow(/can only be changed for generated images/);
  });

  it('is not made over another one, with the wrong names, or from a file that is not there', () => {
    expect(() => importRun(pathOf('ssivae'), out)).toThrow(/already contains a run/);
    const other = path.join(folder, 'other');
    expect(() => importRun(pathOf('ssivae'), other, { classNames: ['a'] })).toThrow(
      'The model has 3 classes, but 1 names were given.',
    );
    expect(() => importRun(path.join(folder, 'no.pt'), other)).toThrow(
      /Could not read .*no\.pt: there is no such file/,
    );
    expect(fs.existsSync(other)).toBe(false);
    fs.rmSync(folder, { recursive: true });
  });
});
