/** Checks of a call, shared by all kernels: a kernel reads and writes as many numbers as the problem states, so the arrays must have those sizes. */
import { describeValue } from '@pyro-ts/engine/internal';
import { SpatialDecoderError } from './errors.js';
import { activations, type HostKernel, type Operands, type Problem } from './hostKernel.js';

/** The array of a call besides its operands, [R, P, C]: the output, or the upstream gradient. */
export type Outside = { readonly output?: Float32Array } | { readonly upstream: Float32Array };

/** Limits of a kernel that are lower than those of another one. */
export interface Limits {
  readonly layers: number;
  readonly dims: number;
}

/** Maximum length of a typed array. */
const MOST_ROWS_OR_PIXELS = 2 ** 30;
const MOST_UNITS = 2 ** 16;

/** @throws {SpatialDecoderError} when a size is invalid, an array has a different length, or the kernel does not support so many layers. */
export function checkCall(
  kernel: HostKernel['name'],
  problem: Problem,
  operands: Operands,
  outside: Outside,
  limits: Limits = { layers: Number.POSITIVE_INFINITY, dims: MOST_UNITS },
): void {
  const reject = (what: string): never => {
    throw new SpatialDecoderError(`${kernel} kernel: ${what}.`);
  };
  const whole = (what: string, value: number, least: number, most: number, elsewhere = '') => {
    if (!Number.isInteger(value) || value < least || value > most)
      reject(`${what} must be a whole number from ${least} to ${most}, but is ${describeValue(value)}${elsewhere}`);
  };
  const floats = (what: string, values: Float32Array, length: number) => {
    // Not instanceof, which fails for arrays of another realm.
    if (values?.[Symbol.toStringTag] !== 'Float32Array')
      reject(`${what} must be a Float32Array, but is ${describeValue(values)}`);
    if (values.length !== length) reject(`${what} has ${values.length} numbers where the problem has ${length}`);
  };

  const { rows, pixels, dims, channels, widths } = problem;
  whole('rows', rows, 0, MOST_ROWS_OR_PIXELS);
  whole('pixels', pixels, 0, MOST_ROWS_OR_PIXELS);
  whole(
    'dims',
    dims,
    1,
    limits.dims,
    kernel === 'native' && dims > limits.dims ? '; the kernel "wasm" takes more' : '',
  );
  whole('channels', channels, 1, MOST_UNITS);
  const layers = widths.length;
  if (layers === 0 || layers > limits.layers) {
    const [most, elsewhere] = Number.isFinite(limits.layers)
      ? [`1 to ${limits.layers} layers`, '; the kernel "wasm" takes any number']
      : ['1 layer or more', ''];
    reject(`the network must have ${most} before its output, not ${layers}${elsewhere}`);
  }
  for (const width of widths) whole('a width', width, 1, MOST_UNITS);
  for (const name of ['firstActivation', 'activation'] as const) {
    if (!activations.includes(problem[name]))
      reject(`${name} must be one of ${activations.join(', ')}, but is ${describeValue(problem[name])}`);
  }

  const { grid, pose, code, weights, biases } = operands;
  floats('the grid', grid, pixels * dims);
  floats('the pose', pose, rows * widths[0] * dims);
  floats('the code', code, rows * widths[0]);
  const outputs = [...widths.slice(1), channels];
  if (weights.length !== layers || biases.length !== layers)
    reject(`there are ${weights.length} weights and ${biases.length} biases where the problem has ${layers} of each`);
  weights.forEach((weight, l) => {
    floats('a weight', weight, widths[l] * outputs[l]);
  });
  biases.forEach((bias, l) => {
    floats('a bias', bias, outputs[l]);
  });
  const size = rows * pixels * channels;
  if ('upstream' in outside) floats('the upstream gradient', outside.upstream, size);
  else if (outside.output !== undefined) floats('the output', outside.output, size);
}
