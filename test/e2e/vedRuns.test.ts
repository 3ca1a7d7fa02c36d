/** Pairs of arrays from the command line: a VED is trained, stopped, resumed and used; what is skipped or rejected is listed. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { loadPairs, loadVED, predictOutputs, trainPairs } from 'pyroved';
import { inputsFor, predictionNpz } from 'pyroved/internal';
import { decodeNpy, loadArray, nanorods } from 'pyroved-data';
import { encodeNpy, encodeNpz, type ImageSet, inMemory } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pyroved, remove, start, succeed, temporaryFolder, write } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const { train: rods } = nanorods({ size: 16, length: 24, train: 60, test: 1 });
/** Counts of a detector, with an offset. */
const counts = rods.spectra.images.map((v) => 200 + 5000 * v);
const spoilt = Float32Array.from(rods.images.images);
const blocks = ['--blocks', '4 6', '--batch-size', '12'];

beforeAll(() => {
  // Item 3 has no image, item 5 no spectrum.
  spoilt[3 * 256 + 7] = Number.NaN;
  const gaps = Float32Array.from(counts);
  gaps[5 * 24] = Number.POSITIVE_INFINITY;
  write(at('images.npy'), encodeNpy(spoilt, [60, 16, 16]));
  write(
    at('spectra.npz'),
    encodeNpz({ counts: { data: gaps, shape: [60, 24] }, other: { data: gaps, shape: [60, 24] } }),
  );
  write(at('short.npy'), encodeNpy(counts.slice(0, 240), [10, 24]));
  write(at('even.npy'), encodeNpy(new Float32Array(1440).fill(3), [60, 24]));
});
afterAll(() => remove(root));

const arrays = ['--array', 'images.npy', '--outputs', 'spectra.npz', '--outputs-dataset', 'counts'];

describe('pairs from arrays', () => {
  const source = {
    kind: 'pairs',
    inputs: at('images.npy'),
    outputs: at('spectra.npz'),
    outputsDataset: 'counts',
  } as const;

  it('go together item by item where some of either are skipped, and keep the peaks of the outputs', async () => {
    const { train, test, problems, normalisation } = await loadPairs({ ...source, validationFraction: 0.25, seed: 4 });
    expect(problems.map(({ file }) => file)).toEqual([`${at('images.npy')}[3]`, `${at('spectra.npz')}[5]`]);
    expect([train.inputs.count, test?.inputs.count]).toEqual([43, 15]);
    const { low, high } = normalisation?.outputs ?? { low: 0, high: 0 };
    const usable = [...Array(60).keys()].filter((i) => i !== 3 && i !== 5);
    const seen: number[] = [];
    for (const { inputs, outputs } of [train, test as typeof train]) {
      const [images, spectra] = [inMemory(inputs), inMemory(outputs)];
      for (let k = 0; k < images.count; k++) {
        const item = usable.find((i) => near(spectrumOf(spectra, k), counts, i, low, high)) as number;
        seen.push(item);
        expect(
          correlation(images.images.subarray(k * 256, (k + 1) * 256), spoilt.subarray(item * 256, (item + 1) * 256)),
        ).toBeGreaterThan(0.99);
      }
    }
    expect(seen.sort((a, b) => a - b)).toEqual(usable);
    expect(high).toBe(Math.max(...usable.flatMap((i) => Array.from(counts.subarray(i * 24, (i + 1) * 24)))));
  });

  it('predictions come in the units of the outputs, with the place of each input', async () => {
    const folder = at('direct');
    const model = { hiddenEncoder: [[4], [6]], hiddenDecoder: [[6], [4]] };
    const { summary } = await trainPairs({ folder, source, model, train: { epochs: 6, batchSize: 10, lr: 1e-2 } });
    const trained = loadVED(folder);
    const { set, places } = await inputsFor(trained, at('images.npy'));
    const { mean, deviation } = predictOutputs(trained, set);
    expect(places).toEqual([...Array(60).keys()].filter((i) => i !== 3));
    const average = counts.reduce((a, b) => a + b, 0) / counts.length;
    expect(mean.images.reduce((a, b) => a + b, 0) / mean.images.length / average).toBeCloseTo(1, 0);
    expect(Math.min(...mean.images)).toBeGreaterThanOrEqual(200);
    expect(Math.max(...deviation.images)).toBeLessThan(5000);
    const file = at('out.npz');
    write(file, predictionNpz(trained, set, { places }));
    const { set: stored } = await loadArray(file, { dataset: 'mean', normalisation: { low: 0, high: 10_000 } });
    expect(stored.images[30]).toBeCloseTo(mean.images[30] / 10_000, 4);
    expect(summary?.testPairs).toBe(12);
    trained.model.dispose();
  });
});

describe('the command line', () => {
  it('trains, stops at Ctrl-C, goes on to the same numbers, and predicts', async () => {
    const options = [...arrays, ...blocks, '--epochs', '8', '--seed', '3'];
    const { stderr } = await succeed(['train', ...options, '--out', 'whole'], root);
    expect(stderr).toContain('Pairs: 46 training, 12 validation; images of 16 x 16 to signals of 24.');
    expect(stderr).toMatch(/Inputs: \[\S+, \S+\] scaled to \[0, 1\]; outputs: \[\S+, \S+\] scaled to \[0, 1\]/);
    expect(stderr).toMatch(/2 skipped:\n.*images\.npy\[3\]: 1 value\(s\) are NaN/);
    expect(stderr).toMatch(/On 12 pairs that training did not see: R² /);
    const stopped = start(['train', ...options, '--out', 'part'], root);
    await stopped.until(' each: about');
    stopped.child.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);
    await succeed(['train', '--resume', 'part'], root);
    const losses = (run: string) =>
      JSON.parse(readFileSync(at(run, 'summary.json'), 'utf8')) as { loss: number; r2: number };
    expect(losses('part').loss).toBe(losses('whole').loss);
    expect(losses('part').r2).toBe(losses('whole').r2);
    const report = readFileSync(at('whole', 'report.html'), 'utf8');
    expect(report).toContain('>R²<');
    // A default that nobody gave.
    expect(report).toContain('latent dim');
    await succeed(['predict', 'whole', '--array', 'images.npy', '--out', 'predicted.npz', '--samples', '5'], root);
    const { set } = await loadArray(at('predicted.npz'), { dataset: 'mean' });
    expect([set.count, set.shape]).toEqual([59, [24]]);
    await expectEncoded();
    await expectDrawn();
  });

  /** The table, and the arrays, of what the model says of the inputs. */
  async function expectEncoded(): Promise<void> {
    const trained = loadVED(at('whole'));
    const { set } = await inputsFor(trained, at('images.npy'));
    const { content, contentScale } = trained.model.encode(set);
    trained.model.dispose();
    const { stdout } = await succeed(['encode', 'whole', '--array', 'images.npy'], root);
    const [header, ...rows] = stdout.trim().split('\n');
    expect(header).toBe('file,z1,z1_sd,z2,z2_sd');
    const numbers = rows.map((row) => row.split(',').slice(1).map(Number));
    const wanted = Array.from({ length: 59 }, (_, i) =>
      [2 * i, 2 * i + 1].flatMap((k) => [content[k], contentScale[k]].map((v) => Number(v.toFixed(5)))),
    );
    expect(numbers).toEqual(wanted);
    await succeed(['encode', 'whole', '--array', 'images.npy', '--out', 'latents.npz'], root);
    const arrays = unzipSync(readFileSync(at('latents.npz')));
    expect(decodeNpy(arrays['content.npy'])).toMatchObject({ shape: [59, 2], data: content });
    expect(decodeNpy(arrays['content_scale.npy']).data).toEqual(contentScale);
  }

  /** What the latents change in the outputs: signals of 24 points, so that pictures are SVG. */
  async function expectDrawn(): Promise<void> {
    const grid = await succeed(['manifold', 'whole', '--grid', '3', '--out', 'drawn'], root);
    expect(grid.stdout.trim()).toBe(join('drawn', 'manifold.svg'));
    const lines = (file: string) => readFileSync(at(file), 'utf8').match(/<(path|polyline)/g)?.length ?? 0;
    expect(lines('drawn/manifold.svg')).toBeGreaterThanOrEqual(9);
    const one = ['traverse', 'whole', '--latents', '2', '--steps', '4', '--out'];
    await succeed([...one, 'rows.svg'], root);
    expect(lines('rows.svg')).toBeGreaterThanOrEqual(4);
    const png = await pyroved([...one, 'rows.png'], root);
    expect([png.code, png.stderr]).toEqual([1, expect.stringContaining('Signals can only be drawn as SVG')]);
  }

  it.each<[string[], string]>([
    [['train', '--array', 'images.npy', '--outputs', 'short.npy'], 'has 60 items and "short.npy" has 10'],
    [['train', '--array', 'images.npy', '--outputs', 'even.npy'], 'are all equal'],
    [['train', '--array', 'images.npy', '--outputs', 'spectra.npz'], 'holds several arrays; name one as dataset'],
    [['train', '--outputs', 'spectra.npz'], '--outputs requires --array'],
    [['train', 'cards', '--reverse'], '--reverse requires --outputs or "rods"'],
    [['train', 'rods', '--angle', '30 deg'], '--angle is not supported for runs on pairs'],
    [['train', 'rods', '--validation-fraction', '0.5'], 'Omit --validation-fraction: "rods" are generated'],
    [['train', 'rods', '--blocks', '32;64'], 'channels of each block'],
    [['train', 'rods', '--model', 'jivae'], '--model jiVAE cannot be trained on pairs'],
    [['train', 'cards', '--model', 'ved'], '--model VED requires pairs'],
    [['train', 'cards', '--batch-norm'], '--batch-norm requires a convolutional network'],
    [['classify', 'whole', '--array', 'images.npy'], 'Use pyroved predict'],
    [['interpolate', 'whole', '--array', 'images.npy'], 'has neither classes nor poses'],
    [['straighten', 'whole', '--array', 'images.npy', '--out', 'x'], 'has neither classes nor poses'],
    [['encode', 'whole', '--images', '.'], 'was trained on pairs, whose inputs are the items of an array'],
    [['encode', 'whole', '--array', 'short.npy'], 'The inputs have shape [24]'],
    [['manifold', 'whole', '--angle', '30'], '(VED) has no angle'],
    [['traverse', 'whole', '--angle', '30'], '(VED) has no angle'],
    [['manifold', 'whole', '--class', 'rods'], 'The model has no class "rods". It has no classes.'],
    [['train', 'rods', '--decoder', 'conv'], '--decoder is not supported for runs on pairs. Omit it.'],
    [['predict', 'whole', '--array', 'short.npy', '--out', 'x.npz'], 'The inputs have shape [24]'],
  ])('%j is rejected', async (args, words) => {
    const { code, stderr } = await pyroved(args, root);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('rods from spectrum to image, with batch normalisation', async () => {
    const options = [
      '--size',
      '16',
      '--reverse',
      '--batch-norm',
      '--blocks',
      '4',
      '--epochs',
      '1',
      '--batch-size',
      '500',
    ];
    const { stderr } = await succeed(['train', 'rods', ...options], root);
    expect(stderr).toContain('signals of 64 to images of 16 x 16');
    rmSync(at('runs'), { recursive: true });
  });
});

const spectrumOf = ({ images }: ImageSet, k: number): Float32Array => images.subarray(k * 24, (k + 1) * 24);

const near = (scaled: Float32Array, all: Float32Array, i: number, low: number, high: number): boolean =>
  scaled.every((v, p) => Math.abs(low + (high - low) * v - all[i * 24 + p]) < 1);

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (x: Float32Array, mx: number, y: Float32Array, my: number) =>
    x.reduce((sum, v, i) => sum + (v - mx) * (y[i] - my), 0);
  return dot(a, ma, b, mb) / Math.sqrt(dot(a, ma, a, ma) * dot(b, mb, b, mb));
}
