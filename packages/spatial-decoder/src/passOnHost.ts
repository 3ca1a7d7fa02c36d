/** Runs an operation of a kernel on the host's memory as a tensor operation with a gradient: immediately, or as calls that a recorded program repeats. */
import { customGrad } from '@pyro-ts/engine';
import { asFloat32, hostCall, isRecording, packedCall, peek, tensorFrom } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { HostKernel, Saved } from './hostKernel.js';
import { activeTape, isKept, keep, release, sweep } from './kept.js';

/** One operation: its operands, and its forward and backward pass on their numbers. */
export interface HostPass {
  /** "spatial decoder", for plans and messages. */
  readonly name: string;
  /** Operands without a gradient. They come first. */
  readonly data: readonly tf.Tensor[];
  readonly inputs: readonly tf.Tensor[];
  readonly shape: readonly number[];
  /** Writes the result to `to`; if `isKept`, keeps what the backward pass needs, as the kernel's budget allows. */
  readonly forward: (operands: readonly Float32Array[], isKept: boolean, to: Float32Array) => Saved | undefined;
  /** The gradient of each of `inputs`. */
  readonly backward: (
    operands: readonly Float32Array[],
    upstream: Float32Array,
    saved: Saved | undefined,
  ) => readonly Float32Array[];
}

export const passOnHost = (kernel: HostKernel, pass: HostPass): tf.Tensor =>
  isRecording() ? recordedPass(pass) : passAtOnce(kernel, pass);

function passAtOnce(kernel: HostKernel, { data, inputs, shape, forward, backward }: HostPass): tf.Tensor {
  const tape = activeTape();
  sweep(kernel);
  return customGrad([...inputs], (...tensors) => {
    const operands = [...data, ...tensors];
    let saved: Saved | undefined;
    const value = tensorFrom(shape, (output) => {
      // The engine's own memory if accessible, valid for one call of a kernel only.
      saved = forward(operands.map(peek), tape !== undefined, output);
    });
    if (saved && tape) keep(kernel, saved, tape);
    return {
      value,
      saved: operands,
      grad: (upstream, kept) => {
        const activations = saved && isKept(kernel, saved) ? saved : undefined;
        const gradients = backward(kept.map(peek), peek(upstream), activations);
        if (saved) release(kernel, saved);
        return gradients.map((values, i) => tf.tensor(values, tensors[i].shape));
      },
    };
  });
}

/** A repeated program runs the forward pass before the backward pass, on the same numbers, and keeps activations for one run only. */
function recordedPass({ name, data, inputs, shape, forward, backward }: HostPass): tf.Tensor {
  // Activations are kept where a backward pass frees them, so not for the recording, and never for one that has none.
  let hasBackward = false;
  let saved: Saved | undefined;
  const free = () => {
    saved?.release();
    saved = undefined;
  };
  return customGrad([...inputs], (...tensors) => {
    const operands = [...data, ...tensors];
    const value = hostCall({
      name,
      inputs: operands,
      shape,
      dtype: 'float32',
      writesAll: true,
      run: (numbers, output) => {
        free();
        saved = forward(numbers.map(asFloat32), hasBackward, output as Float32Array);
      },
    });
    return {
      value,
      saved: operands,
      grad: (upstream, kept) => {
        hasBackward = true;
        return packedCall({
          name: `${name}, gradients`,
          inputs: [upstream, ...kept],
          shapes: tensors.map((x) => x.shape),
          writesAll: true,
          run: ([up, ...numbers], outputs) => {
            const gradients = backward(numbers, up, saved);
            free();
            gradients.forEach((values, i) => {
              outputs[i].set(values);
            });
          },
        });
      },
    };
  });
}
