/** The template model: its cost against the program's density, what it draws, and what it finds in images. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { OptionError, RandomStream, seed, trace } from 'pyro-ts';
import {
  type AnglePrior,
  drawPoses,
  imageSet,
  posedImages,
  RecognitionSSIVAE,
  type SemiSupervisedOptions,
  ssrVAE,
  TemplateSSIVAE,
} from 'pyroved-ts';
import { afterAll, describe, expect, it, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { bar, draw, ell } from '../shapes.js';

const SIDE = 20;
const kernel = await selectKernel({ threads: 1 });
afterAll(() => kernel.dispose());
const options: SemiSupervisedOptions = {
  shape: [SIDE, SIDE],
  numClasses: 2,
  invariances: ['r', 't'],
  latentDim: 2,
  decoder: 'template',
  kernel,
  recognition: { body: 'dense', features: 4, views: 8, ranges: { angle: Math.PI, shift: 0.2 } },
};
const upright = Float32Array.of(...draw(ell, SIDE, 0), ...draw(bar, SIDE, 0));
function modelOf(more: Partial<SemiSupervisedOptions> = {}): TemplateSSIVAE {
  const model = new TemplateSSIVAE({ ...options, ...more });
  model.setPictures(upright);
  return model;
}

/** Images of both classes at angles around 0. */
const narrow = (count: number) => posed(count, 'narrow', 0.5);

/** Images of both classes at drawn poses. */
function posed(count: number, label: string, angle = Math.PI) {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const poses = drawPoses(count, { angle, shift: 0.15 }, new RandomStream(label));
  const size = SIDE * SIDE;
  const images = Float32Array.from(Array.from(labels).flatMap((y) => [...upright.subarray(y * size, (y + 1) * size)]));
  return { set: imageSet({ images: posedImages(images, [SIDE, SIDE], 1, poses), labels, shape: [SIDE, SIDE] }), poses };
}

test('"template" as decoder makes the model, and is saved as an option', () => {
  const model = ssrVAE(options);
  expect(model).toBeInstanceOf(TemplateSSIVAE);
  expect(ssrVAE({ ...options, latentDim: undefined }).options.latentDim).toBe(4);
  model.dispose();
});

test.each([
  ['uniform', 'uniform'],
  ['normal', { name: 'normal', scale: 0.7 }],
  ['von-mises', { name: 'von-mises', concentration: 2 }],
] as [string, AnglePrior][])(
  'refinement minimises minus the log density of the program: %s prior',
  (_name, anglePrior) => {
    const model = modelOf({ anglePrior, shiftPrior: 0.13, decoderSigma: 0.4, templates: { bending: 7, grid: 5 } });
    const rng = new RandomStream('rows');
    const count = 5;
    const x = rng.uniform([count, SIDE * SIDE]) as tf.Tensor2D;
    const picture = Int32Array.of(0, 1, 1, 0, 1);
    const poses = drawPoses(count, { angle: 3, shift: 0.3 }, rng);
    const content = rng.normal([count, 2]);
    const found = model.params.run(() =>
      seed.with(0, () =>
        trace(model.completeModel).getTrace({
          ...{ x, content, weight: tf.ones([count]) },
          y: tf.oneHot(tf.tensor1d(picture, 'int32'), 2).cast('float32'),
          pose: { angle: tf.tensor1d(poses.angle), shift: tf.tensor2d(poses.shift, [count, 2]) },
        }),
      ),
    );
    const perImage = found.sampleSites
      .filter(({ name }) => name !== 'y')
      .map((site) => site.logProb)
      .reduce((a, b) => tf.add(a, b));
    const costs = model.costsOf(x, picture, {
      angle: poses.angle,
      shift: poses.shift,
      content: content.dataSync<'float32'>(),
    });
    // A displacement is a shift times (n - 1) / n.
    const perDisplacement = 2 * Math.log(SIDE / (SIDE - 1));
    expectClose(costs, tf.sub(tf.neg(perImage), perDisplacement), 1e-5, 1e-3);
    model.dispose();
  },
);

describe('several pictures of a class', () => {
  const size = SIDE * SIDE;
  const [first, second] = [upright.subarray(0, size), upright.subarray(size)];
  /** Class 0 is an ell or a bar, class 1 the negative of either. */
  const several = (): TemplateSSIVAE => {
    const model = new TemplateSSIVAE({ ...options, templatesPerClass: 2 });
    model.setPictures(Float32Array.of(...first, ...second, ...first.map((v) => 1 - v), ...second.map((v) => 1 - v)));
    return model;
  };

  it('each explain the images that show them; the evidence of the class is the mean over them', () => {
    const [single, model] = [modelOf(), several()];
    const { set } = posed(6, 'several');
    const [one, found] = [single, model].map((m) => m.explainImages(set));
    const labels = set.labels as Int32Array;
    labels.forEach((shape, i) => {
      expect(found.template[2 * i]).toBe(shape);
      expect(found.evidence[2 * i]).toBeGreaterThan(found.evidence[2 * i + 1] + 5);
      // The pictures of the single model's classes are those of class 0 here, and the prior of a class is 1/2 in both.
      const [a, b] = [one.evidence[2 * i], one.evidence[2 * i + 1]];
      expect(found.evidence[2 * i]).toBeCloseTo(
        Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))) - Math.log(2),
        3,
      );
    });
    for (const m of [single, model]) m.dispose();
  });

  it('are drawn by their number, and in reconstructions as they were found', () => {
    const model = several();
    const { set } = posed(4, 'drawn');
    model.gate = { weight: 1, temperature: 1 };
    const upright = model.decode(new Float32Array(4), { classes: 0, templates: Int32Array.of(0, 1) });
    expectClose(upright.images, [...first, ...second], 1e-5, 1e-5);
    expectClose(model.decode(new Float32Array(2), { classes: 0 }).images, [...first], 1e-5, 1e-5);
    const shown = model.reconstruct(set).images;
    const error = shown.reduce((sum, v, i) => sum + (v - set.images[i]) ** 2, 0) / shown.length;
    expect(error).toBeLessThan(2e-3);
    model.dispose();
  });

  it('are ordered by how many images they explain', () => {
    const model = several();
    const bars = posed(7, 'ordered').set;
    const indices = [1, 3, 5, 0];
    const some = imageSet({
      images: Float32Array.from(indices.flatMap((i) => [...bars.images.subarray(i * size, (i + 1) * size)])),
      shape: [SIDE, SIDE],
    });
    model.gate = { weight: 1, temperature: 1 };
    model.orderPictures(some);
    const pictures = model.params.get('decoder.pictures').dataSync();
    expect(Array.from(pictures.slice(0, size))).toEqual(Array.from(second));
    expect(Array.from(pictures.slice(size, 2 * size))).toEqual(Array.from(first));
    model.dispose();
  });

  it('are a site of the program, as likely as each other', () => {
    const model = several();
    const count = 3;
    const found = (template: number[]) =>
      model.params.run(() =>
        seed.with(0, () =>
          trace(model.completeModel).getTrace({
            ...{ x: tf.zeros([count, size]), content: tf.zeros([count, 2]), weight: tf.ones([count]) },
            y: tf.oneHot(tf.tensor1d([0, 1, 0], 'int32'), 2).cast('float32'),
            template: tf.oneHot(tf.tensor1d(template, 'int32'), 2).cast('float32'),
            pose: { angle: tf.zeros([count]), shift: tf.zeros([count, 2]) as tf.Tensor2D },
          }),
        ),
      );
    const [a, b] = [
      [0, 0, 1],
      [1, 0, 0],
    ].map((template) => found(template));
    const logProb = (t: typeof a, site: string) => Array.from(t.get(site)?.logProb?.dataSync() ?? []);
    expectClose(logProb(a, 'template'), new Array(count).fill(-Math.log(2)), 1e-6);
    // Of an empty image, -log p(x) is the energy of the picture; rows 0 and 2 have changed theirs.
    const [own, other] = [logProb(a, 'x'), logProb(b, 'x')];
    expect(own[1]).toBeCloseTo(other[1], 3);
    expect(own[0] - other[0]).toBeCloseTo(other[2] - own[2], 2);
    expect(Math.abs(own[0] - other[0])).toBeGreaterThan(1);
    model.dispose();
  });
});

test('decodes what the picture looks like at a pose', () => {
  const model = modelOf();
  const { set, poses } = posed(6, 'decoded');
  const decoded = model.decode(new Float32Array(12), {
    ...{ classes: set.labels as Int32Array, angle: poses.angle, shift: poses.shift },
  });
  const worst = decoded.images.reduce((most, v, i) => Math.max(most, Math.abs(v - set.images[i])), 0);
  expect(worst).toBeLessThan(0.03);
  model.dispose();
});

test('finds class, angle and shift of images from pictures alone, whatever recognition proposes', () => {
  const model = modelOf();
  const { set, poses } = posed(6, 'found');
  const found = model.explainImages(set);
  const { evidence, spread, theta } = found;
  const labels = set.labels as Int32Array;
  const classes = Array.from(labels, (_, i) => (evidence[2 * i + 1] > evidence[2 * i] ? 1 : 0));
  expect(classes).toEqual(Array.from(labels));
  expect(
    Array.from(model.probabilitiesOf(found, 'evidence')).every((p, i) => p > 0.99 === (i % 2 === labels[i >> 1])),
  ).toBe(true);
  expect(spread.every((v) => v > 0 && v <= 1.01)).toBe(true);
  expect(theta.every(Number.isFinite)).toBe(true);
  const { angle = [], shift = [] } = model.encode(set);
  // A bar looks the same after half a turn.
  const errors = Array.from(angle, (a, i) => {
    const d = a - poses.angle[i];
    return Math.abs(Math.sin(labels[i] === 1 ? d : d / 2)) * (labels[i] === 1 ? 1 : 2);
  });
  expect(Math.max(...errors)).toBeLessThan(0.05);
  const displaced = Array.from(shift, (s, i) => Math.abs(s) - Math.abs(poses.shift[i]));
  expect(displaced.reduce((a, b) => a + Math.abs(b), 0) / displaced.length).toBeLessThan(0.02);
  model.dispose();
});

it('angle priors are compared by the evidence of images whose angles follow one of them', () => {
  const model = modelOf();
  const { set, poses } = narrow(24);
  const priors: AnglePrior[] = [
    'uniform',
    'projected-normal',
    { name: 'normal', scale: 0.3 },
    { name: 'von-mises', concentration: 12 },
  ];
  const [uniform, projected, normal, vonMises] = model.compareAnglePriors(set, priors);
  // The angles are known to a few degrees, so that the evidence differs by the log ratio of the densities there.
  const density = (angle: number): number => -0.5 * (angle / 0.3) ** 2 - Math.log(0.3 * Math.sqrt(2 * Math.PI));
  const expected = poses.angle.reduce((sum, angle) => sum + density(angle) + Math.log(2 * Math.PI), 0) / 24;
  expect(normal.difference).toBeGreaterThan(0.8);
  expect(Math.abs(normal.difference - expected)).toBeLessThan(0.15);
  expect(vonMises.difference).toBeGreaterThan(0.8);
  expect(Math.abs(projected.difference)).toBeLessThan(1e-9);
  expect([uniform.difference, uniform.standardError]).toEqual([0, 0]);
  expect(Math.max(...normal.angleScale)).toBeLessThan(0.2);
  poses.angle.forEach((angle, i) => {
    expect(Math.abs(normal.angle[i] - angle)).toBeLessThan(0.15);
  });
  expect(() => model.compareAnglePriors(set, ['flat' as 'uniform'])).toThrow(OptionError);
  model.dispose();
});

describe('answers', () => {
  const explained = {
    ...{ count: 2, theta: new Float64Array(0), spread: new Float64Array(0), template: new Int32Array(4) },
    evidence: Float64Array.of(-10, -14, -3, -2),
    recognised: Float32Array.from([0.2, 0.8, 0.5, 0.5], Math.log),
  };

  it('are by evidence at its temperature, by the classifier, or by both where the gate lets the evidence count', () => {
    const model = modelOf();
    model.gate = { weight: 0.5, temperature: 2 };
    const ratios = (answer?: 'evidence' | 'classifier') => {
      const p = model.probabilitiesOf(explained, answer);
      return [p[0] / p[1], p[2] / p[3]];
    };
    expectClose(ratios('evidence'), [Math.exp(2), Math.exp(-0.5)], 1e-4);
    expectClose(ratios('classifier'), [0.25, 1], 1e-4);
    const softened = (0.9 * 0.2 + 0.05) / (0.9 * 0.8 + 0.05);
    expectClose(ratios(), [softened * Math.exp(1), Math.exp(-0.25)], 1e-4);
    model.dispose();
  });

  it('are those of recognition where the evidence counts for nothing', () => {
    const model = modelOf();
    const { set } = posed(4, 'answers');
    model.gate = { weight: 0, temperature: 1 };
    expect(model.classify(set)).toEqual(model.classify(set, { answer: 'classifier' }));
    // The views between the bins count there as well.
    const explained = model.probabilitiesOf(model.explainImages(set), 'classifier');
    expectClose(explained, Array.from(model.classify(set, { answer: 'classifier' }).probabilities), 1e-5);
    model.dispose();
  });
});

test('rejects what templates cannot do, and other models reject templates', () => {
  const wrong: [Partial<SemiSupervisedOptions>, RegExp][] = [
    [{ recognition: undefined }, /requires recognition/],
    [{ shape: [20] }, /only images are supported/],
    [{ invariances: ['r', 't', 's'] }, /since the field models scale and shear; got \[r, t, s\]/],
    [{ invariances: ['r', 't', 'h'] }, /since the field models scale and shear; got \[r, t, h\]/],
    [{ likelihood: 'bernoulli' }, /gaussian/],
    [{ pixels: 10 }, /pixels is not supported\. Omit it/],
    [{ shiftPrior: [0.1, 0.2] }, /one number/],
    [{ templates: { grid: 1 } }, /grid/],
    [{ templatesPerClass: 0 }, /templatesPerClass must be an integer from 1 to 64; got 0/],
    [{ templates: { bendng: 1 } as object }, /Did you mean "bending"/],
    [{ recognition: { labelledPoses: 'fixed' } }, /drawn/],
  ];
  for (const [more, message] of wrong) expect(() => modelOf(more)).toThrow(message);
  expect(() => new RecognitionSSIVAE(options)).toThrow(OptionError);
});

test('explaining images leaves no tensor behind', () => {
  const before = tf.memory().numTensors;
  const model = modelOf();
  const { set } = posed(3, 'memory');
  const during = tf.memory().numTensors;
  model.encode(set);
  model.classify(set);
  expect(tf.memory().numTensors).toBe(during);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
