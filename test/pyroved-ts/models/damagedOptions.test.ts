/** Options as a damaged or hand-written configuration may hold them: whatever stands in their places, the refusal is in words. */
import { PyroError } from 'pyro-ts';
import { type ModelConfig, modelFromConfig, VED, type VEDOptions } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

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
  jiVAE: { kind: 'jiVAE', ...small, discreteDim: 3, likelihood: 'gaussian', decoderSigma: 0.5 },
  ssiVAE: { kind: 'ssiVAE', ...small, ...pose, numClasses: 2, classPrior: [1, 2], hiddenClassifier: [4], pixels: 9 },
  ssRegIVAE: { kind: 'ssRegIVAE', ...small, targets: [length], hiddenRegressor: [4] },
  convolutional: { kind: 'iVAE', ...small, encoder: { kind: 'conv', blocks: [[2], [3, 3]], batchNorm: true } },
};
const pairs: VEDOptions = { inputShape: [8, 8], outputShape: [8], hiddenEncoder: [[2]], hiddenDecoder: [[2]], seed: 1 };

const wrong = [null, undefined, -1, 0.5, 'x', '', true, [], {}, [null], ['x']];

/** The places of all entries, nested ones too. */
const placesIn = (value: unknown): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[key], ...placesIn(inner).map((rest) => [key, ...rest])])
    : [];

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  Object.assign(copy, { [key]: replaced((value as Record<string, unknown>)[key], rest, by) });
  return copy;
}

/** Makes the model with each entry replaced by each wrong value, and counts refusals. */
function refusals<Options>(options: Options, make: (options: Options) => { dispose(): void }): number {
  let count = 0;
  for (const place of placesIn(options)) {
    for (const value of wrong) {
      try {
        make(replaced(options, place, value) as Options).dispose();
      } catch (error) {
        expect(error, `${place.join('.')}: ${JSON.stringify(value)}`).toBeInstanceOf(PyroError);
        count++;
      }
    }
  }
  return count;
}

describe('a model whose options are damaged', () => {
  it.each(Object.entries(whole))('is refused in words: %s', (_, config) => {
    expect(refusals(config, (given) => modelFromConfig(given))).toBeGreaterThan(60);
  });

  it('is refused in words: no options at all', () => {
    expect(() => new VED(null as unknown as VEDOptions)).toThrow('VED takes an object of options, not null.');
  });

  it('is refused in words: VED', () => {
    expect(refusals(pairs, (given) => new VED(given))).toBeGreaterThan(60);
  });
});
