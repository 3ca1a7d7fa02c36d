/** What models reject, in which words, and how many parameters they have. */
import { OptionError } from 'pyro-ts';
import { type Invariance, IVAE, iVAE, type ModelOptions, rVAE, SSIVAE, ssrVAE } from 'pyroved-ts';
import { describe, expect, test } from 'vitest';

const shape = [6, 6];
const reject = (options: object, message: RegExp): void => {
  const build = () => new IVAE({ shape, ...options } as ModelOptions);
  expect(build).toThrow(OptionError);
  expect(build).toThrow(message);
};

describe('rejected options', () => {
  test.each([
    [{ latentDims: 2 }, /iVAE has no option "latentDims"\. Did you mean "latentDim"\?/],
    [{ latentDim: 0 }, /latentDim must be an integer of at least 1; got 0/],
    [{ shape: [6, 6, 3] }, /shape must be \[height, width\] or \[length\]; got \[6,6,3\]/],
    [{ hiddenDecoder: [] }, /hiddenDecoder must be a list of widths such as \[128, 128\]; got \[\]/],
    [{ activation: 'tahn' }, /activation must be .*; got "tahn"\. Did you mean "tanh"\?/],
    [{ likelihood: 'bernouli' }, /no likelihood "bernouli"\. Did you mean "bernoulli"\?/],
    [{ decoderSigma: 0.3 }, /decoderSigma applies only to the likelihood "gaussian"; this model has "bernoulli"/],
    [{ likelihood: 'gaussian', decoderSigma: 0 }, /decoderSigma must be a positive number or "learned"; got 0/],
    [
      { pixels: 37 },
      /pixels must be an integer from 1 to 36, the number of pixels of an image of shape \[6, 6\]; got 37/,
    ],
    [
      { invariances: ['r'], anglePrior: 'projectednormal' },
      /no angle prior "projectednormal"\. Did you mean "projected-normal"\?/,
    ],
    [{ invariances: ['r'], anglePrior: { name: 'normal', scal: 2 } }, /no option "scal"\. Did you mean "scale"\?/],
    [
      { invariances: ['t'], shiftPrior: [0.1, 0.1, 0.1] },
      /shiftPrior must be a positive number, or a list of 2, one for each axis; got \[0\.1,0\.1,0\.1\]/,
    ],
    [
      { invariances: ['h'], shearPrior: [0.1] },
      /shearPrior must be a positive number, or a list of 2, one for each axis; got \[0\.1\]/,
    ],
    [
      { invariances: ['s', 'h'], scalePrior: [0.1, 0.2] },
      /the shear stretches one axis.* scalePrior must be one number for both axes; got \[0\.1,0\.2\]/,
    ],
    [{ kernel: 'wasm' }, /^iVAE: kernel is "wasm"\. Pass what `await selectKernel\(\)` returned/],
    [{ kernel: Promise.resolve() }, /kernel is a promise, so an await is missing\. Pass what/],
    [{ kernel: null }, /kernel is null/],
  ])('%j', (options, message) => reject(options, message));

  test.each([
    [['sc'], /no invariance "sc"\. Did you mean "s"\?/],
    [['shear'], /no invariance "shear"\. Did you mean "h"\?.*h: shear/],
    [['rotation'], /no invariance "rotation"\. Did you mean "r"\?/],
    [['foo'], /no invariance "foo"\. Known: r, t, s, h\./],
    [['r', 't', 'r'], /invariance "r" is listed more than once/],
    ['rt', /invariances must be a list such as \["r", "t"\]; got "rt"/],
  ])('invariances %j', (invariances, message) => reject({ invariances }, message));

  test('signals know translation alone', () => {
    reject(
      { shape: [20], invariances: ['r'] },
      /Signals \(shape \[20\]\) can only be invariant to translation, "t"; got "r"/,
    );
    reject(
      { shape: [20], invariances: ['t', 'h'] },
      /Signals \(shape \[20\]\) can only be invariant to translation, "t"; got "h"/,
    );
    expect(iVAE({ shape: [20], invariances: ['t'] }).latents.columnNames).toEqual(['shift', 'z1', 'z2']);
  });

  test('of the semi-supervised model', () => {
    expect(() => new SSIVAE({ shape, numClasses: 1 })).toThrow(/numClasses must be an integer of at least 2; got 1/);
    expect(() => new SSIVAE({ shape, numClasses: 3, classPrior: [1, 2] })).toThrow(
      /classPrior must be "uniform", "counts", "learned" or a list of 3 positive numbers; got \[1,2\]/,
    );
    expect(() => new SSIVAE({ shape, numClasses: 3, exactClasses: 4, enumerate: 'sum-and-sample' })).toThrow(
      /exactClasses must be an integer from 1 to 3; got 4/,
    );
  });
});

test.each<[readonly Invariance[], string[]]>([
  [[], ['z1', 'z2']],
  [['r'], ['angle', 'z1', 'z2']],
  [
    ['s', 't', 'r'],
    ['angle', 'shift 1', 'shift 2', 'scale', 'z1', 'z2'],
  ],
])("latents of invariances %j, in pyroVED's order whatever the order of the names", (invariances, names) => {
  expect(iVAE({ shape, invariances }).latents.columnNames).toEqual(names);
});

test("the paper's model has the paper's number of parameters", () => {
  const vae = ssrVAE({ shape: [48, 48], numClasses: 4 });
  const count = (prefix: string) =>
    vae.params.match(new RegExp(`^${prefix}`)).reduce((n, name) => n + vae.params.get(name).size, 0);
  expect([count('encoder_z'), count('encoder_y'), count('decoder'), count('')]).toEqual([
    313354, 312068, 34305, 659727,
  ]);
});

test("weights begin as torch.nn.Linear's do: uniform within 1/sqrt(inputs), the same for the same seed", () => {
  const [a, b, c] = [1, 1, 2].map((seed) =>
    Array.from(rVAE({ shape, seed }).params.get('encoder_z.fc_layers.0.weight').dataSync()),
  );
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
  const bound = 1 / 6;
  expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(bound);
  // 4,608 draws: the standard deviation of a uniform is bound / sqrt(3), its estimate within about 1%.
  const sd = Math.sqrt(a.reduce((n, v) => n + v * v, 0) / a.length);
  expect(sd / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
});
