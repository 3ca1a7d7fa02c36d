/** Options as a damaged or hand-written configuration may hold them: whatever they contain, the error is typed. */
import { OptionError } from 'pyro-ts';
import { type ModelConfig, modelFromConfig, VED, type VEDOptions } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { rejections } from '../damaged.js';

const small = { shape: [6, 6], hiddenEncoder: [4, 4], hiddenDecoder: [4, 4], seed: 1 };
const pose = {
  invariances: ['r', 't', 's'] as const,
  anglePrior: { name: 'von-mises', concentration: 2 } as const,
  shiftPrior: [0.1, 0.2],
  scalePrior: 0.1,
};
const length = { name: 'length', centre: 3, scale: 1 };
const whole: Readonly<Record<string, ModelConfig>> = {
  iVAE: { kind: 'iVAE', ...small, ...pose, numClasses: 2, condition: [length] },
  jiVAE: { kind: 'jiVAE', ...small, numClasses: 3, likelihood: 'gaussian', decoderSigma: 0.5 },
  ssiVAE: { kind: 'ssiVAE', ...small, ...pose, numClasses: 2, classPrior: [1, 2], hiddenClassifier: [4], pixels: 9 },
  recognition: {
    kind: 'ssiVAE',
    ...small,
    invariances: ['r', 't'],
    numClasses: 2,
    recognition: { views: 4, viewSize: 6, features: 8, tolerance: 0.1, labelledPoses: 'drawn' },
  },
  templates: {
    kind: 'ssiVAE',
    ...small,
    invariances: ['r', 't'],
    numClasses: 2,
    decoder: 'template',
    decoderSigma: 0.2,
    recognition: { views: 4 },
    templates: { grid: 3, bending: 20 },
  },
  ssRegIVAE: { kind: 'ssRegIVAE', ...small, targets: [length], hiddenRegressor: [4] },
  convolutional: { kind: 'iVAE', ...small, encoder: { kind: 'conv', blocks: [[2], [3, 3]], batchNorm: true } },
};
const pairs: VEDOptions = { inputShape: [8, 8], outputShape: [8], hiddenEncoder: [[2]], hiddenDecoder: [[2]], seed: 1 };

describe('a model whose options are damaged', () => {
  it.each(Object.entries(whole))('is rejected: %s', async (_, config) => {
    expect(await rejections(config, (given) => modelFromConfig(given).dispose())).toBeGreaterThan(60);
  });

  it.each<[string, object]>([
    ['channels', { channels: 1e12 }],
    ['infinitely many channels', { channels: Number.POSITIVE_INFINITY }],
    ['views', { shape: [1024, 1024], recognition: { views: 360, viewSize: 1024 } }],
  ])('is rejected before memory is taken: recognition with too many %s', (_, change) => {
    const config = { kind: 'ssiVAE', ...small, invariances: ['r', 't'], numClasses: 2, recognition: {}, ...change };
    expect(() => modelFromConfig(config as ModelConfig)).toThrow(OptionError);
  });

  it('is rejected: no options at all', () => {
    expect(() => new VED(null as unknown as VEDOptions)).toThrow('VED takes an object of options, not null.');
  });

  it('is rejected: VED', async () => {
    expect(await rejections(pairs, (given) => new VED(given).dispose())).toBeGreaterThan(60);
  });
});
