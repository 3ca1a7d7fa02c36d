/** Problems that every kernel has to compute: sizes that end within vectors, tiles and chunks. */
import { activations, type Problem } from '@pyro-ts/spatial-decoder/internal';
import fc from 'fast-check';

/** Sizes that are a multiple of nothing. */
export const base: Problem = {
  ...{ rows: 3, pixels: 50, dims: 2, channels: 1, widths: [20, 33, 17] },
  ...{ firstActivation: 'tanh', activation: 'tanh' },
};

/** What differs from the base. */
export const sizes: [string, Partial<Problem>][] = [
  ['one pixel of one image', { rows: 1, pixels: 1 }],
  ['one pixel of many images', { rows: 300, pixels: 1 }],
  ['pixels that end within a tile', { rows: 5, pixels: 77 }],
  ['one row over many tiles', { rows: 1, pixels: 1500, widths: [5, 6] }],
  ['no hidden layer', { widths: [30] }],
  ['width 1 everywhere', { widths: [1, 1, 1, 1], activation: 'leakyRelu' }],
  ['widths 3, 5 and 17', { widths: [3, 5, 17] }],
  ['width 130', { widths: [130, 130], pixels: 20 }],
  ['widths of whole vectors', { widths: [64, 32, 96] }],
  ['a wide layer beside a narrow one', { widths: [3, 200, 2, 70] }],
  ['two channels', { channels: 2 }],
  ['four channels', { channels: 4 }],
  ['five channels', { channels: 5, activation: 'softplus' }],
  ['forty channels', { channels: 40, activation: 'relu' }],
  ['one coordinate', { dims: 1 }],
  ['three coordinates', { dims: 3 }],
  ['five coordinates', { dims: 5, rows: 4 }],
  ['different activations', { firstActivation: 'gelu', activation: 'relu' }],
];

const upTo = (max: number) => fc.integer({ min: 1, max });

/** Sizes that nobody chose. */
export const anyProblem: fc.Arbitrary<Problem> = fc.record({
  ...{ rows: upTo(6), pixels: upTo(70), dims: upTo(3), channels: upTo(7) },
  widths: fc.array(upTo(50), { minLength: 1, maxLength: 4 }),
  ...{ firstActivation: fc.constantFrom(...activations), activation: fc.constantFrom(...activations) },
});
