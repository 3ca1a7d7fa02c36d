/** What a model with recognition answers, whatever it is invariant to: every query runs, gives the shapes of the model without it, and keeps its conventions. */
import * as tf from '@tensorflow/tfjs';
import { unzipSync } from 'fflate';
import { RandomStream, seed, trace } from 'pyro-ts';
import { decodeNpy } from 'pyroved-data';
import {
  type Invariance,
  imageSet,
  type KnownPose,
  KnownPoseTrainer,
  latentPoint,
  latentsNpz,
  modelGraphs,
  RecognitionSSIVAE,
  type SemiSupervisedOptions,
  undoPose,
} from 'pyroved-ts';
import { describe, expect, it, test } from 'vitest';

const widths = { hiddenEncoder: [6], hiddenDecoder: [6], latentDim: 2 };
const body = { body: 'dense', features: 6 } as const;
const cases: [string, Pick<SemiSupervisedOptions, 'shape' | 'channels' | 'invariances' | 'recognition'>][] = [
  ['rotation and translation', { shape: [7, 7], invariances: ['r', 't'], recognition: body }],
  ['rotation alone', { shape: [7, 7], invariances: ['r'], recognition: body }],
  ['translation alone', { shape: [7, 9], invariances: ['t'], recognition: body }],
  ['everything, two channels', { shape: [7, 7], channels: 2, invariances: ['r', 't', 's'], recognition: body }],
  ['a convolutional body', { shape: [9, 8], invariances: ['r', 't'], recognition: { features: 6, views: 3 } }],
  ['signals', { shape: [16], invariances: ['t'], recognition: {} }],
];

describe.each(cases)('%s', (_name, { invariances = [], ...options }) => {
  const model = new RecognitionSSIVAE({ ...options, invariances, ...widths, numClasses: 3 });
  const { shape, channels = 1 } = options;
  const dims = shape.length;
  const [count, size] = [6, channels * shape.reduce((a, b) => a * b)];
  const stream = new RandomStream('queries');
  const labels = Int32Array.from({ length: count }, (_image, i) => i % 3);
  const values = Float32Array.from({ length: count * size }, () => stream.next());
  const set = imageSet({ images: values, labels, shape: [...shape], channels });
  const has = (kind: Invariance) => invariances.includes(kind);

  it('trains, on labelled images at drawn poses', async () => {
    const data = { unlabelled: set, labelled: set, test: set };
    const options = { epochs: 1, batchSize: 3, recognitionSteps: 2, recognitionBatch: 4, posedBatch: 3 };
    const { history } = await new KnownPoseTrainer(model, data, options).train();
    expect(Number.isFinite(history[0].loss)).toBe(true);
    expect(history[0].evaluation?.accuracy).toBeGreaterThanOrEqual(0);
  });

  it('classifies and encodes', () => {
    const { probabilities, classes } = model.classify(set);
    for (let i = 0; i < count; i++)
      expect(probabilities.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    const found = model.encode(set);
    expect(found.classes).toEqual(classes);
    expect([found.content.length, found.contentScale.length]).toEqual([2 * count, 2 * count]);
    expect([found.angle?.length, found.shift?.length, found.scale?.length]).toEqual([
      has('r') ? count : undefined,
      has('t') ? dims * count : undefined,
      has('s') ? count : undefined,
    ]);
    expect(found.angle?.every((a) => Math.abs(a) <= Math.PI + 1e-6) ?? true).toBe(true);
    expect(model.encode(set, labels).classes).toEqual(labels);
    if (has('r')) expect(model.classAngles(set).every(Number.isFinite)).toBe(true);
    else expect(() => model.classAngles(set)).toThrow('requires a model that is invariant to rotation');
  });

  it('decodes, reconstructs and draws', () => {
    const images = (n: number) => ({ images: expect.objectContaining({ length: n * size }), count: n });
    expect(model.decode([0, 0, 1, 1], { classes: [0, 2] })).toMatchObject(images(2));
    expect(model.reconstruct(set)).toMatchObject(images(count));
    expect(model.manifold({ size: 2, classes: 1 }).images).toMatchObject(images(4));
    expect(model.traverse({ size: 2 }).images).toMatchObject(images(2 * 2 * 3));
    const found = model.encode(set);
    const way = model.interpolate(latentPoint(found, 0), latentPoint(found, 1), { steps: 3 });
    expect(way).toMatchObject(images(3));
    // The ends are the reconstructions.
    const [first] = [model.reconstruct(set).images.subarray(0, size)];
    way.images.subarray(0, size).forEach((v, p) => void expect(v).toBeCloseTo(first[p], 4));
  });

  it('moves images upright by what it encodes', () => {
    const { angle, shift, scale } = model.encode(set);
    const pose = {
      ...(angle && { angle: angle[0] }),
      ...(shift && { shift: Array.from(shift.subarray(0, dims)) }),
      ...(scale && { scale: [scale[0], scale[0]] }),
    };
    const expected = undoPose(values.subarray(0, size / channels), [...shape], pose);
    const { images } = model.straighten(set);
    expected.forEach((v, p) => void expect(images[p]).toBeCloseTo(v, 5));
  });

  it('bounds the likelihood, is written as arrays, and is exported', async () => {
    expect(model.logLikelihood(set, { particles: 2 }).every(Number.isFinite)).toBe(true);
    const arrays = unzipSync(latentsNpz({ model, classNames: ['a', 'b', 'c'] }, set));
    expect(decodeNpy(arrays['probabilities.npy']).shape).toEqual([count, 3]);
    // Graphs cannot put images upright, so there is no encoder among them.
    const graphs = await modelGraphs({ model, classNames: ['a', 'b', 'c'] });
    expect(graphs.map(({ name }) => name)).toEqual(['classifier', 'decoder']);
  });
});

test('where an object is in a view does not depend on its size: a known shift is taken apart from the known scale', () => {
  const [angle, shift, scale] = [
    [0.4, -2],
    [0.1, -0.2, 0.15, 0.05],
    [0.8, 1.25],
  ];
  const centreOf = (invariances: Invariance[], pose: KnownPose): number[] => {
    const model = new RecognitionSSIVAE({ shape: [7, 7], invariances, ...widths, numClasses: 2, recognition: body });
    const y = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    const program = () => model.recognitionModel(tf.zeros([2, 49]), y, pose);
    const { value } = model.params.run(() => trace(seed(program, 0)).getTrace()).get('centre');
    const centre = Array.from(value.dataSync());
    model.dispose();
    return centre;
  };
  const plain = centreOf(['r', 't'], { angle: tf.tensor1d(angle), shift: tf.tensor2d(shift, [2, 2]) });
  const sized = centreOf(['r', 't', 's'], {
    angle: tf.tensor1d(angle),
    // A pose scales, then shifts: the shift that leaves the object where it is grows with the scale.
    shift: tf.tensor2d(
      shift.map((t, i) => t * scale[i >> 1]),
      [2, 2],
    ),
    scale: tf.tensor2d(scale, [2, 1]),
  });
  plain.forEach((v, i) => void expect(sized[i]).toBeCloseTo(v, 5));
});
