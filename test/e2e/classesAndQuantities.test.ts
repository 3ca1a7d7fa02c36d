/** Classes that are found and quantities that are predicted, from files to pictures by the command line. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { RunFolder } from 'pyroved';
import { decodeNpy, nanorods } from 'pyroved-data';
import { encodeNpy, subset } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { processTest } from '../slow.js';
import { pyroved, start, succeed } from './helpers.js';

const root = mkdtempSync(join(tmpdir(), 'further-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { images } = nanorods({ size: 16, train: 40, test: 1 }).train;
const lengths = images.factors?.length as Float32Array;
writeFileSync(at('rods.npy'), encodeNpy(images.images, [40, 16, 16]));
writeFileSync(at('lengths.csv'), `n,length\n${Array.from(lengths, (v, i) => `${i},${i < 20 ? v : ''}`).join('\n')}\n`);
const quick = ['--epochs', '1', '--hidden', '8', '--invariances', 'r', '--latent-dim', '1'];

describe('a convolutional decoder', () => {
  const conv = ['--invariances', 'none', '--decoder', 'conv', '--encoder', 'conv', '--blocks', '4 6', '--batch-norm'];
  const cards = [
    ...['train', 'cards', '--size', '12', '--labelled-per-class', '4', '--unlabelled-per-class', '12'],
    ...['--validation-per-class', '3', '--batch-size', '12', '--epochs', '3', ...conv, '--upsampling', 'nearest'],
  ];

  processTest('is trained, resumed, used and exported like any other', async () => {
    const { stderr } = await succeed([...cards, '--out', 'conv'], root);
    expect(stderr).toMatch(/Accuracy on 12 images/);
    const run = RunFolder.open(at('conv'));
    const shared = { kind: 'conv', batchNorm: true };
    expect(run.config.model).toMatchObject({
      invariances: [],
      encoder: { ...shared, blocks: [[4], [6]] },
      decoder: { ...shared, blocks: [[6], [4]], upsampling: 'nearest' },
    });
    expect(readFileSync(at('conv/report.html'), 'utf8')).toContain('manifold');

    const stopped = start([...cards, '--out', 'conv-part'], root);
    await stopped.until(' each: about');
    stopped.child.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);
    await succeed(['train', '--resume', 'conv-part'], root);
    const parameters = (name: string) => [...RunFolder.open(at(name)).loadCheckpoint().checkpoint.tensors];
    expect(parameters('conv-part')).toEqual(parameters('conv'));

    const classes = await succeed(['classify', 'conv', '--array', 'rods.npy'], root);
    expect(classes.stdout.trim().split('\n')).toHaveLength(41);
    const drawn = await succeed(['manifold', 'conv', '--grid', '2', '--out', 'conv-drawn'], root);
    expect(drawn.stdout.trim().split('\n')).toHaveLength(4);
    // Each network is compared with the model before it is written.
    const written = await succeed(['export', 'conv', '--to', 'onnx', '--out', 'conv-onnx'], root);
    expect(written.stdout).toContain('decoder.onnx');
  });

  it.each<[string[], string]>([
    [['cards', '--decoder', 'conv'], 'use --invariances none with --decoder conv'],
    [['cards', '--decoder', 'conv', '--invariances', 'r'], 'use --invariances none with --decoder conv'],
    [['cards', '--invariances', 'none', '--upsampling', 'linear'], '--upsampling requires a convolutional decoder'],
    [['cards', '--invariances', 'none', '--batch-norm'], 'or --decoder conv.'],
  ])('%j is rejected', async (args, words) => {
    const { code, stderr } = await pyroved(['train', ...args, '--out', 'never'], root);
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  });
});

describe('a quantity', () => {
  it('is predicted from a table of known ones, and the run goes on from its configuration', async () => {
    const train = ['train', '--array', 'rods.npy', '--factors', 'lengths.csv', '--targets', 'length', '--out', 'reg'];
    const { stderr } = await succeed([...train, ...quick], root);
    expect(stderr).toMatch(/20 unlabelled, 16 labelled, 4 validation/);
    expect(stderr).toMatch(/length on 4 images that training did not see: R2 -?\d/);
    const summary = JSON.parse(readFileSync(at('reg/summary.json'), 'utf8'));
    expect(summary).toMatchObject({ model: 'ssRegIVAE', testImages: 4, targets: [{ name: 'length' }] });
    expect(readFileSync(at('reg/report.html'), 'utf8')).toContain('Predicted length');

    const { stdout } = await succeed(['evaluate', 'reg', '--json', 'e.json'], root);
    expect(stdout).toMatch(/^length: R2 -?\d\.\d+, mean squared error /);
    const { targets } = JSON.parse(readFileSync(at('e.json'), 'utf8'));
    expect(targets[0].meanSquaredError).toBeCloseTo(summary.targets[0].meanSquaredError, 5);

    const classes = await pyroved(['evaluate', 'reg', '--labelled', 'anything'], root);
    expect([classes.code, classes.stderr]).toEqual([1, expect.stringContaining('(ssRegIVAE) has no classes')]);

    const table = await succeed(['encode', 'reg', '--array', 'rods.npy'], root);
    const [header, first] = table.stdout.split('\n');
    expect(header).toBe('file,length,z1,z1_sd,angle_deg');
    const mean = lengths.subarray(0, 20).reduce((a, b) => a + b, 0) / 20;
    expect(Math.abs(Number(first.split(',')[1]) - mean)).toBeLessThan(3 * mean);

    expect(targets[0].meanAbsoluteError).toBeLessThanOrEqual(Math.sqrt(targets[0].meanSquaredError));

    const drawn = await succeed(['traverse', 'reg', '--steps', '4', '--out', 't.png'], root);
    expect(drawn.stdout.trim()).toBe('t.png');
    // Three rows (low, middle and high) of four images with gaps of 2.
    const picture = decode(readFileSync(at('t.png')));
    expect((picture.width + 2) % 4).toBe(0);
    expect((picture.width + 2) / 4).toBe((picture.height + 2) / 3);
  });

  it('can be a condition of a model instead, but only where it is known', async () => {
    const conditioned = [
      'train',
      '--array',
      'rods.npy',
      '--factors',
      'lengths.csv',
      '--condition',
      'length',
      '--out',
      'conditioned',
    ];
    await succeed([...conditioned, ...quick], root);
    const { model } = JSON.parse(readFileSync(at('conditioned/config.json'), 'utf8'));
    expect(model).toMatchObject({ kind: 'iVAE', condition: [{ name: 'length' }] });
    const rejected = await pyroved(
      ['train', '--array', 'rods.npy', '--condition', 'length', '--out', 'no', ...quick],
      root,
    );
    expect([rejected.code, rejected.stderr]).toEqual([
      1,
      expect.stringContaining('A conditional iVAE requires images with labels or factors.'),
    ]);
  });
});

describe('classes that nobody told', () => {
  it('are found, drawn, interpolated and straightened', async () => {
    const train = [
      'train',
      '--array',
      'rods.npy',
      '--num-classes',
      '2',
      '--kl-weight',
      '2',
      '--discrete-kl-weight',
      'epoch + 1',
    ];
    await succeed([...train, '--out', 'found', ...quick], root);
    const { model, train: settings } = JSON.parse(readFileSync(at('found/config.json'), 'utf8'));
    expect(model).toMatchObject({ kind: 'jiVAE', numClasses: 2 });
    expect(settings.discreteKlWeight).toBe('epoch + 1');
    const { stdout } = await succeed(['classify', 'found', '--array', 'rods.npy'], root);
    expect(stdout.split('\n')[0]).toBe(
      'file,class,probability,unsure,entropy,margin,angle_deg,outlier_score,outlier,p(class 1),p(class 2)',
    );

    const pair = ['interpolate', 'found', '--array', 'rods.npy', '--from', '1', '--to', '5', '--steps', '3'];
    const pictures = await succeed(pair, root);
    expect(pictures.stdout.trim().split('\n')).toEqual(
      ['interpolation.svg', 'interpolation.png'].map((name) => join('found', 'pictures', name)),
    );
    const beyond = await pyroved([...pair.slice(0, 4), '--to', '41'], root);
    expect([beyond.code, beyond.stderr]).toEqual([
      1,
      expect.stringContaining('Image 41 does not exist: there are 40 images.'),
    ]);

    writeFileSync(at('some.npy'), encodeNpy(subset(images, [0, 1, 2]).images, [3, 16, 16]));
    await succeed(['straighten', 'found', '--array', 'some.npy', '--out', 'upright'], root);
    expect(readdirSync(at('upright'))).toHaveLength(3);
    await succeed(['straighten', 'found', '--array', 'some.npy', '--out', 'upright.npy'], root);
    expect(decodeNpy(readFileSync(at('upright.npy'))).shape).toEqual([3, 16, 16]);

    const nameless = await pyroved(['evaluate', 'found'], root);
    expect([nameless.code, nameless.stderr]).toEqual([1, expect.stringContaining('has no validation images')]);
    const unknown = await pyroved(['traverse', 'found', '--class', 'clas 2'], root);
    expect(unknown.stderr).toContain('Did you mean "class 2"?');
  });
});
