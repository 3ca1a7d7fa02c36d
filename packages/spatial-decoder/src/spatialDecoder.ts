/** The fused operation: a small network at every pixel of every row, on whichever kernel the run selected, with its own gradient. */
import { customGrad, peek, tensorFrom } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { oneOf, refuseUnknownKeys, SpatialDecoderError } from './errors.js';
import { checkPixels, problemOf, type SpatialDecoderInputs } from './inputs.js';
import { activeTape, isKept, keep, release, sweep } from './kept.js';
import { type Activation, activations, type Kernel, type Operands, type Problem, type Saved } from './kernel.js';
import { reference } from './reference.js';
import { wrongSelection } from './selection.js';

export interface SpatialDecoderOptions {
  /** After each hidden layer: tanh, relu, leakyRelu (slope 0.01), softplus or gelu (exact). Default 'tanh'. */
  readonly activation?: Activation;
  /** After the coordinate layer. Default 'tanh', as in pyroVED whatever the other activation. */
  readonly firstActivation?: Activation;
  /** Indices into the grid: only these pixels are evaluated, in this order. Default: all. */
  readonly pixels?: readonly number[] | Int32Array;
  /** What `selectKernel` returned. Default: plain TensorFlow.js operations. */
  readonly kernel?: { readonly kernel?: Kernel };
}

const optionNames: readonly (keyof SpatialDecoderOptions)[] = ['activation', 'firstActivation', 'pixels', 'kernel'];

/**
 * The network `coordinates -> C outputs` of every row at every pixel: [R, P, C] (or [R, pixels.length, C]), before any likelihood.
 * The pre-activation of the coordinate layer is `sum_d pose[r, h, d] * grid[p, d] + code[r, h]`, so rotation, shift, scale and any other affine pose of
 * row r are folded into `pose` and `code`. Gradients: to pose, code, every weight and bias; none to the grid. No second derivatives on a kernel.
 * Throws SpatialDecoderError where operands do not fit. Source: the coordinate decoder of Bepler et al. 2019 (spatial-VAE), pyroVED's `sDecoderNet`.
 */
export function spatialDecoder(inputs: SpatialDecoderInputs, options: SpatialDecoderOptions = {}): tf.Tensor3D {
  refuseUnknownKeys('spatialDecoder', options, optionNames);
  const wrong = wrongSelection(options.kernel);
  if (wrong !== undefined) throw new SpatialDecoderError(`spatialDecoder: ${wrong}`);
  const activation = oneOf('spatialDecoder: activation', options.activation ?? 'tanh', activations);
  const firstActivation = oneOf('spatialDecoder: firstActivation', options.firstActivation ?? 'tanh', activations);
  const whole = problemOf(inputs, activation, firstActivation);
  return tf.tidy(() => {
    const { pixels, kernel } = options;
    const grid = pixels === undefined ? inputs.grid : gridAt(inputs.grid, checkPixels(pixels, whole.pixels));
    const problem = { ...whole, pixels: grid.shape[0] };
    const asked = { ...inputs, grid };
    if (problem.rows === 0 || problem.pixels === 0) return empty(asked, problem);
    return kernel?.kernel ? onKernel(kernel.kernel, asked, problem) : reference(asked, activation, firstActivation);
  });
}

/** These points of the grid. On the wasm engine a gather of none has no shape that fits. */
const gridAt = (grid: tf.Tensor2D, pixels: Int32Array): tf.Tensor2D =>
  pixels.length === 0 ? tf.zeros([0, grid.shape[1]]) : tf.gather(grid, tf.tensor1d(pixels, 'int32'));

const differentiable = ({ pose, code, hidden, output }: SpatialDecoderInputs): tf.Tensor[] => {
  const layers = [...hidden, output];
  return [pose, code, ...layers.map((l) => l.weight), ...layers.map((l) => l.bias)];
};

/** No rows or no pixels: nothing to compute, and every gradient is zero. */
function empty(inputs: SpatialDecoderInputs, { rows, pixels, channels }: Problem): tf.Tensor3D {
  return customGrad(differentiable(inputs), (...tensors) => {
    const shapes = tensors.map((t) => t.shape);
    return { value: tf.zeros([rows, pixels, channels]), grad: () => shapes.map((s) => tf.zeros(s)) };
  }) as tf.Tensor3D;
}

function onKernel(kernel: Kernel, inputs: SpatialDecoderInputs, problem: Problem): tf.Tensor3D {
  const tape = activeTape();
  sweep(kernel);
  return customGrad(differentiable(inputs), (...tensors) => {
    let saved: Saved | undefined;
    const value = tensorFrom([problem.rows, problem.pixels, problem.channels], (output) => {
      saved = kernel.forward(problem, operandsOf([inputs.grid, ...tensors]), tape !== undefined, output).saved;
    });
    if (saved && tape) keep(kernel, saved, tape);
    return {
      value,
      saved: [inputs.grid, ...tensors],
      grad: (upstream, operands) => {
        const activationsKept = saved && isKept(kernel, saved) ? saved : undefined;
        const grads = kernel.backward(problem, operandsOf(operands), peek(upstream), activationsKept);
        if (saved) release(kernel, saved);
        const flat = [grads.pose, grads.code, ...grads.weights, ...grads.biases];
        return flat.map((values, i) => tf.tensor(values, tensors[i].shape));
      },
    };
  }) as tf.Tensor3D;
}

/** The engine's own memory where it can be had, so for one call of a kernel only. */
function operandsOf([grid, pose, code, ...layers]: tf.Tensor[]): Operands {
  const host = layers.map(peek);
  return {
    grid: peek(grid),
    pose: peek(pose),
    code: peek(code),
    weights: host.slice(0, host.length / 2),
    biases: host.slice(host.length / 2),
  };
}
