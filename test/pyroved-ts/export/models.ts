/** Small models of every kind, whose exported networks are compared with what the models themselves answer. */
import { convNet, type ImageSet, iVAE, jiVAE, type Model, ssiVAE, ssRegIVAE } from 'pyroved-ts';
import { convBody } from 'pyroved-ts/internal';

const small = { hiddenEncoder: [7, 6], hiddenDecoder: [5, 6] };
const aspect = { name: 'aspect', centre: 3, scale: 2 };

export const models: Readonly<Record<string, () => Model>> = {
  'ssiVAE, every invariance': () =>
    ssiVAE({ shape: [6, 5], numClasses: 3, invariances: ['r', 't', 's'], ...small, hiddenClassifier: [7] }),
  'iVAE, every invariance and a shear': () =>
    iVAE({ shape: [6, 5], invariances: ['r', 't', 's', 'h'], shearPrior: [0.1, 0.2], ...small }),
  'ssiVAE, projected normal, two channels, continuous Bernoulli': () =>
    ssiVAE({
      shape: [6, 6],
      channels: 2,
      numClasses: 3,
      invariances: ['r', 't'],
      anglePrior: 'projected-normal',
      likelihood: 'continuous-bernoulli',
      activation: 'gelu',
      ...small,
    }),
  'ssiVAE without invariances': () => ssiVAE({ shape: [6, 6], numClasses: 2, activation: 'leakyRelu', ...small }),
  'iVAE of signals': () =>
    iVAE({ shape: [12], invariances: ['t'], likelihood: 'gaussian', sigmoidOutput: false, ...small }),
  'iVAE, a scale for each axis': () =>
    iVAE({ shape: [5, 6], invariances: ['s'], scalePrior: [0.1, 0.2], activation: 'softplus', ...small }),
  'iVAE, shift alone': () => iVAE({ shape: [6, 6], invariances: ['t'], activation: 'relu', ...small }),
  'iVAE, von Mises angle, binned guide, conditioned on class and number': () =>
    iVAE({
      shape: [6, 6],
      numClasses: 3,
      condition: [aspect],
      invariances: ['r'],
      anglePrior: 'von-mises',
      angleGuide: 'binned',
      angleBins: 4,
      ...small,
    }),
  'ssiVAE, binned guide, convolutional classifier': () =>
    ssiVAE({
      shape: [6, 8],
      numClasses: 3,
      invariances: ['r', 't'],
      angleGuide: 'binned',
      angleBins: 3,
      classifier: convNet({ blocks: [[3], [4]] }),
      ...small,
    }),
  'ssiVAE, the fused convolutional encoder as classifier': () =>
    ssiVAE({
      shape: [9, 8],
      numClasses: 3,
      classifier: convBody({
        shape: [9, 8],
        blocks: [
          { side: 5, outputs: 4 },
          { side: 3, outputs: 3 },
        ],
        features: 3,
      }),
      ...small,
    }),
  'jiVAE, binned guide, two channels': () =>
    jiVAE({
      shape: [6, 6],
      channels: 2,
      numClasses: 3,
      invariances: ['r'],
      angleGuide: 'binned',
      angleBins: 3,
      ...small,
    }),
  'iVAE, convolutional': () =>
    iVAE({
      shape: [9, 7],
      encoder: convNet({ blocks: [[4], [4, 5]], batchNorm: true }),
      decoder: convNet({ blocks: [[4, 4], [5]] }),
    }),
  jiVAE: () => jiVAE({ shape: [6, 6], numClasses: 3, invariances: ['r', 't'], ...small }),
  ssRegIVAE: () => ssRegIVAE({ shape: [6, 6], targets: [aspect], invariances: ['r'], ...small }),
};

/** Numbers in [0, 1) that are the same every time. */
const numbers = (count: number, k: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i + 1) * 0.754877666 + k * 0.31) % 1);

/** What an exported network is given, and what the model answers to the same: by the names of inputs and outputs. */
export interface Case {
  readonly network: string;
  readonly given: Readonly<Record<string, Float32Array>>;
  readonly expected: Readonly<Record<string, Float32Array>>;
}

const oneHot = (classes: readonly number[], k: number): Float32Array =>
  Float32Array.from({ length: classes.length * k }, (_, i) => Number(classes[Math.floor(i / k)] === i % k));

/** `count` images and latents through the model's own methods. */
export function casesOf(model: Model, count: number): Case[] {
  const { shape, channels, latentDim } = model.options;
  const image = numbers(count * model.imageSize, 1);
  const set: ImageSet = { images: image, count, shape, channels };
  const content = numbers(count * latentDim, 2).map((v) => 3 * v - 1.5);
  const values = numbers(count, 3).map((v) => 2 + 3 * v);
  const k = model.numClasses;
  const classes = Array.from({ length: count }, (_, i) => i % Math.max(1, k));
  const has = (name: string) => model.latents.parts.some(({ kind }) => kind === name);
  const axes = Array.isArray(model.options.scalePrior) ? 2 : 1;
  const pose = {
    ...(has('angle') && { angle: numbers(count, 4).map((v) => 6 * v - 3) }),
    ...(has('shift') && { shift: numbers(count * shape.length, 5).map((v) => v - 0.5) }),
    ...(has('scale') && { scale: numbers(count * axes, 6).map((v) => 0.5 + v) }),
    ...(has('shear') && { shear: numbers(count * 2, 7).map((v) => v - 0.5) }),
  };
  const encoded = ({ content: c, contentScale, angle, shift, scale, shear }: ReturnType<Model['encode']>) => ({
    content: c,
    content_scale: contentScale,
    ...(angle && { angle }),
    ...(shift && { shift }),
    ...(scale && { scale }),
    ...(shear && { shear }),
  });
  const both = (
    condition: Record<string, Float32Array>,
    encoding: ReturnType<Model['encode']>,
    images: ImageSet,
  ): Case[] => [
    { network: 'encoder', given: { image, ...(model.kind === 'jiVAE' ? {} : condition) }, expected: encoded(encoding) },
    { network: 'decoder', given: { content, ...condition, ...pose }, expected: { image: images.images } },
  ];
  switch (model.kind) {
    case 'ssiVAE':
    case 'jiVAE': {
      const encoding = model.kind === 'ssiVAE' ? model.encode(set, classes) : model.encode(set);
      return [
        {
          network: 'classifier',
          given: { image },
          expected: { probabilities: model.classify(set).probabilities },
        },
        ...both({ class: oneHot(classes, k) }, encoding, model.decode(content, { classes, ...pose })),
      ];
    }
    case 'ssRegIVAE':
      return [
        { network: 'regressor', given: { image }, expected: { targets: model.predict(set) } },
        ...both({ targets: values }, model.encode(set, values), model.decode(content, { targets: values, ...pose })),
      ];
    case 'iVAE': {
      const condition = {
        ...(k > 0 && { classes }),
        ...(model.condition.dim > 0 && { condition: values }),
      };
      const inputs = {
        ...(k > 0 && { class: oneHot(classes, k) }),
        ...(model.condition.dim > 0 && { condition: values }),
      };
      return both(inputs, model.encode(set, condition), model.decode(content, { ...condition, ...pose }));
    }
  }
}

/** The largest difference; infinite where the lengths differ or a number is none. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY;
  const worst = Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
  return Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst;
}
