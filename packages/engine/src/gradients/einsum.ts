/** `tf.einsum` of one or two operands by matrix products, and its gradient. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { expandTo } from '../ops/shapes.js';
import { registerGradientOf } from '../wasm/kernels.js';

/** A tensor whose dimensions have letters. */
interface Lettered {
  readonly letters: string;
  readonly tensor: tf.Tensor;
}

export function registerEinsum(): void {
  registerGradientOf<{ equation: string }>({
    kernelName: 'Einsum',
    saveAllInputs: true,
    gradFunc: (dy, saved, { equation }) => {
      const { inputs, output } = lettersOf(equation);
      const operands = inputs.map((letters, i) => ({ letters, tensor: saved[i] }));
      return Object.fromEntries(
        operands.map((operand, i) => [
          i,
          () =>
            spread(
              contract([{ letters: output, tensor: dy }, ...operands.filter((_, k) => k !== i)], operand.letters),
              operand,
            ),
        ]),
      );
    },
  });
}

/** What `tf.einsum(equation, ...tensors)` is, on an engine that has no such kernel. */
export function einsumOf(equation: string, tensors: readonly tf.Tensor[]): tf.Tensor {
  const { inputs, output } = lettersOf(equation);
  if (inputs.length !== tensors.length || inputs.some((letters, i) => letters.length !== tensors[i].rank)) {
    const shapes = tensors.map((t) => `[${t.shape}]`).join(', ');
    throw new OperandError(`einsum: the equation "${equation}" does not fit tensors of shapes ${shapes}.`);
  }
  return contract(
    tensors.map((tensor, i) => ({ letters: inputs[i], tensor })),
    output,
  ).tensor;
}

function lettersOf(equation: string): { inputs: string[]; output: string } {
  const [left, output, ...more] = equation.replaceAll(' ', '').split('->');
  const inputs = left.split(',');
  const isPlain = [...inputs, output].every(
    (letters) => letters !== undefined && /^[a-zA-Z]*$/.test(letters) && new Set(letters).size === letters.length,
  );
  if (!isPlain || more.length > 0 || inputs.length > 2) {
    throw new OperandError(
      `einsum: the equation "${equation}" must have one or two inputs and an output after "->", letters only, each once in a tensor.`,
    );
  }
  return { inputs, output };
}

/** The product of one or two operands, summed over the letters that `output` lacks; letters that no operand has are missing from the result. */
function contract(operands: readonly Lettered[], output: string): Lettered {
  const [a, b] = operands.map((operand, i) => {
    const others = operands.filter((_, k) => k !== i).map(({ letters }) => letters);
    return summed(operand, [output, ...others].join(''));
  });
  if (b === undefined) return ordered(a, output);
  const shared = [...a.letters].filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => output.includes(letter));
  const inner = shared.filter((letter) => !output.includes(letter));
  const rows = [...a.letters].filter((letter) => !shared.includes(letter));
  const columns = [...b.letters].filter((letter) => !shared.includes(letter));
  const sizes = new Map([a, b].flatMap(({ letters, tensor }) => [...letters].map((l, i) => [l, tensor.shape[i]])));
  const size = (letters: readonly string[]) => letters.reduce((n, letter) => n * (sizes.get(letter) ?? 1), 1);
  const matrices = (x: Lettered, left: string[], right: string[]) =>
    tf.reshape(ordered(x, [...batch, ...left, ...right].join('')).tensor, [size(batch), size(left), size(right)]);
  const letters = [...batch, ...rows, ...columns];
  const product = tf.matMul(matrices(a, rows, inner), matrices(b, inner, columns));
  return ordered(
    {
      letters: letters.join(''),
      tensor: tf.reshape(
        product,
        letters.map((letter) => sizes.get(letter) ?? 1),
      ),
    },
    output,
  );
}

/** Without the dimensions that `wanted` lacks. */
function summed({ letters, tensor }: Lettered, wanted: string): Lettered {
  const axes = [...letters].flatMap((letter, i) => (wanted.includes(letter) ? [] : [i]));
  const left = [...letters].filter((letter) => wanted.includes(letter)).join('');
  return axes.length === 0 ? { letters, tensor } : { letters: left, tensor: tf.sum(tensor, axes) };
}

/** With its letters in the order of `wanted`. */
function ordered({ letters, tensor }: Lettered, wanted: string): Lettered {
  const order = [...wanted].filter((letter) => letters.includes(letter));
  const result = order.join('');
  if (result === letters) return { letters, tensor };
  return {
    letters: result,
    tensor: tf.transpose(
      tensor,
      order.map((letter) => letters.indexOf(letter)),
    ),
  };
}

/** Repeated over the dimensions of `like` that it lacks. */
function spread({ letters, tensor }: Lettered, like: Lettered): tf.Tensor {
  const shape = [...like.letters].map((letter, i) => (letters.includes(letter) ? like.tensor.shape[i] : 1));
  return expandTo(tf.reshape(tensor, shape), like.tensor.shape);
}
